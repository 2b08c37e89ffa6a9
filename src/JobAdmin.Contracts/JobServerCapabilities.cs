namespace JobAdmin;

/// <summary>What a server can do. An operation outside this set ends in a <c>NotSupported</c> error before anything is sent.</summary>
[Flags]
public enum JobServerCapabilities : long
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Names its queues and counts their jobs.</summary>
    ListQueues = 1L << 0,
    /// <summary>Lists jobs by state.</summary>
    ListJobs = 1L << 1,
    /// <summary>Gives one job by id.</summary>
    GetJob = 1L << 2,
    /// <summary>Runs a failed or completed job again.</summary>
    Retry = 1L << 3,
    /// <summary>Starts a delayed job now.</summary>
    Promote = 1L << 4,
    /// <summary>Keeps a job from running (or from running on).</summary>
    Stop = 1L << 5,
    /// <summary>Deletes a job.</summary>
    Remove = 1L << 6,
    /// <summary>Pauses and resumes a queue.</summary>
    Pause = 1L << 7,
    /// <summary>Pauses and resumes the jobs of one name.</summary>
    PauseName = 1L << 8,
    /// <summary>Deletes many jobs of a queue by state and age.</summary>
    Clear = 1L << 9,
    /// <summary>Deletes a whole queue.</summary>
    RemoveQueue = 1L << 10,
    /// <summary>Reports events as they happen (others are polled).</summary>
    Events = 1L << 11,
    /// <summary>Gives a job's return value.</summary>
    Result = 1L << 12,
    /// <summary>Gives a job's log.</summary>
    Logs = 1L << 13,
    /// <summary>Adds jobs.</summary>
    Add = 1L << 14,
    /// <summary>Changes a job's data, priority, delay or progress.</summary>
    Edit = 1L << 15,
    /// <summary>Shows flows: parents and their children.</summary>
    Flows = 1L << 16,
    /// <summary>Lists schedulers and changes them.</summary>
    Schedulers = 1L << 17,
    /// <summary>Lists workers.</summary>
    Workers = 1L << 18,
    /// <summary>Gives metrics over time.</summary>
    Metrics = 1L << 19,
    /// <summary>Lists job groups.</summary>
    Groups = 1L << 20,
    /// <summary>Searches by text.</summary>
    Search = 1L << 21,
    /// <summary>Sets a queue's concurrency, rate limit or event length.</summary>
    QueueSettings = 1L << 22,
    /// <summary>Runs every job of a state again in one request.</summary>
    RetryAll = 1L << 23,
    /// <summary>Starts every delayed job in one request.</summary>
    PromoteAll = 1L << 24,
    /// <summary>Exports and imports jobs field by field.</summary>
    Raw = 1L << 25,
    /// <summary>Finds damage in its queues and repairs it.</summary>
    Repair = 1L << 26,
    /// <summary>Deletes jobs by name and by when they were added, whatever their state.</summary>
    ClearAnyState = 1L << 27,
}
