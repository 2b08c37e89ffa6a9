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
}
