using System.Collections.Concurrent;

namespace JobAdmin;

/// <summary>Which parts of a job a read fetches beyond the ones that are always shown.</summary>
[Flags]
public enum JobParts
{
    /// <summary>Only what is always shown.</summary>
    None = 0,
    /// <summary>The job's data.</summary>
    Data = 1,
    /// <summary>The job's options.</summary>
    Options = 2,
    /// <summary>The return value.</summary>
    ReturnValue = 4,
    /// <summary>The stack traces.</summary>
    StackTrace = 8,
    /// <summary>The log lines.</summary>
    Log = 16,
    /// <summary>Everything.</summary>
    All = Data | Options | ReturnValue | StackTrace | Log,
}

/// <summary>Which jobs of a queue are meant. The times are compared with the time a job finished, or was added when it has not.</summary>
public sealed record JobFilter
{
    /// <summary>Wildcard patterns for the job name; any may match. Null or empty: all.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Wildcard patterns for the failed reason; any may match. Null or empty: all.</summary>
    public IReadOnlyList<string>? Reasons { get; init; }

    /// <summary>Kinds of failed reasons, exactly as <see cref="JobReason.Normalise"/> makes them; any may match. Null or empty: all.</summary>
    public IReadOnlyList<string>? ReasonKinds { get; init; }

    /// <summary>Wildcard patterns for the job id; any may match. Null or empty: all.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>What the job's data must hold, all of it. Null or empty: anything.</summary>
    public IReadOnlyList<JobDataMatch>? Data { get; init; }

    /// <summary>Only jobs earlier than this.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only jobs at this time or later.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Whether nothing is filtered.</summary>
    public bool IsEmpty => Names is null or { Count: 0 } && Reasons is null or { Count: 0 } && ReasonKinds is null or { Count: 0 }
        && Ids is null or { Count: 0 } && Data is null or { Count: 0 } && Before is null && After is null;
}

/// <summary>A listing of one queue's jobs.</summary>
public sealed record JobQuery
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The states, in the order in which they are listed. Empty: all that the server has.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>Which jobs.</summary>
    public JobFilter Filter { get; init; } = new();

    /// <summary>Whether the oldest come first. The default is newest first.</summary>
    public bool OldestFirst { get; init; }

    /// <summary>How many matches to leave out first.</summary>
    public long Skip { get; init; }

    /// <summary>How many matches at the most; null for all.</summary>
    public long? First { get; init; }

    /// <summary>Parts beyond the ones always shown.</summary>
    public JobParts Parts { get; init; }

    /// <summary>Jobs in a page at the most; 0 lets the server's client choose.</summary>
    public int PageSize { get; init; }

    /// <summary>For a change of all that match: the moment whose jobs are meant. What came into its state later is left alone. Null for when the change begins.</summary>
    public DateTimeOffset? AsOf { get; init; }
}

/// <summary>A change of jobs, one kind each.</summary>
public abstract record JobChange
{
    /// <summary>Run failed or completed jobs again.</summary>
    /// <param name="ResetAttempts">Whether the attempts made and started go back to zero.</param>
    public sealed record Retry(bool ResetAttempts = false) : JobChange;

    /// <summary>Start delayed jobs now.</summary>
    /// <param name="IgnorePriority">Whether all delayed jobs of a queue go into line together, whatever their priority; see <see cref="IQueuePromotion"/>.</param>
    public sealed record Promote(bool IgnorePriority = false) : JobChange;

    /// <summary>Delete jobs.</summary>
    /// <param name="KeepChildren">Whether a flow parent's children stay.</param>
    public sealed record Remove(bool KeepChildren = false) : JobChange
    {
        /// <summary>The jobs that are in a backup, and the state in which they are in it: no other is deleted, nor one that has finished since. Null for no backup.</summary>
        public IReadOnlyDictionary<string, JobState>? Kept { get; init; }

        // Keys of children that went along with their parents so far: none of them is missing when its own turn comes.
        internal ConcurrentDictionary<string, bool> WentAlong { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>Keep jobs from running.</summary>
    /// <param name="Reason">What the job is recorded as failed with.</param>
    public sealed record Stop(string Reason) : JobChange;

    /// <summary>Change jobs that have not started. What is null stays as it is.</summary>
    /// <param name="Data">The new data as JSON text.</param>
    /// <param name="Priority">The new priority.</param>
    /// <param name="Delay">The new delay, from now.</param>
    /// <param name="Progress">The new progress as JSON text.</param>
    public sealed record Edit(string? Data = null, long? Priority = null, TimeSpan? Delay = null, string? Progress = null) : JobChange;
}

/// <summary>Which jobs a clearing deletes.</summary>
public sealed record ClearQuery
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The states to clear.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>Which jobs of these states.</summary>
    public JobFilter Filter { get; init; } = new();

    /// <summary>Jobs to delete at the most; null for all.</summary>
    public long? Max { get; init; }

    /// <summary>Jobs to delete between two reports of progress at the most, so that whoever takes the reports can slow it down; 0 lets the server's client choose.</summary>
    public int Slice { get; init; }
}

/// <summary>Which queues, and how much of each.</summary>
public sealed record QueueQuery
{
    /// <summary>Names or wildcard patterns; null or empty for all.</summary>
    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Whether only names are wanted, for completion and resolution: counts and all else stay empty.</summary>
    public bool NamesOnly { get; init; }

    /// <summary>Whether workers need not be counted, which asks more of a server with many clients than all the rest.</summary>
    public bool SkipWorkers { get; init; }
}

/// <summary>Which events to report.</summary>
public sealed record EventQuery
{
    /// <summary>The queues. A server with one stream for all accepts an empty list.</summary>
    public IReadOnlyList<string> Queues { get; init; } = [];

    /// <summary>The jobs that matter; null for all. A server that has to be polled asks for these alone.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>Where to begin: null for now, else a time, or an event id of the server's own.</summary>
    public string? From { get; init; }

    /// <summary>Where to begin in each queue: the id of the last event seen there. A queue that is not here begins at <see cref="From"/>.</summary>
    public IReadOnlyDictionary<string, string>? Positions { get; init; }

    /// <summary>The longest time between two looks on a server that has to be polled.</summary>
    public TimeSpan? PollInterval { get; init; }

    /// <summary>Told of a queue whose events can't be read, while those of others go on; null where it ends the watch, as it does when none is left.</summary>
    public Func<JobServerException, Task>? LeftOut { get; init; }
}
