namespace JobAdmin.Watching;

/// <summary>What the rows of a screen of queues are sorted by.</summary>
internal enum QueueOrder
{
    Name,
    Waiting,
    Active,
    Delayed,
    Failed,
    In,
    Out,
    Age,
}

/// <summary>What a screen of queues shows, and how.</summary>
internal sealed record QueueScreenOptions
{
    /// <summary>Reads the queues.</summary>
    public required JobQueueSampler Sampler { get; init; }

    /// <summary>How long from one look to the next.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary>What the rows are sorted by at first.</summary>
    public QueueOrder Order { get; init; }

    /// <summary>Whether there may be colours.</summary>
    public bool Colours { get; init; } = true;

    /// <summary>When it ends by itself; null for never.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>A full-screen view of queues. The one implementation lives with its packages in the client's own load context.</summary>
internal interface IQueueScreen
{
    /// <summary>Whether there is a terminal that can show it.</summary>
    bool IsPossible { get; }

    /// <summary>Shows it until the user quits. The terminal is as before when this has ended, however it ends.</summary>
    /// <param name="options">What to show.</param>
    /// <param name="token">Ends it.</param>
    Task RunAsync(QueueScreenOptions options, CancellationToken token);

    /// <summary>Gives the terminal back at once. Safe at any time, from any thread.</summary>
    void Restore();
}
