namespace JobAdmin;

/// <summary>What a measure was taken from.</summary>
public enum JobMeasureSource
{
    /// <summary>The queue's history of events: exact for its span, also for jobs that are not kept.</summary>
    Events,
    /// <summary>Finished jobs that were kept: what was removed is not counted.</summary>
    Jobs,
}

/// <summary>How fast a queue, or the jobs of one name in it, came in and went out in a span of time, and how long they waited and ran.</summary>
public sealed class JobQueueMeasure
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job name that this is of; null for all of the queue.</summary>
    public string? Name { get; init; }

    /// <summary>When the span begins: at the time asked for, or later when the server's history or the sample does not go back so far.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset To { get; init; }

    /// <summary>How long the span is.</summary>
    public TimeSpan Span => To - From;

    /// <summary>What it was taken from.</summary>
    public JobMeasureSource Source { get; init; }

    /// <summary>Whether the server has dropped older events of the span, so that it begins later than asked for.</summary>
    public bool IsTrimmed { get; init; }

    /// <summary>Whether there was more to look at than the sample may hold, so that the span begins later than asked for.</summary>
    public bool IsCut { get; init; }

    /// <summary>Events or jobs that were looked at.</summary>
    public long Sample { get; init; }

    /// <summary>Jobs that were added in the span; null when that can't be told.</summary>
    public long? Added { get; init; }

    /// <summary>Jobs that completed in the span.</summary>
    public long Completed { get; init; }

    /// <summary>Jobs that failed for good in the span.</summary>
    public long Failed { get; init; }

    /// <summary>How often a job was taken back from a silent worker in the span; null when that can't be told.</summary>
    public long? Stalled { get; init; }

    /// <summary>Jobs added a second.</summary>
    public double? InPerSecond => Added is { } added ? PerSecond(added) : null;

    /// <summary>Jobs finished a second, completed and failed.</summary>
    public double? OutPerSecond => PerSecond(Completed + Failed);

    /// <summary>Of the finished jobs, the part that failed, from 0 to 1; null when none finished.</summary>
    public double? FailureRate => Completed + Failed == 0 ? null : (double)Failed / (Completed + Failed);

    /// <summary>How long jobs were ready before a worker took them, on average; null when no wait was seen.</summary>
    public TimeSpan? WaitAverage => Waits.Average;

    /// <summary>Half of the jobs waited no longer than this.</summary>
    public TimeSpan? WaitP50 => Waits.At(0.5);

    /// <summary>95 in 100 jobs waited no longer than this.</summary>
    public TimeSpan? WaitP95 => Waits.At(0.95);

    /// <summary>99 in 100 jobs waited no longer than this.</summary>
    public TimeSpan? WaitP99 => Waits.At(0.99);

    /// <summary>The longest wait.</summary>
    public TimeSpan? WaitMax => Waits.At(1);

    /// <summary>How many waits these are of.</summary>
    public int WaitSample => Waits.Count;

    /// <summary>How long the last attempt of finished jobs ran, on average; null when no run was seen.</summary>
    public TimeSpan? RunAverage => Runs.Average;

    /// <summary>Half of the runs took no longer than this.</summary>
    public TimeSpan? RunP50 => Runs.At(0.5);

    /// <summary>95 in 100 runs took no longer than this.</summary>
    public TimeSpan? RunP95 => Runs.At(0.95);

    /// <summary>99 in 100 runs took no longer than this.</summary>
    public TimeSpan? RunP99 => Runs.At(0.99);

    /// <summary>The longest run.</summary>
    public TimeSpan? RunMax => Runs.At(1);

    /// <summary>How many runs these are of.</summary>
    public int RunSample => Runs.Count;

    /// <summary>Jobs that are ready and wait now, with priority or without; null when the server does not count them.</summary>
    public long? Waiting { get; init; }

    /// <summary>Jobs that workers have now; null when the server does not count them.</summary>
    public long? Active { get; init; }

    /// <summary>How many jobs a second the waiting ones became more (above zero) or fewer over the span; null when that can't be told.</summary>
    public double? GrowthPerSecond { get; init; }

    /// <summary>How long it takes until none waits any more, if all goes on as in the span: zero when none waits, null when they don't become fewer.</summary>
    public TimeSpan? TimeUntilEmpty =>
        Waiting == 0 ? TimeSpan.Zero
        : Waiting is { } waiting && GrowthPerSecond is < 0 and var growth && waiting / -growth < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(waiting / -growth)
        : null;

    /// <summary>What has to be known to read the figures, in words; empty when nothing has.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal JobDurations Waits { get; init; } = new();

    internal JobDurations Runs { get; init; } = new();

    internal IJobServer? Server { get; init; }

    /// <summary>Any percentile of the waits.</summary>
    /// <param name="percent">From 0 to 100.</param>
    /// <returns>The wait that so many in a hundred jobs did not exceed; null when no wait was seen.</returns>
    public TimeSpan? GetWaitPercentile(double percent) => Waits.At(percent / 100);

    /// <summary>Any percentile of the runs.</summary>
    /// <param name="percent">From 0 to 100.</param>
    /// <returns>The time that so many in a hundred runs did not exceed; null when no run was seen.</returns>
    public TimeSpan? GetRunPercentile(double percent) => Runs.At(percent / 100);

    private double? PerSecond(long jobs) => Span > TimeSpan.Zero ? jobs / Span.TotalSeconds : null;
}
