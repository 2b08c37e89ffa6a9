using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Deleting with a backup: what a slice is about to delete is kept first, and no more than that is deleted.</summary>
internal sealed partial class BullMqServer
{
    private const int BackupSlice = 200;

    public async IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, Func<JobExportSlice, Task> keep, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireWrite();
        var profile = await ProfileAsync(query.Queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(query.Queue, destroys: true, force);
        if (query.States.Any(s => s is JobState.Waiting or JobState.Paused))
        {
            profile.CheckLists(query.Queue, force);
        }

        var keeping = new Keeping(keep);
        long done = 0, uncertain = 0;
        await foreach (var (state, start) in PassesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            var jobs = new JobQuery { Queue = query.Queue, Filter = query.Filter };
            await foreach (var deleted in ClearKeptAsync(jobs, profile.Major, state, start, () => Next(query, done + uncertain), keeping, cancellationToken).ConfigureAwait(false))
            {
                (done, uncertain) = (done + deleted.Deleted, uncertain + deleted.Uncertain);
                yield return new BulkProgress(done, query.Max, $"{StateWords.RawName(state)} jobs") { Uncertain = uncertain };
            }
        }

        if (done == 0 && uncertain == 0)
        {
            yield return new BulkProgress(0, 0, "jobs");
        }
    }

    public async IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, Func<JobExportSlice, Task> keep, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (profile, total) = await BeforeRemovalAsync(queue, force, cancellationToken).ConfigureAwait(false);
        // The settings are kept as they are before the removal pauses the queue.
        await foreach (var slice in ExportQueueKeysAsync(queue, cancellationToken).ConfigureAwait(false))
        {
            await keep(slice).ConfigureAwait(false);
        }

        await PauseForRemovalAsync(queue, profile, cancellationToken).ConfigureAwait(false);
        var keeping = new Keeping(keep);
        long done = 0, uncertain = 0;
        for (var round = 0; round == 0 || !await RemoveOwnAsync(queue, round, cancellationToken).ConfigureAwait(false); round++)
        {
            foreach (var state in StateWords.All)
            {
                await foreach (var deleted in RemoveKeptAsync(queue, profile.Major, state, keeping, cancellationToken).ConfigureAwait(false))
                {
                    (done, uncertain) = (done + deleted.Deleted, uncertain + deleted.Uncertain);
                    yield return new BulkProgress(done, total, "jobs") { Uncertain = uncertain };
                }
            }

            if (round == 0)
            {
                await RemoveRestAsync(Keys(queue), async rest => await keep(await WriteKeysAsync(queue, rest, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            }
        }

        yield return new BulkProgress(done, total, "jobs") { Uncertain = uncertain };
    }

    private async IAsyncEnumerable<Deletion> ClearKeptAsync(JobQuery jobs, int major, JobState state, DateTimeOffset start, Func<long> left, Keeping keeping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var ids in MatchingIdsAsync(jobs, state, start, () => (int)Math.Clamp(left(), 1, BackupSlice), cancellationToken).ConfigureAwait(false))
        {
            if (left() <= 0)
            {
                yield break;
            }

            yield return await DeleteKeptAsync(jobs.Queue, major, state, ids, everything: false, keeping, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps jobs with their parents, deletes them, and says which of those kept are left: jobs that moved on in between, and parents that did not go with their last child,
    /// which none in another queue does.</summary>
    private async Task<Deletion> DeleteKeptAsync(string queue, int major, JobState state, IReadOnlyList<string> ids, bool everything, Keeping keeping, CancellationToken cancellationToken)
    {
        var kept = new List<ExportedJob>();
        await foreach (var slice in ExportJobsAsync(queue, ids, state, JobKin.Parents, keeping.Abroad, cancellationToken).ConfigureAwait(false))
        {
            await keeping.Keep(slice).ConfigureAwait(false);
            kept.AddRange(slice.Jobs);
        }

        var parents = kept.Where(job => job.Root is not null && job.Queue == queue).Select(static job => job.Id).ToList();
        var deleted = await DeleteIdsAsync(queue, major, state, ids, everything, parents, cancellationToken).ConfigureAwait(false);
        var left = kept.Where(job => job.Queue != queue || deleted.Left.Contains(job.Id)).ToList();
        await keeping.Keep(new JobExportSlice(0, default, []) { NotDeleted = left }).ConfigureAwait(false);
        return deleted;
    }

    /// <summary>What keeps records, and the parents in other queues that have been kept.</summary>
    private sealed record Keeping(Func<JobExportSlice, Task> Keep)
    {
        public HashSet<string> Abroad { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>Removes a whole state of a queue that goes away, also what workers and schedulers hold.</summary>
    private async IAsyncEnumerable<Deletion> RemoveKeptAsync(string queue, int major, JobState state, Keeping keeping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var word = StateWords.KeyWord(state)!;
        while (true)
        {
            // From the end where the oldest are, as an import wants them.
            var answer = StateWords.IsList(state)
                ? await runner.CommandAsync(reads: true, "LRANGE", [keys[word], -BackupSlice, -1], cancellationToken).ConfigureAwait(false)
                : await runner.CommandAsync(reads: true, "ZRANGE", [keys[word], 0, BackupSlice - 1], cancellationToken).ConfigureAwait(false);
            var ids = ((string[])answer!).ToList();
            if (ids.Count == 0)
            {
                yield break;
            }

            if (StateWords.IsList(state))
            {
                ids.Reverse();
            }

            yield return await DeleteKeptAsync(queue, major, state, ids, everything: true, keeping, cancellationToken).ConfigureAwait(false);
        }
    }
}
