using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Repairing what was found. Every script looks again before it changes anything, in the same step.</summary>
internal sealed partial class BullMqServer
{
    public async Task<IReadOnlyList<JobDefect>> RepairAsync(string queue, JobDefectKind kind, IReadOnlyList<JobDefect> defects, bool force, Func<JobExportSlice, Task>? keep,
        CancellationToken cancellationToken)
    {
        RequireWrite();
        var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
        RequireRepairable(queue, profile);
        profile.CheckChange(queue, destroys: kind is JobDefectKind.MissingJob or JobDefectKind.OrphanedKey, force);
        if (profile.Major < 5 && kind is not (JobDefectKind.MissingJob or JobDefectKind.OrphanedKey))
        {
            throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"Queue '{queue}' is of BullMQ 4, in which this can't be repaired from here.",
                "Its own workers put back jobs that stalled; upgrade the application to repair more.") { Target = queue };
        }

        try
        {
            return kind switch
            {
                JobDefectKind.LostActive => await PutBackAsync(queue, profile, defects, cancellationToken).ConfigureAwait(false),
                JobDefectKind.MissingJob => await DropMissingAsync(queue, defects, keep, cancellationToken).ConfigureAwait(false),
                JobDefectKind.OrphanedKey => await DropOrphansAsync(queue, profile, defects, keep, cancellationToken).ConfigureAwait(false),
                JobDefectKind.Parent => await FreeParentsAsync(queue, profile, defects, cancellationToken).ConfigureAwait(false),
                JobDefectKind.Marker => await SetMarkerAsync(queue, profile, defects, cancellationToken).ConfigureAwait(false),
                _ => await JoinListsAsync(queue, profile, defects, force, cancellationToken).ConfigureAwait(false),
            };
        }
        finally
        {
            profiles.TryRemove(queue, out _);
        }
    }

    private async Task<IReadOnlyList<JobDefect>> PutBackAsync(string queue, QueueProfile profile, IReadOnlyList<JobDefect> defects, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var script = ScriptCatalog.Loop(profile.Major, "moveJobFromActiveToWait-9", "repair-lost");
        // Each goes to the front: the one that was taken first has to come last, so that it is the next.
        var done = await InSlicesAsync([.. defects.Reverse()], () => Task.FromResult(100), async slice =>
        {
            object[] head = [keys.Base, profile.Major.ToString(CultureInfo.InvariantCulture), profile.Certain ? "1" : "0"];
            return await runner.RunAsync(script, reads: false, [keys.Meta], [.. head, .. slice.SelectMany(d => (object[])[d.Id!, .. Mark(d)])], CancellationToken.None).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        return [.. done.Reverse()];

        static object[] Mark(JobDefect defect) => defect.Mark.Split('|', 2) is [var started, var taken] ? [started, taken] : ["", ""];
    }

    private async Task<IReadOnlyList<JobDefect>> DropMissingAsync(string queue, IReadOnlyList<JobDefect> defects, Func<JobExportSlice, Task>? keep, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var results = new Dictionary<JobDefect, JobDefect>(ReferenceEqualityComparer.Instance);
        foreach (var group in defects.GroupBy(d => d.State))
        {
            var list = StateWords.IsList(group.Key);
            var state = keys[StateWords.KeyWord(group.Key) ?? throw new JobServerException("InvalidInput", JobErrorKind.InvalidInput, $"'{group.Key}' is no state that an id can be taken out of.")];
            var all = group.ToList();
            var done = await InSlicesAsync(all, async () => list ? (int)Math.Clamp(ListSteps / Math.Max(1, (long)await runner.CommandAsync(reads: true, "LLEN", [state], cancellationToken).ConfigureAwait(false)), 1, 200) : 200, async slice =>
            {
                await KeepAsync(queue, slice.SelectMany(d => d.Keys), keep, cancellationToken).ConfigureAwait(false);
                return await runner.RunAsync(ScriptCatalog.Own("drop-missing"), reads: false, [state], [keys.Base, list ? "1" : "0", .. slice.Select(d => d.Id!)], CancellationToken.None).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < all.Count; i++)
            {
                results[all[i]] = done[i];
            }
        }

        return [.. defects.Select(d => results[d])];
    }

    private async Task<IReadOnlyList<JobDefect>> DropOrphansAsync(string queue, QueueProfile profile, IReadOnlyList<JobDefect> defects, Func<JobExportSlice, Task>? keep, CancellationToken cancellationToken)
    {
        if (profile.Layout == QueueLayout.BullMqPro)
        {
            throw new JobServerException("UnsupportedLayout", JobErrorKind.InvalidState, $"Queue '{queue}' is a BullMQ Pro queue: jobs in its groups would be taken for orphans, so none is deleted.") { Target = queue };
        }

        var keys = Keys(queue);
        var script = ScriptCatalog.DropOrphans(profile.Major);
        return await InSlicesAsync(defects, async () => Math.Min(100, await IdsAtOnceAsync(keys, cancellationToken).ConfigureAwait(false)), async slice =>
        {
            if (keep is not null)
            {
                // What there is now, not what there was when it was found.
                var there = await AskForOrphansAsync(keys, [.. slice.Select(d => d.Id!)], lists: false, cancellationToken).ConfigureAwait(false);
                await KeepAsync(queue, there.SelectMany(o => o.Keys), keep, cancellationToken).ConfigureAwait(false);
            }

            return await runner.RunAsync(script, reads: false, [keys.Meta], [keys.Base, .. slice.Select(d => d.Id!)], CancellationToken.None).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<JobDefect>> FreeParentsAsync(string queue, QueueProfile profile, IReadOnlyList<JobDefect> defects, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var script = ScriptCatalog.PerVersion(profile.Major, "repair-parent");
        var done = new List<JobDefect>(defects.Count);
        foreach (var defect in defects)
        {
            var (cursor, freed, left, released) = ("0", 0L, 0L, false);
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                object[] arguments = [keys.Base, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), defect.Id!, cursor, ChildrenAtOnce];
                var answer = (RedisResult[])(await runner.RunAsync(script, reads: false, [keys["waiting-children"]], arguments, CancellationToken.None).ConfigureAwait(false))!;
                (cursor, freed, left, released) = ((string)answer[0]!, freed + (long)answer[1], (long)answer[2], (long)answer[3] == 1);
            }
            while (cursor != "0");

            done.Add(released || freed > 0
                ? defect.With(JobDefectStatus.Repaired, released ? $"waited for {freed:N0} {(freed == 1 ? "child" : "children")} in vain, and was let go" : $"waits no longer for {freed:N0} of its children, and for {left:N0} others still")
                : defect.With(JobDefectStatus.Gone));
        }

        return done;
    }

    private async Task<IReadOnlyList<JobDefect>> SetMarkerAsync(string queue, QueueProfile profile, IReadOnlyList<JobDefect> defects, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var changed = (long)await runner.RunAsync(ScriptCatalog.PerVersion(profile.Major, "repair-marker"), reads: false, [keys.Meta], [keys.Base], cancellationToken).ConfigureAwait(false) == 1;
        return [.. defects.Select(d => d.With(changed ? JobDefectStatus.Repaired : JobDefectStatus.Gone))];
    }

    private async Task<IReadOnlyList<JobDefect>> JoinListsAsync(string queue, QueueProfile profile, IReadOnlyList<JobDefect> defects, bool force, CancellationToken cancellationToken)
    {
        if (!force)
        {
            throw new JobServerException("MixedPause", JobErrorKind.InvalidState, $"Queue '{queue}' has jobs in both its waiting and its paused list, or in one where nobody looks. Which go first after they are joined can't be told for certain.",
                "Use -Force to join them; none is lost. Nobody should pause or resume the queue meanwhile.") { Target = queue };
        }

        var keys = Keys(queue);
        long moved = 0, left;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var answer = (RedisResult[])(await runner.RunAsync(ScriptCatalog.PerVersion(profile.Major, "join-lists"), reads: false, [keys["wait"], keys["paused"], keys.Meta], [keys.Base, 2000], CancellationToken.None).ConfigureAwait(false))!;
            (moved, left) = (moved + (long)answer[0], (long)answer[1]);
        }
        while (left > 0);
        return [.. defects.Select(d => moved > 0 ? d.With(JobDefectStatus.Repaired, $"{moved:N0} jobs stand with the others now") : d.With(JobDefectStatus.Gone))];
    }

    /// <summary>Sends damage in slices, and tells what became of each.</summary>
    private static async Task<IReadOnlyList<JobDefect>> InSlicesAsync(IReadOnlyList<JobDefect> defects, Func<Task<int>> size, Func<IReadOnlyList<JobDefect>, Task<RedisResult>> send, CancellationToken cancellationToken)
    {
        var done = new List<JobDefect>(defects.Count);
        while (done.Count < defects.Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var slice = defects.Skip(done.Count).Take(await size().ConfigureAwait(false)).ToList();
            var codes = (RedisResult[])(await AnswerAsync(send(slice), cancellationToken).ConfigureAwait(false))!;
            done.AddRange(slice.Select((defect, i) => defect.With((long)codes[i] switch
            {
                1 => JobDefectStatus.Repaired,
                -2 => JobDefectStatus.InUse,
                _ => JobDefectStatus.Gone,
            })));
        }

        return done;
    }

    private async Task KeepAsync(string queue, IEnumerable<string> keys, Func<JobExportSlice, Task>? keep, CancellationToken cancellationToken)
    {
        if (keep is not null && keys.ToList() is { Count: > 0 } all)
        {
            await keep(await WriteKeysAsync(queue, [.. all.Select(k => k[Keys(queue).Base.Length..])], cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }
}
