using JobAdmin.Client.BullMq;
using JobAdmin.Server.Api;
using JobAdmin.Server.Hosting;

namespace JobAdmin.Server.Security;

/// <summary>The queues as one caller may see them. Whatever reads or changes a queue goes through here, so that no route can forget the allow-list:
/// a queue outside it is answered like one that isn't there.</summary>
internal sealed class QueueScope(RedisGateway gateway, QueueFilter filter)
{
    /// <summary>Whether the caller sees less than all.</summary>
    public bool IsBounded => filter.IsBounded;

    /// <summary>The names and patterns of the allow-list.</summary>
    public IEnumerable<string> Words => filter.Words;

    /// <summary>The prefix of the queues' keys.</summary>
    public string Prefix => gateway.Server.Connection.Prefix ?? "";

    public bool Allows(string queue) => filter.Allows(queue);

    /// <summary>The server, for a queue that the caller may see.</summary>
    public IJobServer For(string queue) => filter.Allows(queue) ? gateway.Server : throw ApiFault.NoQueue(queue);

    /// <summary>The server's side of something, for a queue that the caller may see.</summary>
    public T For<T>(string queue)
        where T : class => For(queue) as T ?? throw new ApiFault(400, "NOT_SUPPORTED", "The server can't do this");

    /// <summary>The names of the caller's queues.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(CancellationToken stop) => [.. (await gateway.QueueNamesAsync(stop).ConfigureAwait(false)).Where(filter.Allows)];

    /// <summary>The caller's queues with their counts.</summary>
    public async Task<IReadOnlyList<JobQueueInfo>> QueuesAsync(CancellationToken stop)
    {
        // A queue that was removed since its name was noted is left out, and the names are read again.
        for (var tries = 0; ; tries++)
        {
            var names = await NamesAsync(stop).ConfigureAwait(false);
            try
            {
                return names.Count == 0 ? [] : await ReadAsync(names, stop).ConfigureAwait(false);
            }
            catch (JobServerException e) when (e.ErrorId == "QueueNotFound" && tries < 3)
            {
                gateway.ForgetNames();
            }
        }
    }

    /// <summary>One queue with its counts.</summary>
    public async Task<JobQueueInfo> QueueAsync(string queue, CancellationToken stop)
    {
        _ = For(queue);
        return (await ReadAsync([queue], stop).ConfigureAwait(false)).FirstOrDefault() ?? throw ApiFault.NoQueue(queue);
    }

    /// <summary>Jobs of one queue in pages.</summary>
    public IAsyncEnumerable<IReadOnlyList<QueueJob>> JobsAsync(JobQuery query, CancellationToken stop) => For(query.Queue).GetJobsAsync(query, stop);

    /// <summary>One job; null when it isn't there.</summary>
    public async Task<QueueJob?> JobAsync(string queue, string id, JobParts parts, CancellationToken stop) =>
        (await JobsAsync(queue, [id], parts, stop).ConfigureAwait(false))[0];

    /// <summary>Jobs by id. What is a key of the queue's own is no job, whatever it holds.</summary>
    public async Task<IReadOnlyList<QueueJob?>> JobsAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken stop)
    {
        var jobs = await For(queue).GetJobsByIdAsync(queue, ids, parts, stop).ConfigureAwait(false);
        return [.. jobs.Select(static job => job is null || BullMqServer.IsKeyOfQueue(job.Id) ? null : job)];
    }

    /// <summary>The children of jobs, those that the caller may see.</summary>
    public async Task<IReadOnlyList<JobChildren>> ChildrenAsync(string queue, IReadOnlyList<string> ids, int most, CancellationToken stop)
    {
        var all = await For<IJobChildren>(queue).GetChildrenAsync(queue, ids, most, stop).ConfigureAwait(false);
        return filter.IsBounded ? [.. all.Select(Visible)] : all;
    }

    /// <summary>Of a job's children those that the caller may see.</summary>
    public JobChildren Visible(JobChildren children) =>
        filter.IsBounded ? children with { Named = [.. children.Named.Where(child => child.Queue is { } of && filter.Allows(of))] } : children;

    /// <summary>Begins a part of a listing with whole jobs as they are stored; null when that can't be.</summary>
    public async Task<StoredPage?> StoredAsync(JobQuery query, int? childrenNamed, CancellationToken stop) =>
        For(query.Queue) is BullMqServer server ? await server.OpenStoredAsync(query, childrenNamed, stop).ConfigureAwait(false) : null;

    /// <summary>The workers of the caller's queues, or of one of them.</summary>
    public async Task<IReadOnlyList<JobWorker>> WorkersAsync(string? queue, CancellationToken stop)
    {
        var server = queue is null ? gateway.Server : For(queue);
        return [.. (await ((IJobWorkers)server).GetWorkersAsync(queue, stop).ConfigureAwait(false)).Where(worker => filter.Allows(worker.Queue))];
    }

    /// <summary>Refuses to go on where a change of a job would reach into a queue that the caller may not see.</summary>
    public async Task RequireOwnChildrenAsync(string queue, IReadOnlyList<string> ids, CancellationToken stop)
    {
        if (!filter.IsBounded)
        {
            return;
        }

        var waiting = new Queue<(string Queue, string Id)>(ids.Select(id => (queue, id)));
        var seen = new HashSet<(string, string)>();
        while (waiting.TryDequeue(out var job))
        {
            if (!seen.Add(job))
            {
                continue;
            }

            var children = (await For<IJobChildren>(job.Queue).GetChildrenAsync(job.Queue, [job.Id], 1000, stop).ConfigureAwait(false))[0];
            foreach (var child in children.Named)
            {
                waiting.Enqueue(child.Queue is { } of && filter.Allows(of) ? (of, child.Id)
                    : throw ApiFault.Forbidden($"Job {ApiFault.Shown(job.Id)} has children in a queue that this key may not change"));
            }

            if (children.Total > children.Named.Count || seen.Count > 10_000)
            {
                throw ApiFault.Forbidden($"Job {ApiFault.Shown(job.Id)} has too many children to be sure that this key may change all of them");
            }
        }
    }

    private async Task<IReadOnlyList<JobQueueInfo>> ReadAsync(IReadOnlyList<string> names, CancellationToken stop)
    {
        var found = new List<JobQueueInfo>(names.Count);
        await foreach (var queue in gateway.Server.GetQueuesAsync(new QueueQuery { Names = [.. names.Select(Literal)], SkipWorkers = true }, stop).ConfigureAwait(false))
        {
            found.Add(queue);
        }

        return found;
    }

    /// <summary>A text as a pattern that means just itself.</summary>
    public static string Literal(string text) => text.AsSpan().IndexOfAny("*?[`") < 0 ? text
        : string.Concat(text.Select(static c => c is '*' or '?' or '[' or '`' ? $"`{c}" : $"{c}"));
}
