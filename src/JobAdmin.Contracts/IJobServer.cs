namespace JobAdmin;

/// <summary>One job server. Reads are streams of pages, changes take batches of ids of one queue and give one outcome an id, in order.</summary>
/// <remarks>Members throw <see cref="JobServerException"/> for everything that a user can meet: an operation outside
/// <see cref="JobServerConnection.Capabilities"/> and a change on a read-only connection before anything is sent.</remarks>
public interface IJobServer : IAsyncDisposable
{
    /// <summary>The connection that this server answers for.</summary>
    JobServerConnection Connection { get; }

    /// <summary>Measures and examines the server.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The report.</returns>
    Task<JobServerReport> TestAsync(CancellationToken cancellationToken);

    /// <summary>Queues, as they are found.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The queues. A plain name that isn't there throws <c>QueueNotFound</c>; a pattern without matches gives none.</returns>
    IAsyncEnumerable<JobQueueInfo> GetQueuesAsync(QueueQuery query, CancellationToken cancellationToken);

    /// <summary>Jobs of one queue in pages, read as they are asked for.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Pages, none empty.</returns>
    IAsyncEnumerable<IReadOnlyList<QueueJob>> GetJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Jobs by id.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="parts">Parts beyond the ones always shown.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>One entry an id, in order; null where there is no such job.</returns>
    Task<IReadOnlyList<QueueJob?>> GetJobsByIdAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken cancellationToken);

    /// <summary>How many jobs match.</summary>
    /// <param name="query">Which ones; <see cref="JobQuery.First"/> bounds the count.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The number.</returns>
    Task<long> CountJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Throws when the server can't make a change, as far as that can be told from the change alone.</summary>
    /// <param name="change">The change.</param>
    void CheckChange(JobChange change)
    {
    }

    /// <summary>Changes jobs of one queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>One outcome an id, in order.</returns>
    Task<IReadOnlyList<JobOutcome>> ChangeJobsAsync(string queue, IReadOnlyList<string> ids, JobChange change, CancellationToken cancellationToken);

    /// <summary>Changes all jobs that match, in slices, oldest first. Jobs that come into a state after the start are left alone.</summary>
    /// <param name="query">Which jobs.</param>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>The outcomes of each slice.</returns>
    IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeMatchingJobsAsync(JobQuery query, JobChange change, CancellationToken cancellationToken);

    /// <summary>Pauses or resumes a queue, or the jobs of one name where the server can.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="paused">Whether to pause.</param>
    /// <param name="jobName">The job name; null for the whole queue.</param>
    /// <param name="force">Whether to go on where the layout is foreign or mixed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Whether anything changed.</returns>
    Task<bool> SetPausedAsync(string queue, bool paused, string? jobName, bool force, CancellationToken cancellationToken);

    /// <summary>How many jobs <see cref="ClearQueueAsync"/> would delete: without those that it leaves alone.</summary>
    /// <param name="query">Which ones; <see cref="ClearQuery.Max"/> bounds the count.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The number.</returns>
    Task<long> CountClearAsync(ClearQuery query, CancellationToken cancellationToken) =>
        CountJobsAsync(new JobQuery { Queue = query.Queue, States = query.States, Filter = query.Filter, First = query.Max }, cancellationToken);

    /// <summary>Throws what <see cref="ClearQueueAsync"/> would refuse with before it changes anything, as far as that can be told from the query alone.</summary>
    /// <param name="query">Which jobs.</param>
    /// <param name="force">Whether to go on with active jobs, and where the layout is foreign or mixed.</param>
    void CheckClear(ClearQuery query, bool force)
    {
    }

    /// <summary>Deletes jobs of a queue in bounded slices.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="force">Whether to go on where the layout is foreign or mixed.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Progress after each slice; the last one has the final count.</returns>
    IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, CancellationToken cancellationToken);

    /// <summary>Throws what <see cref="RemoveQueueAsync"/> would refuse with before it changes anything, as far as that can be told.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="force">Whether to go on with active jobs, and where the layout is foreign or mixed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task CheckRemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Deletes a queue and all that belongs to it, in bounded slices. It is paused first.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="force">Whether to go on with active jobs, and where the layout is foreign or mixed.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Progress after each slice; the last one has the final count.</returns>
    IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken);

    /// <summary>Events as they happen, in order for each queue, with a <c>gap</c> record where some were lost.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Events in batches, none empty. It ends only by cancellation or an error that can't be mended by waiting.</returns>
    IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchEventsAsync(EventQuery query, CancellationToken cancellationToken);
}
