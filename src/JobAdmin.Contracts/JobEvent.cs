namespace JobAdmin;

/// <summary>Something that happened in a queue.</summary>
public sealed class JobEvent
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>What happened, in BullMQ's word (<c>added, waiting, active, progress, completed, failed, …</c>), or <c>gap</c> when events were lost.</summary>
    public required string Event { get; init; }

    /// <summary>The job's id, or null for an event of the whole queue.</summary>
    public string? Id { get; init; }

    /// <summary>The job's name, when the event carries it.</summary>
    public string? Name { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The state the job came from, in the server's word.</summary>
    public string? Previous { get; init; }

    /// <summary>The failed reason of a <c>failed</c> event.</summary>
    public string? FailedReason { get; init; }

    /// <summary>The return value of a <c>completed</c> event, as JSON text.</summary>
    public string? ReturnValue { get; init; }

    /// <summary>The data of a <c>progress</c> event, as JSON text.</summary>
    public string? Progress { get; init; }

    /// <summary>When a <c>delayed</c> job becomes due.</summary>
    public DateTimeOffset? DelayUntil { get; init; }

    /// <summary>How many events were lost in a <c>gap</c>; null when that can't be known.</summary>
    public long? Missed { get; init; }

    /// <summary>The event's id on the server, from which a later watch can go on.</summary>
    public string? EventId { get; init; }

    /// <summary>Fields beyond the ones above, as they came.</summary>
    public IReadOnlyDictionary<string, string>? Fields { get; init; }

    /// <summary>Whether this record stands for lost events.</summary>
    public bool IsGap => Event == "gap";

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }
}
