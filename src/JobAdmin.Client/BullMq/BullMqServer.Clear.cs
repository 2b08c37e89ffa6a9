using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Deleting many jobs, in slices that nobody else feels.</summary>
internal sealed partial class BullMqServer
{
    public async Task<long> CountClearAsync(ClearQuery query, CancellationToken cancellationToken)
    {
        if (StateWords.Expand(query.States).Count == 0)
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidInput, $"BullMQ has no jobs that are {string.Join(" or ", query.States.Select(static state => state.ToString().ToLowerInvariant()))}.",
                "Get-JobQueue shows how many jobs each state has; Repair-JobQueue finds jobs that are in none.") { Target = query.Queue };
        }

        var jobs = new JobQuery { Queue = query.Queue, States = query.States, Filter = query.Filter };
        var count = await CountJobsAsync(jobs, cancellationToken).ConfigureAwait(false)
            - await CountHeldAsync(jobs, cancellationToken).ConfigureAwait(false) - await CountNextRunsAsync(jobs, cancellationToken).ConfigureAwait(false);
        return Math.Clamp(count, 0, query.Max ?? long.MaxValue);
    }

    public async IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireWrite();
        if (query.States.Count == 0)
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidInput, "No state to clear was named.", "Name the states, for example -State completed, failed.");
        }

        var profile = await ProfileAsync(query.Queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(query.Queue, destroys: true, force);
        if (query.States.Any(s => s is JobState.Waiting or JobState.Paused))
        {
            profile.CheckLists(query.Queue, force);
        }

        long done = 0, uncertain = 0;
        await foreach (var (state, start) in PassesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            var bounded = query.Filter with { Before = query.Filter.Before is { } b && b < start ? b : start };
            await foreach (var deleted in ClearStateAsync(query.Queue, profile.Major, state, bounded, everything: false, () => Next(query, done + uncertain), cancellationToken).ConfigureAwait(false))
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

    /// <summary>The states to clear, and when the clearing of each began: what comes later is left alone. The list of what waits comes once more where it was renamed meanwhile.</summary>
    private async IAsyncEnumerable<(JobState State, DateTimeOffset Start)> PassesAsync(ClearQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var states = StateWords.Expand(query.States);
        JobState[] renamed = [JobState.Waiting, JobState.Paused];
        var switches = new JobsGoneBack(this, runner, query.Queue, Keys(query.Queue).Events);
        if (renamed.All(states.Contains) && (await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false)).RenamesList)
        {
            await switches.BeginAsync(cancellationToken).ConfigureAwait(false);
        }

        var listsStart = DateTimeOffset.MaxValue;
        foreach (var state in states)
        {
            var start = await StartAsync(query.Queue, state, cancellationToken).ConfigureAwait(false);
            listsStart = renamed.Contains(state) && start < listsStart ? start : listsStart;
            yield return (state, start);
        }

        await switches.ReadAsync(cancellationToken).ConfigureAwait(false);
        while (switches.IsToBeWalkedAgain())
        {
            foreach (var state in renamed)
            {
                yield return (state, listsStart);
            }

            await switches.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The time before which a state's jobs are there already: behind its newest job, whatever clock that was written by; of jobs that have not finished, now.</summary>
    private async Task<DateTimeOffset> StartAsync(string queue, JobState state, CancellationToken cancellationToken)
    {
        var newest = StateWords.ScoreIsFinishedOn(state) ? await NewestScoreAsync(Keys(queue), state, cancellationToken).ConfigureAwait(false) : null;
        var time = double.TryParse(newest, NumberStyles.Float, CultureInfo.InvariantCulture, out var score) ? JobRows.FromMilliseconds((long)score + 1) : null;
        return time ?? (await GetTimeAsync(cancellationToken).ConfigureAwait(false)).AddMilliseconds(1);
    }

    /// <summary>How many of the active jobs a worker holds.</summary>
    private async Task<long> CountHeldAsync(JobQuery jobs, CancellationToken cancellationToken)
    {
        long held = 0;
        if (jobs.States.Contains(JobState.Active))
        {
            var keys = Keys(jobs.Queue);
            await foreach (var page in ListPagesAsync(jobs, JobState.Active, long.MaxValue, cancellationToken).ConfigureAwait(false))
            {
                held += page.Count == 0 ? 0 : (long)await runner.CommandAsync(reads: true, "EXISTS", [.. page.Select(job => (object)keys[$"{job.Id}:lock"])], cancellationToken).ConfigureAwait(false);
            }
        }

        return held;
    }

    /// <summary>How many of the jobs are the next runs of schedulers and repeatable jobs, which must not go without these.</summary>
    private async Task<long> CountNextRunsAsync(JobQuery jobs, CancellationToken cancellationToken)
    {
        var states = StateWords.Expand(jobs.States).Where(state => state is JobState.Delayed or JobState.Waiting or JobState.Paused or JobState.Prioritized).ToList();
        long runs = 0;
        if (states.Count > 0)
        {
            var matcher = new JobMatcher(jobs.Filter);
            await foreach (var page in GetSchedulersAsync(jobs.Queue, null, 0, cancellationToken).ConfigureAwait(false))
            {
                var next = await ReadByIdAsync(jobs.Queue, [.. page.Select(scheduler => scheduler.NextJobId).OfType<string>()], JobState.Unknown, JobParts.None, "", cancellationToken).ConfigureAwait(false);
                runs += next.Count(job => states.Contains(job.State) && matcher.IsMatch(job));
            }
        }

        return runs;
    }

    /// <summary>How many jobs the next slice may delete.</summary>
    private static long Next(ClearQuery query, long done) => Math.Min((query.Max ?? long.MaxValue) - done, query.Slice > 0 ? query.Slice : long.MaxValue);

    private sealed record SentSlice(int Size, long Most, long At, Task<RedisResult[]?> Answer);

    /// <summary>Clears one state and tells how many each slice deleted.</summary>
    private async IAsyncEnumerable<Deletion> ClearStateAsync(string queue, int major, JobState state, JobFilter jobs, bool everything, Func<long> left, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var word = StateWords.KeyWord(state)!;
        var list = StateWords.IsList(state);
        var (low, high) = everything ? ("-inf", "+inf") : SetPager.Bounds(state, jobs);
        var filter = everything ? new FilterText(new JobFilter(), true) : new FilterText(jobs, StateWords.ScoreIsFinishedOn(state));
        var inexact = filter.NeedsLook;
        var script = ScriptCatalog.Deletion(major, list ? "clear-list" : "clear-set");
        var slicer = new Slicer(100, 5000);
        object at = list ? 0L : "", anchor = "";
        if (inexact)
        {
            await foreach (var deleted in ClearByIdAsync(queue, major, state, jobs, left, cancellationToken).ConfigureAwait(false))
            {
                yield return deleted;
            }

            yield break;
        }

        // Where hardly anything is left out and nothing counted, a second slice is on its way while Redis works on the first. In a list it begins where that one
        // did: what was deleted is not there any more, and what was kept is looked at again.
        var plain = list ? (jobs with { Before = null }).IsEmpty : filter.Json.Length == 0;
        var together = plain && left() > long.MaxValue / 2 ? SlicesUnderWay : 1;
        var sent = new Queue<SentSlice>();
        var more = true;
        while (more || sent.Count > 0)
        {
            while (more && sent.Count < together && !cancellationToken.IsCancellationRequested)
            {
                var size = slicer.Size;
                var most = Math.Clamp(left(), 0, size);
                if (most == 0)
                {
                    yield break;
                }

                object[] arguments = list
                    ? [keys.Base, word, at, anchor, size, most, filter.Json, everything ? "1" : "0"]
                    : [keys.Base, word, low, high, at, anchor, size, most, filter.Json, everything ? "1" : "0"];
                var answering = SendSliceAsync(script, keys[word], arguments, cancellationToken);
                // When the slice before it fails, nobody looks at this one any more.
                _ = answering.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                sent.Enqueue(new SentSlice(size, most, Stopwatch.GetTimestamp(), answering));
            }

            if (!sent.TryDequeue(out var slice))
            {
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            if (await slice.Answer.ConfigureAwait(false) is not { } answer)
            {
                // The same slice again: what it deleted is not there any more.
                more = true;
                yield return new Deletion(0, slice.Most);
                continue;
            }

            slicer.Learn(slice.Size, (double)answer[4], slice.At);
            var deleted = (long)answer[0];
            (at, anchor) = list ? ((object)(long)answer[1], (object)(string)answer[2]!) : ((string)answer[1]!, (string)answer[2]!);
            more &= (long)answer[3] == 1;
            if (deleted > 0)
            {
                yield return new Deletion(deleted, 0);
            }
        }
    }

    /// <summary>Clears jobs that only a look from here can tell (patterns beyond what the server's script knows), by their ids.</summary>
    private async IAsyncEnumerable<Deletion> ClearByIdAsync(string queue, int major, JobState state, JobFilter jobs, Func<long> left, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new JobQuery { Queue = queue, Filter = jobs };
        var start = await GetTimeAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var ids in MatchingIdsAsync(query, state, start, () => (int)Math.Clamp(left(), 1, 200), cancellationToken).ConfigureAwait(false))
        {
            if (left() <= 0)
            {
                yield break;
            }

            yield return await DeleteIdsAsync(queue, major, state, ids, everything: false, null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes jobs by their ids; a second time when the first answer was lost, which finds only what is left. With the parents that were written down with them it tells
    /// what it left.</summary>
    private async Task<Deletion> DeleteIdsAsync(string queue, int major, JobState state, IReadOnlyList<string> ids, bool everything, IReadOnlyList<string>? parents, CancellationToken cancellationToken)
    {
        var (keys, word, script) = (Keys(queue), StateWords.KeyWord(state)!, ScriptCatalog.Deletion(major, "clear-ids"));
        object[] arguments = [keys.Base, word, everything ? "1" : "0", parents is null ? "0" : "1", ids.Count, .. ids, .. parents ?? []];
        for (long lost = 0; ; lost = ids.Count)
        {
            if (await SendSliceAsync(script, keys[word], arguments, cancellationToken).ConfigureAwait(false) is [var deleted, .. var left])
            {
                // What the second one left, the first one may have deleted.
                return lost == 0 ? new Deletion((long)deleted, 0) { Left = left.Select(static id => (string)id!).ToHashSet(StringComparer.Ordinal) } : new Deletion((long)deleted, lost - (long)deleted);
            }
        }
    }

    /// <summary>Sends one slice of something; null when its answer was lost, and the server is back.</summary>
    private async Task<RedisResult[]?> SendSliceAsync(LuaScript script, RedisKey key, IReadOnlyList<object> arguments, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AnswerAsync(runner.RunAsync(script, reads: false, [key], arguments, CancellationToken.None), cancellationToken).ConfigureAwait(false);
            return answer.Resp2Type == ResultType.Array ? (RedisResult[])answer! : [answer];
        }
        catch (JobServerException exception) when (RedisErrors.IsPassing(exception))
        {
            // A server that stays away ends it here.
            await runner.CommandAsync(reads: true, "EXISTS", [key], cancellationToken).ConfigureAwait(false);
            return null;
        }
    }
}
