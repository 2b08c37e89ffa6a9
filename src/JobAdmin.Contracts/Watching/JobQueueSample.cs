namespace JobAdmin;

/// <summary>One queue at one moment: what is in it, and how fast it fills and empties. What the server does not say is null.</summary>
public sealed class JobQueueSample
{
    /// <summary>When it was read.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Jobs that wait without priority, also those in the list that a paused queue of BullMQ 4 or 5 keeps.</summary>
    public long? Waiting { get; init; }

    /// <summary>Jobs that wait with a priority.</summary>
    public long? Prioritized { get; init; }

    /// <summary>Jobs that workers have.</summary>
    public long? Active { get; init; }

    /// <summary>Jobs that wait for their time.</summary>
    public long? Delayed { get; init; }

    /// <summary>Flow parents that wait for children.</summary>
    public long? WaitingChildren { get; init; }

    /// <summary>Kept jobs that failed.</summary>
    public long? Failed { get; init; }

    /// <summary>Kept jobs that finished with success.</summary>
    public long? Completed { get; init; }

    /// <summary>Connected workers.</summary>
    public int? Workers { get; init; }

    /// <summary>Whether the queue is paused.</summary>
    public bool? IsPaused { get; init; }

    /// <summary>How long the job that is next in line has waited.</summary>
    public TimeSpan? OldestWaiting { get; init; }

    /// <summary>Jobs added, a second.</summary>
    public double? AddedPerSecond { get; init; }

    /// <summary>Jobs completed, a second.</summary>
    public double? CompletedPerSecond { get; init; }

    /// <summary>Jobs failed for good, a second.</summary>
    public double? FailedPerSecond { get; init; }

    /// <summary>The time over which the rates were measured.</summary>
    public TimeSpan? RateSpan { get; init; }

    /// <summary>Jobs finished, a second, with success or without.</summary>
    public double? FinishedPerSecond => CompletedPerSecond is null && FailedPerSecond is null ? null : (CompletedPerSecond ?? 0) + (FailedPerSecond ?? 0);

    /// <summary>When nothing will wait any more, if it goes on as now; null when it fills, stands still or is empty.</summary>
    public TimeSpan? TimeLeft =>
        (Waiting ?? 0) + (Prioritized ?? 0) is > 0 and var left && FinishedPerSecond - (AddedPerSecond ?? 0) is > 0 and var pace && left / pace < TimeSpan.MaxValue.TotalSeconds / 2
            ? TimeSpan.FromSeconds(left / pace) : null;

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    /// <summary>The queue's name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Queue;
}
