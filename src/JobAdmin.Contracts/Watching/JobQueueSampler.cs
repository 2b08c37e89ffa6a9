namespace JobAdmin.Watching;

/// <summary>A server, and which of its queues are watched; null for all.</summary>
internal sealed record WatchedServer(IJobServer Server, IReadOnlyList<string>? Queues);

/// <summary>Looks at queues again and again. A server that tells rates is asked for them; of others they are what the counts say between two looks.</summary>
internal sealed class JobQueueSampler(IReadOnlyList<WatchedServer> servers, TimeSpan window, TimeProvider clock)
{
    private readonly Dictionary<(IJobServer, string), JobQueueSample> last = [];

    /// <summary>The servers.</summary>
    public IReadOnlyList<WatchedServer> Servers => servers;

    /// <summary>Whether rates take two looks.</summary>
    public bool NeedsTwoLooks => servers.Any(watched => watched.Server is not IJobRates);

    /// <summary>Looks once.</summary>
    /// <param name="problem">Told of a server that could not be read, when there are several.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>One sample a queue, server by server.</returns>
    public async Task<IReadOnlyList<JobQueueSample>> ReadAsync(Action<JobServerException> problem, CancellationToken token)
    {
        var samples = await Task.WhenAll(servers.Select(watched => ReadServerAsync(watched, problem, token))).ConfigureAwait(false);
        foreach (var sample in samples.SelectMany(of => of))
        {
            last[(sample.Server!, sample.Queue)] = sample;
        }

        return [.. samples.SelectMany(of => of)];
    }

    /// <summary>The newest failed jobs of a queue.</summary>
    /// <param name="sample">The queue.</param>
    /// <param name="most">How many at the most.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>The jobs, newest first; none where the server lists no jobs.</returns>
    public static async Task<IReadOnlyList<QueueJob>> ReadFailuresAsync(JobQueueSample sample, int most, CancellationToken token)
    {
        var jobs = new List<QueueJob>();
        if (sample.Server is { } server && sample.Failed is not 0 && server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListJobs))
        {
            await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = sample.Queue, States = [JobState.Failed], First = most }, token).ConfigureAwait(false))
            {
                jobs.AddRange(page);
            }
        }

        return jobs;
    }

    private async Task<IReadOnlyList<JobQueueSample>> ReadServerAsync(WatchedServer watched, Action<JobServerException> problem, CancellationToken token)
    {
        var queues = new List<JobQueueInfo>();
        try
        {
            await foreach (var queue in watched.Server.GetQueuesAsync(new QueueQuery { Names = watched.Queues }, token).ConfigureAwait(false))
            {
                queues.Add(queue);
            }
        }
        catch (JobServerException e) when (queues.Count > 0 || servers.Count > 1)
        {
            // A queue that has gone, or one server of several: the others are worth a look.
            problem(e);
        }

        var now = clock.GetUtcNow();
        if (watched.Server is IJobRates rates)
        {
            var names = queues.Select(queue => queue.Name).ToList();
            var found = (await rates.GetRatesAsync(names, window, token).ConfigureAwait(false)).ToDictionary(rate => rate.Queue, StringComparer.Ordinal);
            return [.. queues.Select(queue => Sample(queue, now, found.GetValueOrDefault(queue.Name)))];
        }

        return [.. queues.Select(queue => Sample(queue, now, Difference(queue, last.GetValueOrDefault((watched.Server, queue.Name)), now)))];
    }

    // Jobs that were finished and thrown away in between can't be seen: the rates are what happened at the least.
    private static JobQueueRate? Difference(JobQueueInfo queue, JobQueueSample? before, DateTimeOffset now)
    {
        if (before is null || now <= before.Time)
        {
            return null;
        }

        var seconds = (now - before.Time).TotalSeconds;
        var completed = Math.Max(0, (queue.Completed ?? 0) - (before.Completed ?? 0));
        var failed = Math.Max(0, (queue.Failed ?? 0) - (before.Failed ?? 0));
        var pending = Pending(queue.Waiting, queue.Prioritized, queue.Active, queue.Delayed, queue.WaitingChildren) + (queue.Paused ?? 0)
            - Pending(before.Waiting, before.Prioritized, before.Active, before.Delayed, before.WaitingChildren);
        return new JobQueueRate
        {
            Queue = queue.Name, Span = now - before.Time, CompletedPerSecond = completed / seconds, FailedPerSecond = failed / seconds,
            AddedPerSecond = Math.Max(0, pending + completed + failed) / seconds,
        };
    }

    private static long Pending(params long?[] counts) => counts.Sum() ?? 0;

    private static JobQueueSample Sample(JobQueueInfo queue, DateTimeOffset now, JobQueueRate? rate) => new()
    {
        Server = queue.Server, Queue = queue.Name, Time = now,
        Waiting = queue.Paused is { } held ? (queue.Waiting ?? 0) + held : queue.Waiting,
        Prioritized = queue.Prioritized, Active = queue.Active, Delayed = queue.Delayed, WaitingChildren = queue.WaitingChildren,
        Failed = queue.Failed, Completed = queue.Completed, Workers = queue.Workers, IsPaused = queue.IsPaused, OldestWaiting = queue.OldestWaiting,
        AddedPerSecond = rate?.AddedPerSecond, CompletedPerSecond = rate?.CompletedPerSecond, FailedPerSecond = rate?.FailedPerSecond, RateSpan = rate?.Span,
    };
}
