using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Changing all jobs that match.</summary>
internal sealed partial class BullMqServer
{
    // One slice that Redis works on, and one on its way: between them Redis does not wait for us.
    private const int SlicesUnderWay = 2;

    public async IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeMatchingJobsAsync(JobQuery query, JobChange change, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(query.Queue, change, cancellationToken).ConfigureAwait(false);
        var left = query.First ?? long.MaxValue;
        var pages = MatchingIdsAsync(query, query.AsOf ?? plan.Start, () => (int)Math.Min(plan.Slicer.Size, left), cancellationToken).GetAsyncEnumerator(cancellationToken);
        var sent = new Queue<Task<IReadOnlyList<JobOutcome>>>();
        Task<bool>? ahead = null;
        Task? failed = null;
        try
        {
            for (var more = true; more || sent.Count > 0;)
            {
                if (more)
                {
                    ahead ??= pages.MoveNextAsync().AsTask();
                    await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    failed ??= ahead.IsCompletedSuccessfully ? null : ahead;
                    more = failed is null && ahead.Result;
                    ahead = null;
                    if (more)
                    {
                        var ids = pages.Current;
                        left -= ids.Count;
                        more = left > 0;
                        // The ids of the next slice are read before this one is worked on.
                        ahead = more ? pages.MoveNextAsync().AsTask() : null;
                        sent.Enqueue(SliceAsync(plan, ids, cancellationToken));
                    }
                }

                if (sent.Count >= (more ? SlicesUnderWay : 1))
                {
                    // Whatever fails: what has been sent is told of first.
                    var slice = sent.Dequeue();
                    await ((Task)slice).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (slice.IsCompletedSuccessfully)
                    {
                        yield return slice.Result;
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
            await Task.WhenAll([.. sent, ahead ?? Task.CompletedTask]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await pages.DisposeAsync().ConfigureAwait(false);
        }
    }
}
