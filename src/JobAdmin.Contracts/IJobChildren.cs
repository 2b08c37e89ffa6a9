namespace JobAdmin;

/// <summary>A server that tells the children of many jobs at once.</summary>
public interface IJobChildren
{
    /// <summary>The children of jobs.</summary>
    /// <param name="queue">The queue of the jobs.</param>
    /// <param name="ids">The jobs.</param>
    /// <param name="most">How many children to name of each at the most.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>One entry an id, in order.</returns>
    Task<IReadOnlyList<JobChildren>> GetChildrenAsync(string queue, IReadOnlyList<string> ids, int most, CancellationToken cancellationToken);
}

/// <summary>What a job has noted of its children.</summary>
/// <param name="Pending">How many are not done.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Named">The first of them. One that is kept under another prefix has no queue.</param>
public sealed record JobChildren(int Pending, int Total, IReadOnlyList<(string? Queue, string Id)> Named);
