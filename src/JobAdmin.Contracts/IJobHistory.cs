namespace JobAdmin;

/// <summary>A server that keeps a history of what its jobs did, for a while.</summary>
public interface IJobHistory
{
    /// <summary>Reads the newest part of a queue's history.</summary>
    /// <param name="query">Which queue, how far back and how much.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>The events, oldest first.</returns>
    Task<JobHistory> ReadHistoryAsync(JobHistoryQuery query, CancellationToken cancellationToken);

    /// <summary>When a queue was last paused or resumed, as far as its history goes back.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="most">Events to look through at the most.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>The events <c>Paused</c> or <c>Resumed</c> alone, the newest last; and how far back was looked.</returns>
    Task<JobHistory> FindPauseAsync(string queue, int most, CancellationToken cancellationToken);
}

/// <summary>Which part of a history.</summary>
public sealed record JobHistoryQuery
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>From this time on; null for as far as it goes back.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Up to this time; null for now.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Events to look at, the newest first, at the most.</summary>
    public int Most { get; init; } = 20_000;
}

/// <summary>What happened, as far as rates and durations can be told from it.</summary>
public enum JobHistoryKind
{
    /// <summary>A job was added.</summary>
    Added,
    /// <summary>A job became ready for a worker.</summary>
    Waiting,
    /// <summary>A worker took a job.</summary>
    Active,
    /// <summary>A job completed.</summary>
    Completed,
    /// <summary>A job failed for good.</summary>
    Failed,
    /// <summary>A job was taken back from a worker that had gone silent.</summary>
    Stalled,
    /// <summary>The queue was paused.</summary>
    Paused,
    /// <summary>The queue was resumed.</summary>
    Resumed,
}

/// <summary>One event of a history.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Milliseconds">When, in milliseconds since 1970 by the server's clock.</param>
/// <param name="Id">The job; empty for an event of the whole queue.</param>
/// <param name="Name">The job's name, where the event says it.</param>
public readonly record struct JobHistoryEvent(JobHistoryKind Kind, long Milliseconds, string Id, string? Name);

/// <summary>A part of a queue's history.</summary>
public sealed record JobHistory
{
    /// <summary>The events, oldest first.</summary>
    public IReadOnlyList<JobHistoryEvent> Events { get; init; } = [];

    /// <summary>From when on the events are complete: the time asked for, or later when the history does not go back so far or was not read so far.
    /// Null when there is no history at all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Up to when.</summary>
    public DateTimeOffset Until { get; init; }

    /// <summary>Whether older events than those were there once and have been dropped by the server.</summary>
    public bool IsTrimmed { get; init; }

    /// <summary>Whether older events that were asked for are there and were left out, since there are too many.</summary>
    public bool IsCut { get; init; }

    /// <summary>How many events were looked at.</summary>
    public long Scanned { get; init; }
}
