using System.Runtime.CompilerServices;

namespace JobAdmin.Client.Http;

internal abstract partial class HttpJobServer
{
    private const int LookAtMost = 200;

    /// <summary>The shortest time between two looks at a server that is polled.</summary>
    protected virtual TimeSpan ShortestPause => TimeSpan.FromMilliseconds(500);

    /// <summary>Whether the server reports everything that becomes of a job, so that who waits for it need not look again and again.</summary>
    protected virtual bool EventsTellAll => false;

    public virtual IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchEventsAsync(EventQuery query, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.GetJob, "report events");
        RequireFromNow(query);
        return query.Ids is { Count: > 0 } ids ? PollIdsAsync(query, ids, cancellationToken) : PollQueuesAsync(query, cancellationToken);
    }

    /// <summary>Throws for a start in the past: none of these servers keeps its events.</summary>
    protected void RequireFromNow(EventQuery query)
    {
        if (query.From is not null)
        {
            throw Lacks("report past events");
        }
    }

    /// <summary>Watches given jobs by asking for each.</summary>
    protected async IAsyncEnumerable<IReadOnlyList<JobEvent>> PollIdsAsync(EventQuery query, IReadOnlyList<string> ids, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queues = query.Queues.Count > 0 ? query.Queues : await QueueNamesAsync(cancellationToken).ConfigureAwait(false);
        var events = new EventPolling(this, Api.Time, ShortestPause).WatchAsync(async token =>
        {
            var jobs = new List<QueueJob>();
            foreach (var queue in queues)
            {
                jobs.AddRange((await GetJobsByIdAsync(queue, ids, JobParts.ReturnValue, token).ConfigureAwait(false)).OfType<QueueJob>());
            }

            return jobs;
        }, (_, _, _) => Task.FromResult<QueueJob?>(null), query.PollInterval, cancellationToken);
        await foreach (var batch in events.ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <summary>What of a queue is worth comparing with the look before.</summary>
    protected virtual async Task<IReadOnlyList<QueueJob>> LookAsync(string queue, CancellationToken cancellationToken)
    {
        var jobs = new List<QueueJob>();
        foreach (var state in ListedStates([]))
        {
            var left = LookAtMost;
            var listing = new StateListing(queue, state, OldestFirst: false, JobParts.None, new JobFilter(), left, Rough: true);
            await foreach (var page in ListAsync(listing, cancellationToken).ConfigureAwait(false))
            {
                jobs.AddRange(page.Take(left));
                left -= page.Count;
                if (left <= 0)
                {
                    break;
                }
            }
        }

        return jobs;
    }

    private async IAsyncEnumerable<IReadOnlyList<JobEvent>> PollQueuesAsync(EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.ListJobs, "report events of jobs that are not named");
        foreach (var queue in query.Queues)
        {
            await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        }

        var queues = query.Queues.Count > 0 ? query.Queues : await QueueNamesAsync(cancellationToken).ConfigureAwait(false);
        WireLog.Note($"{Kind} has no event stream: {Api.Endpoint} is asked again and again, and of each state the {LookAtMost} newest jobs are compared.");
        var events = new EventPolling(this, Api.Time, ShortestPause).WatchAsync(async token =>
        {
            var looks = new IReadOnlyList<QueueJob>[queues.Count];
            await EachAsync(queues.Count, async (i, each) => looks[i] = await LookAsync(queues[i], each).ConfigureAwait(false), token).ConfigureAwait(false);
            return [.. looks.SelectMany(static look => look)];
        }, (queue, id, token) => GetJobAsync(queue, id, JobParts.None, token), query.PollInterval, cancellationToken);
        await foreach (var batch in events.ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private async Task<IReadOnlyList<string>> QueueNamesAsync(CancellationToken cancellationToken) =>
        [.. (await ReadQueuesAsync(null, namesOnly: true, cancellationToken).ConfigureAwait(false)).Select(static queue => queue.Name)];
}
