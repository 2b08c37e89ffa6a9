namespace JobAdmin;

/// <summary>A server that searches by text itself (<see cref="JobServerCapabilities.Search"/>).</summary>
public interface IJobSearch
{
    /// <summary>What it searches in better than a listing would.</summary>
    IReadOnlyList<JobSearchField> Fields { get; }

    /// <summary>Jobs that match.</summary>
    /// <param name="search">What to look for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Pages, none empty, each job once.</returns>
    IAsyncEnumerable<IReadOnlyList<QueueJob>> FindJobsAsync(JobSearch search, CancellationToken cancellationToken);
}

/// <summary>What of a job is searched.</summary>
public enum JobSearchField
{
    /// <summary>The id, in full.</summary>
    Id = 0,
    /// <summary>Part of the name.</summary>
    Name,
    /// <summary>Part of the data, as JSON text.</summary>
    Data,
}

/// <summary>A search for jobs.</summary>
public sealed record JobSearch
{
    /// <summary>The text.</summary>
    public required string Text { get; init; }

    /// <summary>Where it must be.</summary>
    public JobSearchField Field { get; init; }

    /// <summary>The queues; empty for all.</summary>
    public IReadOnlyList<string> Queues { get; init; } = [];

    /// <summary>The states; empty for all.</summary>
    public IReadOnlyList<JobState> States { get; init; } = [];

    /// <summary>Only jobs added at this time or later.</summary>
    public DateTimeOffset? AddedAfter { get; init; }

    /// <summary>Only jobs added before this.</summary>
    public DateTimeOffset? AddedBefore { get; init; }

    /// <summary>How many at the most; null for all.</summary>
    public long? First { get; init; }

    /// <summary>Parts beyond the ones always shown.</summary>
    public JobParts Parts { get; init; }
}
