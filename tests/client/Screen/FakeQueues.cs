using System.Runtime.CompilerServices;

namespace JobAdmin.Client.Tests.Screen;

/// <summary>A server whose queues are what a test says. It only reads.</summary>
internal class FakeQueues(string name = "fake") : IJobServer
{
    public JobServerConnection Connection { get; } = new()
    {
        Name = name, Endpoint = "http://fake.example", Kind = JobServerKind.Conveyor, Capabilities = JobServerCapabilities.ListQueues | JobServerCapabilities.ListJobs,
    };

    public List<JobQueueInfo> Queues { get; } = [];

    public List<QueueJob> Failed { get; } = [];

    /// <summary>What the next looks end in.</summary>
    public JobServerException? Error { get; set; }

    public int Looks { get; private set; }

    public JobQueueInfo Queue(string name, JobCounts counts, bool isPaused = false, int? workers = null, TimeSpan? oldest = null)
    {
        var queue = new JobQueueInfo { Name = name, Counts = counts, IsPaused = isPaused, Workers = workers, OldestWaiting = oldest, Server = this };
        Queues.RemoveAll(other => other.Name == name);
        Queues.Add(queue);
        return queue;
    }

    public async IAsyncEnumerable<JobQueueInfo> GetQueuesAsync(QueueQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        Looks++;
        foreach (var queue in Error is { } error ? throw error : Queues.ToList())
        {
            yield return queue;
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> GetJobsAsync(JobQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Failed.Where(job => job.Queue == query.Queue).Take((int)query.First!).ToList() is { Count: > 0 } page)
        {
            yield return page;
        }
    }

    public Task<JobServerReport> TestAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<QueueJob?>> GetJobsByIdAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> CountJobsAsync(JobQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<JobOutcome>> ChangeJobsAsync(string queue, IReadOnlyList<string> ids, JobChange change, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeMatchingJobsAsync(JobQuery query, JobChange change, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> SetPausedAsync(string queue, bool paused, string? jobName, bool force, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken) => throw new NotSupportedException();

    public IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchEventsAsync(EventQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
