namespace JobAdmin;

/// <summary>What became of one job of a change.</summary>
public enum JobOutcomeStatus
{
    /// <summary>The connection broke and what happened could not be read afterwards.</summary>
    Unknown = 0,
    /// <summary>Runs again.</summary>
    Retried,
    /// <summary>Waits for a worker now.</summary>
    Promoted,
    /// <summary>Deleted.</summary>
    Removed,
    /// <summary>Will not run: the next worker records it as failed, or the server cancelled it.</summary>
    Stopped,
    /// <summary>Is running and can't be interrupted; no further attempt follows.</summary>
    StopRequested,
    /// <summary>Changed.</summary>
    Updated,
    /// <summary>Added.</summary>
    Added,
    /// <summary>Was there already; nothing changed.</summary>
    AlreadyExists,
    /// <summary>Is in another state than the change needs; nothing changed.</summary>
    SkippedWrongState,
    /// <summary>Is not there.</summary>
    NotFound,
    /// <summary>A worker has it (or one of its children); nothing changed.</summary>
    Locked,
    /// <summary>Is the next run of a scheduler; nothing changed.</summary>
    SchedulerOwned,
    /// <summary>The server refused; see the message.</summary>
    Refused,
    /// <summary>Surely not changed: the fault came before it was sent, or reading again showed it as it was.</summary>
    NotChanged,
}

/// <summary>What became of one job of a change. There is exactly one for each id given, in the order given.</summary>
public sealed class JobOutcome
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>What happened.</summary>
    public JobOutcomeStatus Status { get; init; }

    /// <summary>The state the job had before, when known.</summary>
    public JobState PreviousState { get; init; }

    /// <summary>The id of the job that was made, when the change makes one.</summary>
    public string? NewId { get; init; }

    /// <summary>The server's or the client's word on it, or null.</summary>
    public string? Message { get; init; }

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    // What the server refused the change with, where it said so in its own words.
    internal JobServerException? Fault { get; init; }

    /// <summary>Whether the job was changed as asked.</summary>
    public bool Succeeded => Status is JobOutcomeStatus.Retried or JobOutcomeStatus.Promoted or JobOutcomeStatus.Removed or JobOutcomeStatus.Stopped
        or JobOutcomeStatus.StopRequested or JobOutcomeStatus.Updated or JobOutcomeStatus.Added;

    /// <summary>The outcome in words.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => $"job {Id} in queue {Queue}: {Status}";
}

/// <summary>How far a change of many jobs has come.</summary>
/// <param name="Done">Jobs changed so far.</param>
/// <param name="Total">Jobs there were at the start; null when not known.</param>
/// <param name="What">What is being done, for a progress bar ("failed jobs").</param>
public readonly record struct BulkProgress(long Done, long? Total, string What)
{
    /// <summary>Jobs that may have been changed besides: the connection broke, and the answers that would have counted them were lost.</summary>
    public long Uncertain { get; init; }
}
