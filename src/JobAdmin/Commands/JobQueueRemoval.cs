namespace JobAdmin.Commands;

/// <summary>What Clear-JobQueue or Remove-JobQueue took away, as <c>-PassThru</c> writes it.</summary>
public sealed class JobQueueRemoval
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The states that were cleared; empty when the queue itself was removed.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>Jobs that matched when it began; null when they were not counted.</summary>
    public long? Matched { get; init; }

    /// <summary>Jobs that were removed.</summary>
    public long Removed { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The name of the connection.</summary>
    public required string Connection { get; init; }
}
