namespace JobAdmin;

/// <summary>A server that takes new jobs (<see cref="JobServerCapabilities.Add"/>). Jobs are changed with <see cref="JobChange.Edit"/>.</summary>
public interface IJobProducer
{
    /// <summary>Adds jobs to a queue.</summary>
    /// <param name="queue">The queue; it comes into being with its first job.</param>
    /// <param name="jobs">The jobs.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>One outcome a job, in order, with the id the job got: <c>Added</c>, <c>AlreadyExists</c>, <c>Refused</c> or <c>Unknown</c>.</returns>
    Task<IReadOnlyList<JobOutcome>> AddJobsAsync(string queue, IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken);

    /// <summary>Throws for a job that would be refused, as far as that is known without the server, so that no preview promises it.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="job">The job, with what is under it.</param>
    void CheckAdd(string queue, NewJob job);
}

/// <summary>A job to add. What is left out is up to the server.</summary>
public sealed record NewJob
{
    /// <summary>The job's name.</summary>
    public required string Name { get; init; }

    /// <summary>The job's data as JSON text, sent as it is.</summary>
    public string Data { get; init; } = "{}";

    /// <summary>The id it is to have; null for one of the server's own.</summary>
    public string? Id { get; init; }

    /// <summary>The priority: 0 is none, 1 goes first.</summary>
    public long? Priority { get; init; }

    /// <summary>How long it waits before it may run.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Attempts allowed.</summary>
    public int? Attempts { get; init; }

    /// <summary>How long to wait between attempts.</summary>
    public JobBackoff? Backoff { get; init; }

    /// <summary>Whether it goes before the jobs that wait already.</summary>
    public bool Lifo { get; init; }

    /// <summary>How many finished jobs stay, and how long, once this one has completed.</summary>
    public JobKeep? KeepCompleted { get; init; }

    /// <summary>How many failed jobs stay, and how long, once this one has failed.</summary>
    public JobKeep? KeepFailed { get; init; }

    /// <summary>The deduplication id.</summary>
    public string? DeduplicationId { get; init; }

    /// <summary>How long the deduplication id holds; null for as long as the job has not finished.</summary>
    public TimeSpan? DeduplicationTtl { get; init; }

    /// <summary>The group it belongs to (servers with groups).</summary>
    public string? GroupId { get; init; }

    /// <summary>Further options as a JSON object in the server's own names (BullMQ's, on Redis); the ones above go before them.</summary>
    public string? Options { get; init; }

    /// <summary>The queue, where it is the child of a flow and goes to another than its parent; null for the same.</summary>
    public string? Queue { get; init; }

    /// <summary>The children that must complete first (servers with flows).</summary>
    public IReadOnlyList<NewJob> Children { get; init; } = [];

    internal ReadOnlyMemory<byte>? RawData { get; init; }
}

/// <summary>How long a job waits between its attempts.</summary>
/// <param name="Type"><c>fixed</c>, <c>exponential</c>, or a strategy that the workers know.</param>
/// <param name="Delay">The first wait.</param>
public sealed record JobBackoff(string Type, TimeSpan Delay);

/// <summary>Which finished jobs a queue keeps.</summary>
/// <param name="Count">How many; 0 for none, null for no bound.</param>
/// <param name="Age">How long; null for no bound.</param>
public sealed record JobKeep(int? Count, TimeSpan? Age = null);
