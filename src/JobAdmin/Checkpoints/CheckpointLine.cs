using System.Text.Json.Serialization;

namespace JobAdmin.Checkpoints;

/// <summary>Any line of a checkpoint but the first. Which one it is shows in what it has.</summary>
internal sealed record CheckpointLine
{
    /// <summary>The number of a batch that is about to be sent.</summary>
    public int? Sent { get; init; }

    /// <summary>The batch, under way when an earlier run broke off, of which this one sends again what had not been done. The rest of it had.</summary>
    public int? Again { get; init; }

    /// <summary>The queue of the batch, or the one that is cleared.</summary>
    public string? Queue { get; init; }

    /// <summary>The jobs of the batch; of an import, the one that was last put in line.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>How each of them was before it; none where that does not matter.</summary>
    public IReadOnlyList<string>? Marks { get; init; }

    /// <summary>The number of a batch that has been done.</summary>
    public int? Done { get; init; }

    /// <summary>Of that batch, the jobs of which it is not known.</summary>
    public IReadOnlyList<string>? Left { get; init; }

    /// <summary>How many jobs of a queue that is about to be cleared are meant.</summary>
    public long? Matched { get; init; }

    /// <summary>How many jobs of a queue were deleted that has been cleared.</summary>
    public long? Deleted { get; init; }

    /// <summary>What tells a file that is imported from others.</summary>
    public string? File { get; init; }

    /// <summary>How many records of the file have been imported.</summary>
    public long? Records { get; init; }

    /// <summary>Where the queue's events ended when the records behind those were about to be sent; null at the file's end.</summary>
    public string? Events { get; init; }

    /// <summary>When everything was done.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>Whether nothing is in it that a line can be.</summary>
    [JsonIgnore]
    public bool IsEmpty => Sent is null && Done is null && Matched is null && Deleted is null && File is null && End is null;
}
