using System.Runtime.CompilerServices;

namespace JobAdmin.Client.Http;

/// <summary>A listing of one state, as a dialect is asked for it. No more than <c>Wanted</c> jobs will be taken, where that is known beforehand;
/// a <c>Rough</c> one need not be exact at its end.</summary>
internal sealed record StateListing(string Queue, JobState State, bool OldestFirst, JobParts Parts, JobFilter Filter, long? Wanted, bool Rough = false);

internal abstract partial class HttpJobServer
{
    private const int PageSize = 500;

    public async IAsyncEnumerable<JobQueueInfo> GetQueuesAsync(QueueQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.ListQueues, "list queues");
        var names = query.Names is { Count: > 0 } given ? given : null;
        var patterns = names?.Select(static name => new JobWildcard(name)).ToArray();
        var found = await ReadQueuesAsync(patterns, query.NamesOnly, cancellationToken).ConfigureAwait(false);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        string? missing = null;
        for (var i = 0; i < (patterns?.Length ?? 1); i++)
        {
            var count = taken.Count;
            foreach (var queue in Matching(found, patterns?[i]))
            {
                count = -1;
                if (taken.Add(queue.Name))
                {
                    yield return queue;
                }
            }

            if (count >= 0 && patterns?[i].IsLiteral == true)
            {
                missing ??= patterns[i].Literal;
            }
        }

        if (missing is not null)
        {
            throw NoQueue(missing);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> GetJobsAsync(JobQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.ListJobs, "list jobs");
        var states = ListedStates(query.States);
        await CheckQueueAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        var matcher = new JobMatcher(query.Filter);
        var size = query.PageSize > 0 ? query.PageSize : PageSize;
        var skip = query.Skip;
        var left = query.First ?? long.MaxValue;
        foreach (var state in left > 0 ? states : [])
        {
            long? wanted = query.Filter.IsEmpty && query.First is not null && left < long.MaxValue - skip ? left + skip : null;
            var listing = new StateListing(query.Queue, state, query.OldestFirst, query.Parts, query.Filter, wanted);
            await foreach (var jobs in ListAsync(listing, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var page = new List<QueueJob>();
                foreach (var job in jobs.Where(matcher.IsMatch))
                {
                    if (skip > 0)
                    {
                        skip--;
                        continue;
                    }

                    page.Add(job);
                    left--;
                    if (left == 0 || page.Count == size)
                    {
                        yield return page;
                        page = [];
                    }

                    if (left == 0)
                    {
                        yield break;
                    }
                }

                if (page.Count > 0)
                {
                    yield return page;
                }
            }
        }
    }

    public virtual async Task<IReadOnlyList<QueueJob?>> GetJobsByIdAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.GetJob, "get a job by id");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var jobs = new QueueJob?[ids.Count];
        await EachAsync(ids.Count, async (i, token) => jobs[i] = await GetJobAsync(queue, ids[i], parts, token).ConfigureAwait(false), cancellationToken)
            .ConfigureAwait(false);
        return jobs;
    }

    public virtual async Task<long> CountJobsAsync(JobQuery query, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.ListJobs, "count jobs");
        var most = query.First ?? long.MaxValue;
        if (query.Filter.IsEmpty)
        {
            var states = ListedStates(query.States);
            await CheckQueueAsync(query.Queue, cancellationToken).ConfigureAwait(false);
            if (await CountAsync(query.Queue, states, cancellationToken).ConfigureAwait(false) is { } count)
            {
                return Math.Clamp(count - query.Skip, 0, most);
            }
        }

        long found = 0;
        await foreach (var page in GetJobsAsync(query with { Parts = JobParts.None }, cancellationToken).ConfigureAwait(false))
        {
            found += page.Count;
        }

        return found;
    }

    /// <summary>Throws unless the queue is there, as far as that can be told without making it or asking for each call.</summary>
    protected abstract Task CheckQueueAsync(string queue, CancellationToken cancellationToken);

    /// <summary>The queues, all or at least those that any of the patterns matches.</summary>
    protected abstract Task<IReadOnlyList<JobQueueInfo>> ReadQueuesAsync(JobWildcard[]? patterns, bool namesOnly, CancellationToken cancellationToken);

    /// <summary>The jobs of one state in the order asked for. What the filter says may be used to read less, and is applied again by the caller.</summary>
    protected abstract IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, CancellationToken cancellationToken);

    /// <summary>One job, or null.</summary>
    protected abstract Task<QueueJob?> GetJobAsync(string queue, string id, JobParts parts, CancellationToken cancellationToken);

    /// <summary>How many jobs the states hold by the server's own count; null when that does not tell exactly what a listing would give.</summary>
    protected abstract Task<long?> CountAsync(string queue, IReadOnlyList<JobState> states, CancellationToken cancellationToken);

    /// <summary>The states to list. One that the server can't have gives nothing; one that it has and doesn't list is an error.</summary>
    protected IReadOnlyList<JobState> ListedStates(IReadOnlyList<JobState> asked)
    {
        foreach (var state in asked)
        {
            if (HiddenStates.Contains(state))
            {
                throw Lacks($"list jobs in the state {state}");
            }
        }

        return asked.Count == 0 ? [.. Order.Where(States.Contains)] : [.. asked.Distinct().Where(States.Contains)];
    }

    /// <summary>Does something for each of a number of items, as many at once as the connection may.</summary>
    protected Task EachAsync(int count, Func<int, CancellationToken, Task> action, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Options.ThrottleLimit), CancellationToken = cancellationToken },
        async (i, token) => await action(i, token).ConfigureAwait(false));

    /// <summary>The part of a job's JSON that was asked for.</summary>
    protected static ReadOnlyMemory<byte>? Part(JobParts asked, JobParts part, Func<ReadOnlyMemory<byte>?> read) => (asked & part) == part ? read() : null;

    private static IEnumerable<JobQueueInfo> Matching(IReadOnlyList<JobQueueInfo> queues, JobWildcard? pattern)
    {
        if (pattern is null)
        {
            return queues;
        }

        // A name in the right case stands for itself alone.
        var exact = pattern.IsLiteral ? queues.Where(queue => queue.Name == pattern.Literal).ToArray() : [];
        return exact.Length > 0 ? exact : queues.Where(queue => pattern.IsMatch(queue.Name));
    }
}
