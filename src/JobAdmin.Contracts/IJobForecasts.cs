namespace JobAdmin;

/// <summary>A server that can tell what a change of jobs would come to: what goes along with them, and which it would refuse.</summary>
public interface IJobForecasts
{
    /// <summary>Begins a forecast.</summary>
    /// <param name="change">The change.</param>
    /// <returns>The forecast, to which jobs are added; null for a change that comes to just the jobs that are named.</returns>
    IJobForecast? Foresee(JobChange change);
}

/// <summary>What a change of jobs would come to, as far as they have been added.</summary>
public interface IJobForecast
{
    /// <summary>What it comes to.</summary>
    JobForecast Sum { get; }

    /// <summary>Adds jobs by id.</summary>
    /// <param name="queue">Their queue.</param>
    /// <param name="ids">The jobs.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>How many of them would be changed.</returns>
    Task<int> AddAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken);

    /// <summary>Adds all jobs that match.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Stops it between pages.</param>
    Task AddAsync(JobQuery query, CancellationToken cancellationToken);
}

/// <summary>What a change of jobs would come to beyond those that are named.</summary>
/// <param name="Below">Jobs that hang below them in their flows and go with them, each counted once, and none that is named itself.</param>
/// <param name="IsLeast">Whether there are more below than were counted.</param>
/// <param name="IsMost">Whether some of those below may be named themselves.</param>
/// <param name="SchedulerOwned">Jobs that would be refused since they are the next runs of schedulers.</param>
/// <param name="Locked">Jobs that would be refused since a worker has them or one of their children.</param>
/// <param name="Missing">Jobs that are not there.</param>
public sealed record JobForecast(long Below, bool IsLeast, bool IsMost, long SchedulerOwned, long Locked, long Missing)
{
    /// <summary>How many of the jobs would not be changed.</summary>
    public long Refused => SchedulerOwned + Locked + Missing;
}
