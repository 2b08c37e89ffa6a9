namespace JobAdmin.Health;

/// <summary>What a queue is examined for, and by which measure.</summary>
internal sealed record QueueLimits
{
    /// <summary>The checks.</summary>
    public required IReadOnlySet<JobQueueCheck> Checks { get; init; }

    /// <summary>How far back failures and stalls count.</summary>
    public required TimeSpan Span { get; init; }

    public required Limits<long> Backlog { get; init; }

    public required Limits<TimeSpan> WaitingAge { get; init; }

    public required Limits<TimeSpan> Overdue { get; init; }

    public required Limits<long> Failed { get; init; }

    public required Limits<double> FailureRate { get; init; }

    public required Limits<long> Stalled { get; init; }

    public required Limits<long> Lost { get; init; }

    public required Limits<TimeSpan> Paused { get; init; }

    public required Limits<TimeSpan> RateLimit { get; init; }

    public required Limits<TimeSpan> Scheduler { get; init; }

    /// <summary>Workers that a queue with waiting jobs must have.</summary>
    public required int Workers { get; init; }
}
