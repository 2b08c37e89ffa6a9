namespace JobAdmin;

/// <summary>A server whose queues have settings of their own (<see cref="JobServerCapabilities.QueueSettings"/>).</summary>
public interface IJobQueueSettings
{
    /// <summary>Changes the settings of a queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="settings">What to change.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>What the user should know; empty when all is said.</returns>
    Task<IReadOnlyList<string>> SetQueueAsync(string queue, JobQueueSettings settings, CancellationToken cancellationToken);
}

/// <summary>Settings of a queue. What is null stays as it is.</summary>
public sealed record JobQueueSettings
{
    /// <summary>Jobs that may run at once, over all workers; 0 for no bound.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Jobs that may start in <see cref="RateLimitDuration"/>, over all workers; 0 for no bound.</summary>
    public int? RateLimitMax { get; init; }

    /// <summary>The window of the rate limit.</summary>
    public TimeSpan? RateLimitDuration { get; init; }

    /// <summary>Whether a rate limit that holds the queue now is let go.</summary>
    public bool ReleaseRateLimit { get; init; }

    /// <summary>Events that are kept, about.</summary>
    public long? MaxEvents { get; init; }
}
