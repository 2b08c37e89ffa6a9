namespace JobAdmin;

/// <summary>A server whose schedulers can be seen and changed (<see cref="JobServerCapabilities.Schedulers"/>).</summary>
public interface IJobSchedulers
{
    /// <summary>The schedulers of a queue, the next to run first.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">Ids or wildcard patterns; null or empty for all.</param>
    /// <param name="runs">How many of the next runs to tell of each.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Pages, none empty.</returns>
    IAsyncEnumerable<IReadOnlyList<JobScheduler>> GetSchedulersAsync(string queue, IReadOnlyList<string>? ids, int runs, CancellationToken cancellationToken);

    /// <summary>Checks what a scheduler shall be like, without sending any of it.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="settings">What it shall be like.</param>
    /// <param name="runs">How many of the next runs to tell.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Its next runs.</returns>
    /// <exception cref="JobServerException">It could never fire, or its workers could not read it.</exception>
    Task<IReadOnlyList<DateTimeOffset>> CheckSchedulerAsync(string queue, JobSchedulerSettings settings, int runs, CancellationToken cancellationToken);

    /// <summary>Makes a scheduler or changes the one that has the id, together with its next job.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="settings">What it shall be like.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>What became of it; <see cref="JobOutcome.NewId"/> is its next job.</returns>
    Task<JobOutcome> SetSchedulerAsync(string queue, JobSchedulerSettings settings, CancellationToken cancellationToken);

    /// <summary>Removes schedulers and the jobs of their next runs. What runs already goes on.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>One outcome an id, in order.</returns>
    Task<IReadOnlyList<JobOutcome>> RemoveSchedulersAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Adds one job as the scheduler would, now. Its own runs stay as they are.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="id">The scheduler's id.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    /// <returns>The job: <see cref="JobOutcome.NewId"/>.</returns>
    Task<JobOutcome> RunSchedulerAsync(string queue, string id, CancellationToken cancellationToken);
}
