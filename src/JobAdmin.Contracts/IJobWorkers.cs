namespace JobAdmin;

/// <summary>A server that names its workers (<see cref="JobServerCapabilities.Workers"/>).</summary>
public interface IJobWorkers
{
    /// <summary>The workers.</summary>
    /// <param name="queue">The queue they work on; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The workers.</returns>
    Task<IReadOnlyList<JobWorker>> GetWorkersAsync(string? queue, CancellationToken cancellationToken);
}

/// <summary>One worker, or one pool of them where the server counts no finer. What the server doesn't say is null.</summary>
public sealed class JobWorker
{
    /// <summary>The queue it works on.</summary>
    public required string Queue { get; init; }

    /// <summary>Its id.</summary>
    public string? Id { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>The machine or address it runs at.</summary>
    public string? Host { get; init; }

    /// <summary>Since when it is there.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it was last heard of.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>How long it has been there.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>How long it has been silent.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>Jobs it may run at once.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Jobs it runs now.</summary>
    public int? Active { get; init; }

    /// <summary>Whether it takes jobs.</summary>
    public bool? IsRunning { get; init; }

    /// <summary>How often it looks for jobs.</summary>
    public TimeSpan? PollInterval { get; init; }

    /// <summary>Fields beyond the ones above, as they came.</summary>
    public IReadOnlyDictionary<string, string>? Fields { get; init; }

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }
}
