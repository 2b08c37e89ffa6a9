namespace JobAdmin;

/// <summary>A server that tells how fast its queues fill and empty, at a bounded cost, whatever their traffic.</summary>
public interface IJobRates
{
    /// <summary>How fast queues fill and empty.</summary>
    /// <param name="queues">The queues. One that is gone is left out.</param>
    /// <param name="window">How far to look back. Of a queue with more traffic than can be looked at, only the newest part of it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One entry a queue, in no certain order.</returns>
    Task<IReadOnlyList<JobQueueRate>> GetRatesAsync(IReadOnlyList<string> queues, TimeSpan window, CancellationToken cancellationToken);
}

/// <summary>How fast one queue fills and empties.</summary>
public sealed record JobQueueRate
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>Jobs added, a second.</summary>
    public double AddedPerSecond { get; init; }

    /// <summary>Jobs completed, a second.</summary>
    public double CompletedPerSecond { get; init; }

    /// <summary>Jobs failed for good, a second.</summary>
    public double FailedPerSecond { get; init; }

    /// <summary>The time that was looked at.</summary>
    public TimeSpan Span { get; init; }
}
