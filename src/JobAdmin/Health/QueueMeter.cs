using System.Text.Json;
using JobAdmin.Base;

namespace JobAdmin.Health;

/// <summary>Measures one queue: by its history where the server keeps one, else by the finished jobs that it kept.</summary>
/// <param name="queue">The queue.</param>
/// <param name="from">When the span begins.</param>
/// <param name="to">When it ends; null for now.</param>
/// <param name="sample">Events or jobs to look at, at the most.</param>
internal sealed class QueueMeter(QueueReference queue, DateTimeOffset from, DateTimeOffset? to, int sample)
{
    // Waits that began before the history are looked up job by job: so many give a percentile that stands.
    private const int LookedUp = 2000;

    // Names of the waiting jobs can only be counted by reading them.
    private const long MostCounted = 200_000;

    private readonly IJobServer server = queue.Server;

    /// <summary>Measures by the history.</summary>
    /// <param name="info">The queue as it is, when that is known.</param>
    /// <param name="byName">Whether each job name is measured on its own.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>The measures, or null when there is no history of the span.</returns>
    public async Task<IReadOnlyList<JobQueueMeasure>?> FromEventsAsync(JobQueueInfo? info, bool byName, CancellationToken token)
    {
        if (server is not IJobHistory source)
        {
            return null;
        }

        var history = await source.ReadHistoryAsync(new JobHistoryQuery { Queue = queue.Queue, From = from, To = to, Most = sample }, token).ConfigureAwait(false);
        if (history.Since is not { } since || since >= history.Until)
        {
            return null;
        }

        var names = byName ? await NamesAsync(history, token).ConfigureAwait(false) : null;
        var tallies = new Dictionary<string, JobHistoryTally>(StringComparer.Ordinal);
        if (!byName)
        {
            tallies[""] = new JobHistoryTally();
        }

        foreach (var e in history.Events.Where(e => e.Id.Length > 0))
        {
            var name = names?.GetValueOrDefault(e.Id) ?? "";
            if (!tallies.TryGetValue(name, out var tally))
            {
                tallies[name] = tally = new JobHistoryTally();
            }

            tally.Add(e);
        }

        var measures = new List<JobQueueMeasure>();
        foreach (var (name, tally) in tallies.OrderByDescending(t => t.Value.Added + t.Value.Completed + t.Value.Failed))
        {
            var notes = new List<string>();
            await AddEarlierWaitsAsync(tally, notes, token).ConfigureAwait(false);
            if (history.IsTrimmed || history.IsCut)
            {
                notes.Add(history.IsCut ? $"There are more events than {sample:N0} (-Sample): the span begins later than asked for."
                    : "The server keeps no older events (Set-JobQueue -MaxEvents keeps more): the span begins later than asked for.");
            }

            measures.Add(new JobQueueMeasure
            {
                Server = server, Queue = queue.Queue, Name = byName ? name : null, From = since, To = history.Until, Source = JobMeasureSource.Events,
                IsTrimmed = history.IsTrimmed, IsCut = history.IsCut, Sample = history.Scanned, Added = tally.Added, Completed = tally.Completed, Failed = tally.Failed,
                Stalled = tally.Stalled, Waits = tally.Waits, Runs = tally.Runs, GrowthPerSecond = tally.Growth / (history.Until - since).TotalSeconds, Notes = notes,
                Waiting = await WaitingAsync(info, byName ? name : null, token).ConfigureAwait(false), Active = byName ? null : info?.Active,
            });
        }

        return measures;
    }

    /// <summary>Measures by the finished jobs.</summary>
    /// <param name="info">The queue as it is, when that is known.</param>
    /// <param name="byName">Whether each job name is measured on its own.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>The measures.</returns>
    public async Task<IReadOnlyList<JobQueueMeasure>> FromJobsAsync(JobQueueInfo? info, bool byName, CancellationToken token)
    {
        var end = to ?? DateTimeOffset.UtcNow;
        var (completed, completedFrom) = await FinishedAsync(JobState.Completed, end, token).ConfigureAwait(false);
        var (failed, failedFrom) = await FinishedAsync(JobState.Failed, end, token).ConfigureAwait(false);
        var start = completedFrom > failedFrom ? completedFrom : failedFrom;
        var cut = start > from;
        var jobs = completed.Concat(failed).Where(job => job.FinishedOn >= start).ToList();
        var measures = new List<JobQueueMeasure>();
        foreach (var group in byName ? jobs.GroupBy(job => job.Name, StringComparer.Ordinal).OrderByDescending(g => g.Count()).Select(g => (Name: (string?)g.Key, Jobs: g.ToList())) : [(null, jobs)])
        {
            var (waits, runs) = (new JobDurations(), new JobDurations());
            foreach (var job in group.Jobs)
            {
                if (job is { ProcessedOn: { } taken, FinishedOn: { } done })
                {
                    runs.Add(Milliseconds(done - taken));
                    if (Ready(job) is { } ready)
                    {
                        waits.Add(Milliseconds(taken - ready));
                    }
                }
            }

            var added = await AddedAsync(info, group.Name, start, end, group.Jobs, token).ConfigureAwait(false);
            var notes = new List<string> { "Jobs that are removed when they finish are not counted." };
            if (cut)
            {
                notes.Add($"More jobs finished than {sample:N0} (-Sample): the span begins later than asked for.");
            }

            var length = (end - start).TotalSeconds;
            measures.Add(new JobQueueMeasure
            {
                Server = server, Queue = queue.Queue, Name = group.Name, From = start, To = end, Source = JobMeasureSource.Jobs, IsCut = cut, Sample = completed.Count + failed.Count,
                Added = added, Completed = group.Jobs.Count(job => job.State == JobState.Completed), Failed = group.Jobs.Count(job => job.State == JobState.Failed),
                Waits = waits, Runs = runs, GrowthPerSecond = added is { } came && length > 0 ? (came - group.Jobs.Count) / length : null, Notes = notes,
                Waiting = await WaitingAsync(info, group.Name, token).ConfigureAwait(false), Active = group.Name is null ? info?.Active : null,
            });
        }

        return measures;
    }

    /// <summary>When a job that ran once became ready: when it was added, or at the end of its delay. Null when that can't be told.</summary>
    internal static DateTimeOffset? Ready(QueueJob job)
    {
        if (job.Timestamp is not { } added || job.AttemptsStarted > 1 || job.AttemptsMade > 1)
        {
            return null;
        }

        // A worker that starts a delayed job takes the delay out of its fields; the options keep it.
        var delay = job.GetOptions() is { ValueKind: JsonValueKind.Object } options && options.TryGetProperty("delay", out var value) && value.TryGetDouble(out var ms) && ms is > 0 and < 1e14
            ? TimeSpan.FromMilliseconds(ms) : job.Delay;
        return delay <= TimeSpan.Zero ? added : job.ProcessedOn is { } taken && taken < added + delay ? null : added + delay;
    }

    private async Task<(List<QueueJob> Jobs, DateTimeOffset From)> FinishedAsync(JobState state, DateTimeOffset end, CancellationToken token)
    {
        var most = Math.Max(1, sample / 2);
        var filter = to is null ? new JobFilter { After = from } : new JobFilter { After = from, Before = end };
        var query = new JobQuery { Queue = queue.Queue, States = [state], Filter = filter, First = most, Parts = JobParts.Options };
        var jobs = new List<QueueJob>();
        await foreach (var page in server.GetJobsAsync(query, token).ConfigureAwait(false))
        {
            jobs.AddRange(page.Where(job => job.FinishedOn is not null));
        }

        return (jobs, jobs.Count < most ? from : jobs.Min(job => job.FinishedOn!.Value));
    }

    /// <summary>Jobs that were added in the span: those that finished since, and those that have not. Null when too many would have to be read, or some can't be.</summary>
    private async Task<long?> AddedAsync(JobQueueInfo? info, string? name, DateTimeOffset start, DateTimeOffset end, List<QueueJob> finished, CancellationToken token)
    {
        if (to is not null || info is null || Unfinished(info) > MostCounted)
        {
            return null;
        }

        var filter = new JobFilter { After = start, Names = Literally(name) };
        var states = new[] { JobState.Waiting, JobState.Active, JobState.Prioritized, JobState.Delayed, JobState.WaitingChildren };
        var unfinished = await CountAsync(new JobQuery { Queue = queue.Queue, States = states, Filter = filter }, token).ConfigureAwait(false);
        return unfinished + finished.Count(job => job.Timestamp >= start && job.Timestamp <= end);
    }

    private async Task<long?> WaitingAsync(JobQueueInfo? info, string? name, CancellationToken token)
    {
        var all = info is null ? null : QueueFacts.Backlog(info);
        if (name is null || all is null or 0)
        {
            return all;
        }

        var query = new JobQuery { Queue = queue.Queue, States = [JobState.Waiting, JobState.Prioritized], Filter = new JobFilter { Names = Literally(name) } };
        return all <= MostCounted ? await CountAsync(query, token).ConfigureAwait(false) : null;
    }

    /// <summary>Counts jobs; null on a server that has jobs in some of the states and does not list them.</summary>
    private async Task<long?> CountAsync(JobQuery query, CancellationToken token)
    {
        try
        {
            return await server.CountJobsAsync(query, token).ConfigureAwait(false);
        }
        catch (JobServerException e) when (e.Kind == JobErrorKind.NotSupported)
        {
            return null;
        }
    }

    private async Task AddEarlierWaitsAsync(JobHistoryTally tally, List<string> notes, CancellationToken token)
    {
        var open = tally.ReadyBefore;
        if (open.Count == 0)
        {
            return;
        }

        var stride = ((open.Count - 1) / LookedUp) + 1;
        var asked = open.Where((_, i) => i % stride == 0).ToList();
        var jobs = await server.GetJobsByIdAsync(queue.Queue, [.. asked.Select(a => a.Id)], JobParts.Options, token).ConfigureAwait(false);
        long found = 0;
        foreach (var (job, (_, taken)) in jobs.Zip(asked))
        {
            if (job is not null && Ready(job) is { } ready)
            {
                found++;
                // One that was looked up stands for those that were passed over.
                for (var i = 0; i < stride; i++)
                {
                    tally.Waits.Add(taken - ready.ToUnixTimeMilliseconds());
                }
            }
        }

        if (found < asked.Count)
        {
            notes.Add($"{(asked.Count - found) * stride:N0} jobs had become ready before the span, and are not there any more to tell when: their waits are left out.");
        }
    }

    private async Task<Dictionary<string, string>> NamesAsync(JobHistory history, CancellationToken token)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var e in history.Events.Where(e => e.Name is not null))
        {
            names[e.Id] = e.Name!;
        }

        var missing = history.Events.Select(e => e.Id).Where(id => id.Length > 0 && !names.ContainsKey(id)).Distinct(StringComparer.Ordinal).ToList();
        var jobs = missing.Count == 0 ? [] : await server.GetJobsByIdAsync(queue.Queue, missing, JobParts.None, token).ConfigureAwait(false);
        foreach (var job in jobs.OfType<QueueJob>())
        {
            names[job.Id] = job.Name;
        }

        return names;
    }

    private static string[]? Literally(string? name) => name is null ? null : [System.Management.Automation.WildcardPattern.Escape(name)];

    private static long Unfinished(JobQueueInfo info) =>
        (info.Waiting ?? 0) + (info.Active ?? 0) + (info.Prioritized ?? 0) + (info.Delayed ?? 0) + (info.WaitingChildren ?? 0) + (info.Paused ?? 0);

    private static long Milliseconds(TimeSpan span) => (long)span.TotalMilliseconds;
}
