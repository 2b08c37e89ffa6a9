namespace JobAdmin;

/// <summary>How bad a finding is, the worst last.</summary>
public enum JobFindingSeverity
{
    /// <summary>All is well.</summary>
    Ok,
    /// <summary>It could not be found out.</summary>
    Unknown,
    /// <summary>Somebody should look at it.</summary>
    Warning,
    /// <summary>Somebody has to do something.</summary>
    Critical,
}

/// <summary>What is examined.</summary>
public enum JobQueueCheck
{
    /// <summary>How many jobs wait.</summary>
    Backlog,
    /// <summary>How long the oldest waiting job has been ready.</summary>
    WaitingAge,
    /// <summary>How long a delayed job has been due without having been started.</summary>
    Overdue,
    /// <summary>How many jobs failed lately.</summary>
    Failed,
    /// <summary>Of the jobs that finished lately, the part that failed.</summary>
    FailureRate,
    /// <summary>Whether there are workers for the jobs that wait.</summary>
    Workers,
    /// <summary>How often a job was taken back from a silent worker lately.</summary>
    Stalled,
    /// <summary>Jobs that count as running though no worker holds them.</summary>
    Lost,
    /// <summary>How long the queue has been paused.</summary>
    Paused,
    /// <summary>How long a rate limit still holds the queue.</summary>
    RateLimit,
    /// <summary>How long a scheduler has been due without having run, and whether it can run at all.</summary>
    Scheduler,
    /// <summary>Whether jobs stand where a pause or resume of the application would lose them.</summary>
    Lists,
}

/// <summary>What one check found in one queue.</summary>
public sealed class JobQueueFinding
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>What was examined; null for a queue of which nothing is wrong.</summary>
    public JobQueueCheck? Check { get; init; }

    /// <summary>How bad it is.</summary>
    public JobFindingSeverity Severity { get; init; }

    /// <summary>What was found: a number of jobs, a part from 0 to 1, or a TimeSpan. Null when it is not known.</summary>
    public object? Value { get; init; }

    /// <summary>From which value on it is a warning; null for never.</summary>
    public object? WarningAt { get; init; }

    /// <summary>From which value on it is critical; null for never.</summary>
    public object? CriticalAt { get; init; }

    /// <summary>What was found, in words.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it; null when nothing is to be done.</summary>
    public string? Advice { get; init; }

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    /// <summary>The finding in one line, as monitors show it: <c>CRITICAL emails Backlog: 12,000 jobs wait</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"{Severity.ToString().ToUpperInvariant()} {Queue} {(Check is { } check ? $"{check}: " : "")}{Message}";
}
