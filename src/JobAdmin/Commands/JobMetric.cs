namespace JobAdmin;

/// <summary>What a queue did in a span of time, step by step.</summary>
public sealed class JobMetric
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job name, where names are counted apart; null for all of the queue.</summary>
    public string? Name { get; init; }

    /// <summary>When the span begins.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset To { get; init; }

    /// <summary>The length of a step.</summary>
    public TimeSpan Step { get; init; }

    /// <summary>Whether the queue's workers keep counts at all.</summary>
    public bool HasMetrics { get; init; }

    /// <summary>Jobs that completed in the span.</summary>
    public long Completed { get; init; }

    /// <summary>Jobs that failed in the span.</summary>
    public long Failed { get; init; }

    /// <summary>Finished jobs a minute, on average over the span.</summary>
    public double PerMinute { get; init; }

    /// <summary>Of the finished jobs, the part that failed, from 0 to 1; null when none finished.</summary>
    public double? FailureRate => Completed + Failed == 0 ? null : (double)Failed / (Completed + Failed);

    /// <summary>Jobs that completed since the counts began; null when the server does not say.</summary>
    public long? TotalCompleted { get; init; }

    /// <summary>Jobs that failed since the counts began; null when the server does not say.</summary>
    public long? TotalFailed { get; init; }

    /// <summary>The steps, oldest first, those in which nothing happened too.</summary>
    public IReadOnlyList<JobMetricPoint> Points { get; init; } = [];

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }
}
