using System.Runtime.CompilerServices;

namespace JobAdmin.Base;

/// <summary>Jobs of several queues as one list. Of several queues, one that can't be read is reported and the others go on.</summary>
/// <param name="queues">The queues.</param>
/// <param name="query">What is read of each.</param>
/// <param name="filters">The filter by server, for ages are reckoned by its clock; null where it is the query's for all.</param>
/// <param name="report">Takes the error of a queue that can't be read.</param>
internal sealed class JobListing(IReadOnlyList<QueueReference> queues, JobQuery query, IReadOnlyDictionary<IJobServer, JobFilter>? filters, Func<JobServerException, Task> report)
{
    // What could not be read, and was reported.
    private readonly HashSet<QueueReference> leftOut = [];

    /// <summary>One queue after the other; what is left out and the limit count over all of them.</summary>
    /// <param name="token">Stops it.</param>
    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> InTurnAsync([EnumeratorCancellation] CancellationToken token)
    {
        var skip = query.Skip;
        var left = query.First;
        for (var i = 0; i < queues.Count && left is not 0; i++)
        {
            var queue = queues[i];
            var one = Of(queue) with { Skip = skip, First = left };
            if (skip > 0 && i < queues.Count - 1)
            {
                // How many of those left out were in this queue can't be seen from a page.
                var here = await CountAsync(queue, one with { Skip = 0, First = skip }, token).ConfigureAwait(false);
                skip -= Math.Min(skip, here);
                if (skip > 0)
                {
                    continue;
                }
            }

            await foreach (var page in PagesAsync(queue, one, token).ConfigureAwait(false))
            {
                left -= page.Count;
                yield return page;
            }
        }
    }

    /// <summary>The newest (or oldest) of all queues and states together, in order of time.</summary>
    /// <param name="count">How many.</param>
    /// <param name="token">Stops it.</param>
    public async Task<IReadOnlyList<QueueJob>> BestAsync(int count, CancellationToken token)
    {
        // Jobs that were added together have the same time: they keep the order in which the server lists them.
        var best = new PriorityQueue<QueueJob, (long Rank, long Place)>();
        long place = 0;
        foreach (var queue in queues)
        {
            var groups = await ReadAsync(queue, () => StatesAsync(queue, token), []).ConfigureAwait(false);
            var pausedApart = groups.Any(states => states is [JobState.Paused]);
            foreach (var states in groups)
            {
                var one = Of(queue) with { States = states, Skip = 0, First = IsByTime(states) ? count : null };
                await foreach (var page in PagesAsync(queue, one, token).ConfigureAwait(false))
                {
                    foreach (var job in page)
                    {
                        if (pausedApart && states is [JobState.Waiting] && job.State == JobState.Paused)
                        {
                            // Whoever asks for waiting jobs gets those of a paused queue too.
                            continue;
                        }

                        best.Enqueue(job, (Rank(job), place--));
                        if (best.Count > count)
                        {
                            best.Dequeue();
                        }
                    }
                }
            }
        }

        var jobs = new QueueJob[best.Count];
        for (var i = jobs.Length - 1; i >= 0; i--)
        {
            jobs[i] = best.Dequeue();
        }

        return query.Skip == 0 && query.First is null ? jobs : [.. jobs.Skip(Bounded(query.Skip)).Take(Bounded(query.First ?? count))];
    }

    /// <summary>How many jobs there are in all.</summary>
    /// <param name="token">Stops it.</param>
    public async Task<long> CountAsync(CancellationToken token)
    {
        long total = 0;
        foreach (var queue in queues)
        {
            total += await CountAsync(queue, Of(queue) with { Skip = 0, First = null }, token).ConfigureAwait(false);
        }

        return total;
    }

    private JobQuery Of(QueueReference queue) => query with { Queue = queue.Queue, Filter = filters?[queue.Server] ?? query.Filter };

    private Task<long> CountAsync(QueueReference queue, JobQuery one, CancellationToken token) =>
        ReadAsync(queue, () => queue.Server.CountJobsAsync(one, token), 0);

    // What a queue says, or the other value where it is left out.
    private async Task<T> ReadAsync<T>(QueueReference queue, Func<Task<T>> read, T otherwise)
    {
        try
        {
            return leftOut.Contains(queue) ? otherwise : await read().ConfigureAwait(false);
        }
        catch (JobServerException e) when (IsOfOneQueue(e))
        {
            await LeaveOutAsync(queue, e).ConfigureAwait(false);
            return otherwise;
        }
    }

    private bool IsOfOneQueue(JobServerException e) => queues.Count > 1 && e.Kind is (JobErrorKind.InvalidState or JobErrorKind.NotFound or JobErrorKind.Access);

    private Task LeaveOutAsync(QueueReference queue, JobServerException e)
    {
        leftOut.Add(queue);
        return report(e);
    }

    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> PagesAsync(QueueReference queue, JobQuery one, [EnumeratorCancellation] CancellationToken token)
    {
        if (leftOut.Contains(queue))
        {
            yield break;
        }

        var pages = queue.Server.GetJobsAsync(one, token).GetAsyncEnumerator(token);
        await using (pages.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await pages.MoveNextAsync().ConfigureAwait(false))
                    {
                        yield break;
                    }
                }
                catch (JobServerException e) when (IsOfOneQueue(e))
                {
                    await LeaveOutAsync(queue, e).ConfigureAwait(false);
                    yield break;
                }

                yield return pages.Current;
            }
        }
    }

    // Each state is in order by itself, so each is asked for on its own; a server that can't say which there are gives its own order.
    private async Task<IReadOnlyList<IReadOnlyList<JobState>>> StatesAsync(QueueReference queue, CancellationToken token)
    {
        if (query.States.Count > 0)
        {
            return [.. query.States.Select(state => (IReadOnlyList<JobState>)[state])];
        }

        if (!queue.Server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues))
        {
            return [[]];
        }

        var states = new List<IReadOnlyList<JobState>>();
        var name = new QueueQuery { Names = [System.Management.Automation.WildcardPattern.Escape(queue.Queue)] };
        await foreach (var info in queue.Server.GetQueuesAsync(name, token).ConfigureAwait(false))
        {
            var counts = info.GetCounts();
            var counted = Enum.GetValues<JobState>().Where(state => counts[state] is not null).ToList();
            states.AddRange(counted.Where(state => counts[state] > 0).Select(state => (IReadOnlyList<JobState>)[state]));
            if (counted.Count == 0)
            {
                // A broken queue is not counted: reading it says what is wrong.
                states.Add([]);
            }
        }

        return states;
    }

    // Delayed jobs stand in the order in which they become due, prioritized ones in that of their priority: all of them have to be looked at.
    private static bool IsByTime(IReadOnlyList<JobState> states) => states is [not (JobState.Delayed or JobState.Prioritized)];

    // The lowest rank is the first to go.
    private long Rank(QueueJob job)
    {
        var time = (job.FinishedOn ?? job.Timestamp ?? DateTimeOffset.MinValue).UtcTicks;
        return query.OldestFirst ? -time : time;
    }

    private static int Bounded(long number) => (int)Math.Min(int.MaxValue, number);
}
