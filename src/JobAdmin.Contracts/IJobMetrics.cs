namespace JobAdmin;

/// <summary>A server that keeps counts over time (<see cref="JobServerCapabilities.Metrics"/>).</summary>
public interface IJobMetrics
{
    /// <summary>Whether metrics are being kept.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether they are.</returns>
    Task<bool> AreMetricsEnabledAsync(CancellationToken cancellationToken);

    /// <summary>What one queue did, step by step, oldest first.</summary>
    /// <param name="query">Which queue, when and how finely.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The points. Steps in which nothing happened may be missing.</returns>
    Task<IReadOnlyList<JobMetricPoint>> GetMetricsAsync(JobMetricQuery query, CancellationToken cancellationToken);

    /// <summary>Finished jobs a minute of queues in the last hour.</summary>
    /// <param name="queues">The queues.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One row a queue.</returns>
    Task<IReadOnlyList<JobSparkline>> GetSparklinesAsync(IReadOnlyCollection<string> queues, CancellationToken cancellationToken);

    /// <summary>What one queue has done since its metrics began.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The totals; null when the server keeps none, or none of this queue.</returns>
    Task<JobMetricTotals?> GetTotalsAsync(string queue, CancellationToken cancellationToken) => Task.FromResult<JobMetricTotals?>(null);
}

/// <summary>What a queue has done since its metrics began.</summary>
/// <param name="Completed">Jobs that completed.</param>
/// <param name="Failed">Jobs that failed.</param>
public sealed record JobMetricTotals(long Completed, long Failed);

/// <summary>Which metrics.</summary>
public sealed record JobMetricQuery
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The length of a step: a minute or an hour.</summary>
    public TimeSpan Step { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>From when; null for an hour before the end.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Until when; null for now.</summary>
    public DateTimeOffset? To { get; init; }
}

/// <summary>What happened in one step of time.</summary>
public sealed class JobMetricPoint
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job name, or null for all of the queue.</summary>
    public string? Name { get; init; }

    /// <summary>When the step begins.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>How long it is.</summary>
    public TimeSpan Step { get; init; }

    /// <summary>Jobs that completed.</summary>
    public long Completed { get; init; }

    /// <summary>Jobs that failed.</summary>
    public long Failed { get; init; }

    /// <summary>How long a job ran on average; null when not kept.</summary>
    public TimeSpan? AverageDuration { get; init; }

    /// <summary>The shortest run; null when not kept.</summary>
    public TimeSpan? MinDuration { get; init; }

    /// <summary>The longest run; null when not kept.</summary>
    public TimeSpan? MaxDuration { get; init; }

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }
}

/// <summary>A queue's recent past in a row of numbers.</summary>
public sealed class JobSparkline
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Finished jobs a minute, oldest first, as far as the server has points.</summary>
    public IReadOnlyList<long> Points { get; init; } = [];

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }
}
