namespace JobAdmin;

/// <summary>A server that counts jobs by name as well as by state.</summary>
public interface IJobNameCounts
{
    /// <summary>The counts of each job name.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="refresh">Whether the server is to count anew rather than give what it has noted.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One entry a name.</returns>
    Task<IReadOnlyList<JobNameCounts>> GetCountsByNameAsync(string queue, bool refresh, CancellationToken cancellationToken);
}

/// <summary>How many jobs of one name there are in each state.</summary>
public sealed class JobNameCounts
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job name.</summary>
    public required string Name { get; init; }

    /// <summary>Jobs that wait.</summary>
    public long? Waiting => Counts.Waiting;

    /// <summary>Jobs that workers have.</summary>
    public long? Active => Counts.Active;

    /// <summary>Jobs that finished with success.</summary>
    public long? Completed => Counts.Completed;

    /// <summary>Jobs that failed.</summary>
    public long? Failed => Counts.Failed;

    /// <summary>Cancelled jobs.</summary>
    public long? Cancelled => Counts.Cancelled;

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    /// <summary>The counts of all states.</summary>
    /// <returns>The counts.</returns>
    public JobCounts GetCounts() => Counts;

    internal JobCounts Counts { get; init; } = new();

    internal IJobServer? Server { get; init; }
}
