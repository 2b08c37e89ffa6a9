namespace JobAdmin.Client.Http;

/// <summary>A server without queues: all its jobs are taken to be in one, so that the same commands work on it.</summary>
internal abstract class SingleQueueServer(HttpApi api, JobServerOptions options) : HttpJobServer(api, options)
{
    /// <summary>What the one queue is called here.</summary>
    public const string QueueName = "jobs";

    protected override Task CheckQueueAsync(string queue, CancellationToken cancellationToken) =>
        queue.Length == 0 || string.Equals(queue, QueueName, StringComparison.OrdinalIgnoreCase) ? Task.CompletedTask
            : throw NoQueue(queue, $"{Kind} has no queues: all its jobs are in one that is called '{QueueName}' here.");

    protected override async Task<IReadOnlyList<JobQueueInfo>> ReadQueuesAsync(JobWildcard[]? patterns, bool namesOnly, CancellationToken cancellationToken) =>
    [
        new JobQueueInfo { Name = QueueName, Counts = namesOnly ? new JobCounts() : await ReadCountsAsync(cancellationToken).ConfigureAwait(false), Server = this },
    ];

    /// <summary>The server's own counts.</summary>
    protected abstract Task<JobCounts> ReadCountsAsync(CancellationToken cancellationToken);
}
