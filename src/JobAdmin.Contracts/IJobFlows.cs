namespace JobAdmin;

/// <summary>A server that knows parents and children (<see cref="JobServerCapabilities.Flows"/>).</summary>
public interface IJobFlows
{
    /// <summary>Jobs that have children, over all queues.</summary>
    /// <param name="state">The parents' state; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Pages, none empty.</returns>
    IAsyncEnumerable<IReadOnlyList<QueueJob>> GetFlowParentsAsync(JobState? state, CancellationToken cancellationToken);

    /// <summary>A job with all that is under it.</summary>
    /// <param name="queue">The queue of the job.</param>
    /// <param name="id">The job's id.</param>
    /// <param name="maxDepth">How many levels of children to read at the most.</param>
    /// <param name="parts">Parts beyond the ones always shown.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The tree, or null when there is no such job.</returns>
    Task<JobFlowNode?> GetFlowAsync(string queue, string id, int maxDepth, JobParts parts, CancellationToken cancellationToken);

    /// <summary>A job with all that is under it, of each parent no more than some children.</summary>
    /// <param name="queue">The queue of the job.</param>
    /// <param name="id">The job's id.</param>
    /// <param name="maxDepth">How many levels of children to read at the most.</param>
    /// <param name="maxChildren">How many children of each parent to read at the most, those that hold it up first; a server may read all.</param>
    /// <param name="parts">Parts beyond the ones always shown.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The tree, or null when there is no such job.</returns>
    Task<JobFlowNode?> GetFlowAsync(string queue, string id, int maxDepth, int maxChildren, JobParts parts, CancellationToken cancellationToken) =>
        GetFlowAsync(queue, id, maxDepth, parts, cancellationToken);
}

/// <summary>What a flow parent has noted of a child.</summary>
public enum JobChildState
{
    /// <summary>Not known, or the job is no child.</summary>
    Unknown = 0,
    /// <summary>It is waited for.</summary>
    Pending,
    /// <summary>It completed.</summary>
    Completed,
    /// <summary>It failed, and the parent goes on without it.</summary>
    Ignored,
    /// <summary>It failed, and the parent fails with it.</summary>
    Failed,
}

/// <summary>A job in a flow, with its children.</summary>
public sealed class JobFlowNode
{
    /// <summary>The job.</summary>
    public required QueueJob Job { get; init; }

    /// <summary>Its children, as far as they were read.</summary>
    public IReadOnlyList<JobFlowNode> Children { get; init; } = [];

    /// <summary>How many children it has; more than <see cref="Children"/> when not all were read or some are gone. Null when not known.</summary>
    public int? ChildCount { get; init; }

    /// <summary>How many of its children are not done yet, so that they hold it up; null when not known.</summary>
    public int? PendingChildren { get; init; }

    /// <summary>How deep it stands: 0 for the job that was asked for.</summary>
    public int Depth { get; init; }

    /// <summary>What its parent has noted of it.</summary>
    public JobChildState ChildState { get; init; }

    /// <summary>What holds the job up, in words; null when nothing of the flow does.</summary>
    public string? BlockedBy { get; init; }

    /// <summary>The queue of the job.</summary>
    public string Queue => Job.Queue;

    /// <summary>The job's id.</summary>
    public string Id => Job.Id;

    /// <summary>The job's name.</summary>
    public string Name => Job.Name;

    /// <summary>The state of the job; Unknown when it is gone.</summary>
    public JobState State => Job.State;

    /// <summary>The name of the connection it came from.</summary>
    public string? Connection => Job.Connection;

    /// <summary>The lines before its name that make the tree, when it is written in one.</summary>
    internal string? Branch { get; set; }
}
