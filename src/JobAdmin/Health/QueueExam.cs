using System.Globalization;
using JobAdmin.Base;
using JobAdmin.Display;

namespace JobAdmin.Health;

/// <summary>Examines one queue. What its server can't tell is left out; what should be known and is not is a finding of its own.</summary>
internal sealed partial class QueueExam(QueueReference queue, JobQueueInfo? info, QueueLimits limits)
{
    // Events: more than BullMQ keeps. Jobs: enough to tell a rate.
    private const int EventsRead = 20_000, JobsRead = 400, FewJobs = 10;

    private readonly List<JobQueueFinding> findings = [];
    private readonly IJobServer server = queue.Server;
    private readonly DateTimeOffset now = DateTimeOffset.UtcNow;

    // Read once for all jobs whose age is looked at twice.
    private IReadOnlyList<JobHistoryEvent>? happenings;

    private bool IsPaused => info?.IsPaused == true;

    private long? Backlog => info is null ? null : QueueFacts.Backlog(info);

    /// <summary>Examines it.</summary>
    /// <param name="token">Stops it.</param>
    /// <returns>A finding for each check that could be made.</returns>
    public async Task<IReadOnlyList<JobQueueFinding>> RunAsync(CancellationToken token)
    {
        LookAtCounts();
        await Check(JobQueueCheck.WaitingAge, () => LookAtAgeAsync(token)).ConfigureAwait(false);
        await Check(JobQueueCheck.Overdue, () => LookAtDelayedAsync(token)).ConfigureAwait(false);
        if (limits.Checks.Overlaps([JobQueueCheck.Failed, JobQueueCheck.FailureRate, JobQueueCheck.Stalled]))
        {
            await LookAtThePastAsync(token).ConfigureAwait(false);
        }

        await Check(JobQueueCheck.Lost, () => LookAtActiveAsync(token)).ConfigureAwait(false);
        await Check(JobQueueCheck.Paused, () => LookAtPauseAsync(token)).ConfigureAwait(false);
        await Check(JobQueueCheck.Scheduler, () => LookAtSchedulersAsync(token)).ConfigureAwait(false);
        return [.. findings.Where(f => limits.Checks.Contains(f.Check!.Value)).OrderBy(f => f.Check)];
    }

    private Task Check(JobQueueCheck check, Func<Task> look) => limits.Checks.Contains(check) ? look() : Task.CompletedTask;

    private void LookAtCounts()
    {
        if (Backlog is { } backlog)
        {
            Add(JobQueueCheck.Backlog, backlog, limits.Backlog, $"{Jobs(backlog)} wait{(backlog == 1 ? "s" : "")}", "Measure-JobQueue shows whether more come than go: start more workers, or find out what holds them up.");
        }

        if (info?.Workers is { } workers)
        {
            var waits = !IsPaused && Backlog > 0;
            var severity = workers >= limits.Workers || !waits ? JobFindingSeverity.Ok : workers == 0 ? JobFindingSeverity.Critical : JobFindingSeverity.Warning;
            var many = workers == 0 ? "no worker is connected" : $"{workers:N0} worker{(workers == 1 ? " is" : "s are")} connected";
            Note(JobQueueCheck.Workers, severity, workers, limits.Workers, 1, waits ? $"{many}, and {Jobs(Backlog!.Value)} wait" : many, "Start the application's workers; Get-JobWorker shows those that are connected.");
        }
        else if (info is { Waiting: null, Warnings: [var why, ..] })
        {
            Note(JobQueueCheck.Workers, JobFindingSeverity.Unknown, null, limits.Workers, 1, why, "Get-JobQueue shows which queues can't be read.");
        }
        else if (server.Connection.Kind == JobServerKind.Redis)
        {
            Note(JobQueueCheck.Workers, JobFindingSeverity.Unknown, null, limits.Workers, 1, "the user may not list clients, so workers can't be seen", "Give the user the right to CLIENT LIST: about_JobAdmin_Connections.");
        }

        if (info is not null)
        {
            var held = info.RateLimitedFor ?? TimeSpan.Zero;
            Add(JobQueueCheck.RateLimit, held, limits.RateLimit, held == TimeSpan.Zero ? "no rate limit holds it" : $"a rate limit holds it for another {CellText.Duration(held)}", "Set-JobQueue -ReleaseRateLimit lets it go at once.");
        }

        if (info is { Layout: not QueueLayout.Unknown })
        {
            var mixed = info is { Waiting: > 0, Paused: > 0 };
            Note(JobQueueCheck.Lists, mixed ? JobFindingSeverity.Warning : JobFindingSeverity.Ok, mixed ? Math.Min(info.Waiting!.Value, info.Paused!.Value) : 0L, 1L, null,
                mixed ? "jobs stand in both the waiting and the paused list, and a pause or resume by BullMQ 4 or 5 would lose some of them" : "no jobs stand where a pause would lose them",
                "Repair-JobQueue -Kind Lists -Force joins the lists.");
        }
    }

    private async Task LookAtAgeAsync(CancellationToken token)
    {
        if (IsPaused)
        {
            Add(JobQueueCheck.WaitingAge, TimeSpan.Zero, limits.WaitingAge, "the queue is paused", null);
            return;
        }

        if (Backlog == 0)
        {
            Add(JobQueueCheck.WaitingAge, TimeSpan.Zero, limits.WaitingAge, "none waits", null);
            return;
        }

        var oldest = new List<(QueueJob Job, TimeSpan Age)>();
        if (info is null or { Waiting: not 0 } or { Paused: > 0 })
        {
            await LookAsync(JobState.Waiting, first: true).ConfigureAwait(false);
        }

        if (info is null or { Prioritized: > 0 })
        {
            // The one that goes first, and the one that goes last: others keep passing it by.
            await LookAsync(JobState.Prioritized, first: true).ConfigureAwait(false);
            await LookAsync(JobState.Prioritized, first: false).ConfigureAwait(false);
        }

        if (oldest.Count > 0)
        {
            var (job, age) = oldest.MaxBy(o => o.Age);
            Add(JobQueueCheck.WaitingAge, age, limits.WaitingAge, $"job {job.Id} ({job.Name}) has been waiting for {CellText.Duration(age)}", "Get-JobWorker shows who works, Measure-JobQueue whether more jobs come than go.");
        }
        else if (info?.OldestWaiting is { } told)
        {
            Add(JobQueueCheck.WaitingAge, told, limits.WaitingAge, $"the oldest job has been waiting for {CellText.Duration(told)}", "Get-JobWorker shows who works, Measure-JobQueue whether more jobs come than go.");
        }

        async Task LookAsync(JobState state, bool first)
        {
            if (await EndOfAsync(state, first, token).ConfigureAwait(false) is { } job && (QueueMeter.Ready(job) ?? job.Timestamp) is { } ready)
            {
                // Before anybody is called: one that has been retried waits since then.
                ready = now - ready > limits.WaitingAge.Warning && await ReadyAgainAsync(job.Id, token).ConfigureAwait(false) is { } again ? again : ready;
                oldest.Add((job, now > ready ? now - ready : TimeSpan.Zero));
            }
        }
    }

    /// <summary>When a job that had run became ready once more, as the queue's history tells; null when it does not.</summary>
    private async Task<DateTimeOffset?> ReadyAgainAsync(string id, CancellationToken token)
    {
        if (server is not IJobHistory history)
        {
            return null;
        }

        var (isNew, hasRun) = (false, false);
        DateTimeOffset? ready = null;
        happenings ??= (await history.ReadHistoryAsync(new JobHistoryQuery { Queue = queue.Queue, Most = EventsRead }, token).ConfigureAwait(false)).Events;
        foreach (var happened in happenings.Where(e => e.Id == id))
        {
            isNew |= happened.Kind == JobHistoryKind.Added;
            hasRun |= happened.Kind is JobHistoryKind.Active or JobHistoryKind.Completed or JobHistoryKind.Failed or JobHistoryKind.Stalled;
            if (happened.Kind == JobHistoryKind.Waiting && (hasRun || !isNew))
            {
                ready = DateTimeOffset.FromUnixTimeMilliseconds(happened.Milliseconds);
            }
        }

        return ready;
    }

    private async Task LookAtDelayedAsync(CancellationToken token)
    {
        if (info is not { Delayed: { } delayed })
        {
            return;
        }

        var due = delayed > 0 && !IsPaused ? await EndOfAsync(JobState.Delayed, first: true, token).ConfigureAwait(false) : null;
        var late = due?.DelayUntil is { } at && now > at ? now - at : TimeSpan.Zero;
        Add(JobQueueCheck.Overdue, late, limits.Overdue, late > TimeSpan.Zero ? $"job {due!.Id} ({due.Name}) has been due for {CellText.Duration(late)}, and still counts as delayed" : "no delayed job is overdue",
            "Workers start what is due: look whether they run (Get-JobWorker), and whether their wake-up mark is right (Repair-JobQueue -Kind Marker -FindOnly).");
    }

    private async Task<QueueJob?> EndOfAsync(JobState state, bool first, CancellationToken token)
    {
        if (!server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListJobs))
        {
            return null;
        }

        var query = new JobQuery { Queue = queue.Queue, States = [state], OldestFirst = first, First = 1, Parts = JobParts.Options };
        await foreach (var page in server.GetJobsAsync(query, token).ConfigureAwait(false))
        {
            return page[0];
        }

        return null;
    }

    private void Add<T>(JobQueueCheck check, T value, Limits<T> limit, string message, string? advice)
        where T : struct, IComparable<T> => Note(check, limit.Judge(value), value, limit.Warning, limit.Critical, message, advice);

    private void Note(JobQueueCheck check, JobFindingSeverity severity, object? value, object? warning, object? critical, string message, string? advice) => findings.Add(new JobQueueFinding
    {
        Server = server, Queue = queue.Queue, Check = check, Severity = severity, Value = value, WarningAt = warning, CriticalAt = critical, Message = message,
        Advice = severity == JobFindingSeverity.Ok ? null : advice,
    });

    private static string Jobs(long count) => string.Create(CultureInfo.CurrentCulture, $"{count:N0} {(count == 1 ? "job" : "jobs")}");
}
