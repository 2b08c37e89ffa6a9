using System.Text.Json.Serialization;

namespace JobAdmin.Checkpoints;

/// <summary>Any line of a checkpoint but the first. Which one it is shows in what it has.</summary>
internal sealed record CheckpointLine
{
    /// <summary>The number of a batch that is about to be sent.</summary>
    public int? Sent { get; init; }

    /// <summary>The batch, under way when an earlier run broke off, of which this one sends again what had not been done. The rest of it had.</summary>
    public int? Again { get; init; }

    /// <summary>The queue of the batch.</summary>
    public string? Queue { get; init; }

    /// <summary>The jobs of the batch.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>How each of them was before it; none where that does not matter.</summary>
    public IReadOnlyList<string>? Marks { get; init; }

    /// <summary>The number of a batch that has been done.</summary>
    public int? Done { get; init; }

    /// <summary>Of that batch, the jobs of which it is not known.</summary>
    public IReadOnlyList<string>? Left { get; init; }

    /// <summary>When everything was done.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>Whether nothing is in it that a line can be.</summary>
    [JsonIgnore]
    public bool IsEmpty => Sent is null && Done is null && End is null;
}
