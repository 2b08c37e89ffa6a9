namespace JobAdmin;

/// <summary>How many jobs a queue holds in each state. A state that the server doesn't count is null.</summary>
public sealed record JobCounts
{
    /// <summary>Jobs that wait without priority.</summary>
    public long? Waiting { get; init; }
    /// <summary>Jobs that workers have.</summary>
    public long? Active { get; init; }
    /// <summary>Jobs that finished with success and were kept.</summary>
    public long? Completed { get; init; }
    /// <summary>Jobs that failed and were kept.</summary>
    public long? Failed { get; init; }
    /// <summary>Jobs that wait for their time.</summary>
    public long? Delayed { get; init; }
    /// <summary>Jobs that wait with a priority.</summary>
    public long? Prioritized { get; init; }
    /// <summary>Flow parents that wait for children.</summary>
    public long? WaitingChildren { get; init; }
    /// <summary>Jobs in the list of a paused queue of BullMQ 4 or 5.</summary>
    public long? Paused { get; init; }
    /// <summary>Cancelled jobs.</summary>
    public long? Cancelled { get; init; }

    /// <summary>The sum of all that is known.</summary>
    public long Total => (Waiting ?? 0) + (Active ?? 0) + (Completed ?? 0) + (Failed ?? 0) + (Delayed ?? 0) + (Prioritized ?? 0)
        + (WaitingChildren ?? 0) + (Paused ?? 0) + (Cancelled ?? 0);

    /// <summary>The count of one state.</summary>
    /// <param name="state">The state.</param>
    /// <returns>The count, or null when the server does not count it.</returns>
    public long? this[JobState state] => state switch
    {
        JobState.Waiting => Waiting,
        JobState.Active => Active,
        JobState.Completed => Completed,
        JobState.Failed => Failed,
        JobState.Delayed => Delayed,
        JobState.Prioritized => Prioritized,
        JobState.WaitingChildren => WaitingChildren,
        JobState.Paused => Paused,
        JobState.Cancelled => Cancelled,
        _ => null,
    };
}

/// <summary>The layout in which a queue's data lie.</summary>
public enum QueueLayout
{
    /// <summary>Not known, or not a matter of this server.</summary>
    Unknown = 0,
    /// <summary>Classic Bull (3 or 4, the package <c>bull</c>): read only.</summary>
    Bull,
    /// <summary>BullMQ 4.</summary>
    BullMq4,
    /// <summary>BullMQ 5.</summary>
    BullMq5,
    /// <summary>BullMQ 6, or a port with its scripts.</summary>
    BullMq6,
    /// <summary>BullMQ Pro: jobs in groups are out of sight.</summary>
    BullMqPro,
}

/// <summary>One queue as it was when it was read.</summary>
public sealed class JobQueueInfo
{
    /// <summary>The queue's name.</summary>
    public required string Name { get; init; }

    /// <summary>The queue's name again, so that it binds to <c>-Queue</c> in a pipeline.</summary>
    public string Queue => Name;

    /// <summary>Jobs that wait without priority.</summary>
    public long? Waiting => Counts.Waiting;

    /// <summary>Jobs that workers have.</summary>
    public long? Active => Counts.Active;

    /// <summary>Jobs that wait with a priority.</summary>
    public long? Prioritized => Counts.Prioritized;

    /// <summary>Jobs that wait for their time.</summary>
    public long? Delayed => Counts.Delayed;

    /// <summary>Flow parents that wait for children.</summary>
    public long? WaitingChildren => Counts.WaitingChildren;

    /// <summary>Jobs in the list of a paused queue of BullMQ 4 or 5.</summary>
    public long? Paused => Counts.Paused;

    /// <summary>Kept jobs that finished with success.</summary>
    public long? Completed => Counts.Completed;

    /// <summary>Kept jobs that failed.</summary>
    public long? Failed => Counts.Failed;

    /// <summary>Whether the queue is paused; null when the server does not say.</summary>
    public bool? IsPaused { get; init; }

    /// <summary>Job names that are paused on their own (servers that can).</summary>
    public IReadOnlyList<string>? PausedNames { get; init; }

    /// <summary>Connected workers; null when the server does not say.</summary>
    public int? Workers { get; init; }

    /// <summary>The library that last built the queue, as it names itself (<c>bullmq:6.7.0</c>).</summary>
    public string? Version { get; init; }

    /// <summary>The layout of its data.</summary>
    public QueueLayout Layout { get; init; }

    /// <summary>The prefix of its keys.</summary>
    public string? Prefix { get; init; }

    /// <summary>How long the job that is next in line has waited since it was added; null when none waits or it wasn't read.</summary>
    public TimeSpan? OldestWaiting { get; init; }

    /// <summary>When the last event happened.</summary>
    public DateTimeOffset? LastActivity { get; init; }

    /// <summary>Global concurrency, null when unlimited.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Jobs that may start in <see cref="RateLimitDuration"/>, null when unlimited.</summary>
    public int? RateLimitMax { get; init; }

    /// <summary>The window of the rate limit.</summary>
    public TimeSpan? RateLimitDuration { get; init; }

    /// <summary>How long the queue is held by its rate limit, null when it isn't.</summary>
    public TimeSpan? RateLimitedFor { get; init; }

    /// <summary>What an operator should know of this queue, in words.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The name of the connection it came from.</summary>
    public string? Connection => Server?.Connection.Name;

    /// <summary>The counts of all states.</summary>
    public JobCounts GetCounts() => Counts;

    internal JobCounts Counts { get; init; } = new();

    internal IJobServer? Server { get; init; }

    /// <summary>The queue's name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
