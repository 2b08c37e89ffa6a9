namespace JobAdmin;

/// <summary>A server that changes every job of a state in one request of its own. What it changed can't be told job by job.</summary>
public interface IJobBulk
{
    /// <summary>Runs every job of a state again (<see cref="JobServerCapabilities.RetryAll"/>).</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="state">Failed or completed.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>How many jobs.</returns>
    Task<long> RetryAllAsync(string queue, JobState state, CancellationToken cancellationToken);

    /// <summary>Starts every delayed job now (<see cref="JobServerCapabilities.PromoteAll"/>).</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>How many jobs.</returns>
    Task<long> PromoteAllAsync(string queue, CancellationToken cancellationToken);
}
