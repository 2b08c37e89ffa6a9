using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Changing all jobs that match.</summary>
internal sealed partial class BullMqServer
{
    // One slice that Redis works on, and one on its way: between them Redis does not wait for us.
    private const int SlicesUnderWay = 2;

    // Stands for a job that a promotion has left alone, since it came back to the delayed ones after the start: it is told of once.
    private readonly JobOutcome cameBack;

    public async IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeMatchingJobsAsync(JobQuery query, JobChange change, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(query.Queue, change, cancellationToken).ConfigureAwait(false);
        var left = query.First ?? long.MaxValue;
        var start = query.AsOf ?? plan.Start;
        // A promotion reads each job anyway, and then sees itself which ones came back. Where jobs are counted, they are looked at first.
        var looksItself = change is JobChange.Promote && query.First is null && query.Filter.IsEmpty;
        if (looksItself)
        {
            plan = plan with { Head = [.. plan.Head[..^1], start.ToUnixTimeMilliseconds()] };
        }

        await using var matching = MatchingIdsAsync(query, looksItself ? null : start, () => (int)Math.Min(plan.Slicer.Size, left), cancellationToken).GetAsyncEnumerator(cancellationToken);
        async Task<IReadOnlyList<string>?> NextIdsAsync(CancellationToken stop)
        {
            if (left <= 0 || !await matching.MoveNextAsync().ConfigureAwait(false))
            {
                return null;
            }

            left -= matching.Current.Count;
            return matching.Current;
        }

        await using var pages = PageStream.ReadAsync(NextIdsAsync, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var sent = new Queue<Task<IReadOnlyList<JobOutcome>>>();
        Task? failed = null;
        try
        {
            for (var more = true; more || sent.Count > 0;)
            {
                if (more)
                {
                    var next = pages.MoveNextAsync().AsTask();
                    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    failed = next.IsCompletedSuccessfully ? null : next;
                    more = failed is null && next.Result;
                    if (more)
                    {
                        sent.Enqueue(SliceAsync(plan, pages.Current, cancellationToken));
                    }
                }

                if (sent.Count >= (more ? SlicesUnderWay : 1))
                {
                    // Whatever fails: what has been sent is told of first.
                    var slice = sent.Dequeue();
                    await ((Task)slice).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (slice.IsCompletedSuccessfully)
                    {
                        yield return looksItself ? [.. slice.Result.Where(outcome => !ReferenceEquals(outcome, cameBack))] : slice.Result;
                    }
                    else
                    {
                        (failed, more) = (failed ?? slice, false);
                    }
                }
            }

            await (failed ?? Task.CompletedTask).ConfigureAwait(false);
        }
        finally
        {
            await ((Task)Task.WhenAll(sent)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
