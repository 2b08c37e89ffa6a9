namespace JobAdmin;

/// <summary>One job as it was when it was read. Times are absolute with offset zero, durations are <see cref="TimeSpan"/>.</summary>
/// <remarks>Fields follow BullMQ's job hash; a server that lacks one leaves it null. Data, options, return value, stack trace and log are there only when asked for.</remarks>
public sealed partial class QueueJob
{
    // A listing may be of millions, and many of them may be kept: what most jobs lack, or most listings do not read, stands apart, and a time takes eight bytes.
    private Rest? rest;
    private LazyText failedReason;
    private Moment timestamp, processedOn, finishedOn, delayUntil;

    /// <summary>The queue that holds the job.</summary>
    public required string Queue { get; init; }

    /// <summary>The job's id, opaque.</summary>
    public required string Id { get; init; }

    /// <summary>The job's name; empty when the hash has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>The state when it was read.</summary>
    public JobState State { get; init; }

    /// <summary>The state in the server's own word.</summary>
    public string? RawState { get; init; }

    /// <summary>Progress: a number (per cent by custom), or JSON text, or null when the job reported none.</summary>
    public object? Progress { get; init; }

    /// <summary>Attempts made so far.</summary>
    public int AttemptsMade { get; init; }

    /// <summary>Attempts allowed; null when not read.</summary>
    public int? Attempts { get; init; }

    /// <summary>Attempts started so far (BullMQ 5 and later), stalls included.</summary>
    public int? AttemptsStarted { get; init; }

    /// <summary>How often the job stalled.</summary>
    public int StalledCount { get; init; }

    /// <summary>Priority: 0 is none, 1 goes first.</summary>
    public long Priority { get; init; }

    /// <summary>When the job was added.</summary>
    public DateTimeOffset? Timestamp
    {
        get => timestamp.Value;
        init => timestamp = new Moment(value);
    }

    /// <summary>When a worker last took it.</summary>
    public DateTimeOffset? ProcessedOn
    {
        get => processedOn.Value;
        init => processedOn = new Moment(value);
    }

    /// <summary>When it finished.</summary>
    public DateTimeOffset? FinishedOn
    {
        get => finishedOn.Value;
        init => finishedOn = new Moment(value);
    }

    /// <summary>When a delayed job becomes due.</summary>
    public DateTimeOffset? DelayUntil
    {
        get => delayUntil.Value;
        init => delayUntil = new Moment(value);
    }

    /// <summary>The delay it was added with; zero when none.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Why it failed, in the worker's words.</summary>
    public string? FailedReason
    {
        get => failedReason.Value;
        init => failedReason = new LazyText(value);
    }

    /// <summary>A reason with which the next worker fails the job without running it (set by Stop-Job), or null.</summary>
    public string? DeferredFailure
    {
        get => rest?.DeferredFailure;
        init
        {
            if (value is not null)
            {
                Apart.DeferredFailure = value;
            }
        }
    }

    /// <summary>The name of the worker that took it, when it has one.</summary>
    public string? ProcessedBy { get; init; }

    /// <summary>The id of its flow parent.</summary>
    public string? ParentId
    {
        get => rest?.ParentId;
        init
        {
            if (value is not null)
            {
                Apart.ParentId = value;
            }
        }
    }

    /// <summary>The queue of its flow parent.</summary>
    public string? ParentQueue
    {
        get => rest?.ParentQueue;
        init
        {
            if (value is not null)
            {
                Apart.ParentQueue = value;
            }
        }
    }

    /// <summary>The scheduler that produced it.</summary>
    public string? SchedulerId
    {
        get => rest?.SchedulerId;
        init
        {
            if (value is not null)
            {
                Apart.SchedulerId = value;
            }
        }
    }

    /// <summary>Its deduplication id.</summary>
    public string? DeduplicationId
    {
        get => rest?.DeduplicationId;
        init
        {
            if (value is not null)
            {
                Apart.DeduplicationId = value;
            }
        }
    }

    /// <summary>The id of the job that this one repeats (servers that make a new job for a retry).</summary>
    public string? OriginalId
    {
        get => rest?.OriginalId;
        init
        {
            if (value is not null)
            {
                Apart.OriginalId = value;
            }
        }
    }

    /// <summary>The id under which the result is kept (servers that keep results apart).</summary>
    public string? ResultId
    {
        get => rest?.ResultId;
        init
        {
            if (value is not null)
            {
                Apart.ResultId = value;
            }
        }
    }

    /// <summary>The group it belongs to (servers with groups).</summary>
    public string? GroupId
    {
        get => rest?.GroupId;
        init
        {
            if (value is not null)
            {
                Apart.GroupId = value;
            }
        }
    }

    /// <summary>Stack traces, newest last; null when not read.</summary>
    public IReadOnlyList<string>? StackTrace
    {
        get => rest?.StackTrace;
        init
        {
            if (value is not null)
            {
                Apart.StackTrace = value;
            }
        }
    }

    /// <summary>Log lines, oldest first; null when not read.</summary>
    public IReadOnlyList<string>? Log
    {
        get => rest?.Log;
        init
        {
            if (value is not null)
            {
                Apart.Log = value;
            }
        }
    }

    /// <summary>What could not be read of the job, in words; null when all could.</summary>
    public string? Problem => rest?.Problem;

    /// <summary>The name of the connection it came from.</summary>
    public string? Connection => Server?.Connection.Name;

    /// <summary>How long it ran, or has run so far when it is active.</summary>
    public TimeSpan? Duration =>
        ProcessedOn is not { } start ? null
        : FinishedOn is { } end ? (end >= start ? end - start : TimeSpan.Zero)
        : State == JobState.Active ? DateTimeOffset.UtcNow - start : null;

    internal IJobServer? Server { get; init; }

    /// <summary>The job in words: <c>job 42 in queue emails</c>.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => $"job {Id} in queue {Queue}";
}
