namespace JobAdmin;

/// <summary>The state of a job, one list for every kind of server. What the server itself called it is in <see cref="QueueJob.RawState"/>.</summary>
public enum JobState
{
    /// <summary>The server did not say, or the job's hash exists in no state (BullMQ's <c>unknown</c>).</summary>
    Unknown = 0,
    /// <summary>Waits for a worker.</summary>
    Waiting,
    /// <summary>A worker has it.</summary>
    Active,
    /// <summary>Finished with success.</summary>
    Completed,
    /// <summary>Finished without success, with no attempts left.</summary>
    Failed,
    /// <summary>Waits for its time.</summary>
    Delayed,
    /// <summary>Waits for a worker, with a priority (1 goes first).</summary>
    Prioritized,
    /// <summary>A flow parent that waits for its children.</summary>
    WaitingChildren,
    /// <summary>Waits in the list that a paused queue of BullMQ 4 or 5 keeps.</summary>
    Paused,
    /// <summary>Cancelled by request (HTTP servers; BullMQ has no such state).</summary>
    Cancelled,
}
