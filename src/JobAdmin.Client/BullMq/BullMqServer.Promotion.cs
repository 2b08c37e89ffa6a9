using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Starting all delayed jobs of a queue with BullMQ's own bulk script, in slices.</summary>
internal sealed partial class BullMqServer : IQueuePromotion
{
    public async IAsyncEnumerable<BulkProgress> PromoteQueueAsync(string queue, long most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireWrite();
        var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(queue, destroys: false, force: false);
        if (profile.Major < 5)
        {
            throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"Queue '{queue}' is of BullMQ 4: its jobs are promoted one by one alone.", "Promote without -IgnorePriority.") { Target = queue };
        }

        var keys = Keys(queue);
        var script = ScriptCatalog.Bulk(profile.Major, "moveJobsToWait-8", "promote-all");
        async Task<long> CountAsync() => (long)await runner.CommandAsync(reads: true, "ZCARD", [keys["delayed"]], cancellationToken).ConfigureAwait(false);
        // Jobs that come back meanwhile are not meant: no more than there are now.
        var there = await CountAsync().ConfigureAwait(false);
        var slicer = new Slicer(500, 5000);
        long done = 0, uncertain = 0;
        while (Math.Min(there, most - done - uncertain) is > 0 and var left)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = Math.Min(left, slicer.Size);
            var sent = Stopwatch.GetTimestamp();
            object[] arguments = [keys.Base, profile.Major, profile.Certain ? 1 : 0, size];
            if (await SendSliceAsync(script, keys.Meta, arguments, cancellationToken).ConfigureAwait(false) is [var answer, var took])
            {
                var moved = (long)answer;
                slicer.Learn((int)moved, (double)took, sent);
                // What has gone by itself is not waited for.
                there = moved == 0 ? 0 : there - moved;
                done += moved;
            }
            else
            {
                uncertain += size;
                there = Math.Min(there, await CountAsync().ConfigureAwait(false));
            }

            yield return new BulkProgress(done, null, "delayed jobs") { Uncertain = uncertain };
        }
    }
}
