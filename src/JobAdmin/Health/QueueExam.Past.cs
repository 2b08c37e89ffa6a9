using JobAdmin.Display;

namespace JobAdmin.Health;

/// <summary>The checks that need to know what was before now.</summary>
internal sealed partial class QueueExam
{
    private async Task LookAtThePastAsync(CancellationToken token)
    {
        var from = now - limits.Span;
        var meter = new QueueMeter(queue, from, null, EventsRead);
        var measures = await meter.FromEventsAsync(null, byName: false, token).ConfigureAwait(false);
        if (measures is null)
        {
            if (!server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListJobs))
            {
                return;
            }

            measures = await new QueueMeter(queue, from, null, JobsRead).FromJobsAsync(null, byName: false, token).ConfigureAwait(false);
        }

        var measure = measures[0];
        var failed = measure.Failed;
        if (failed > 0 && (measure.IsTrimmed || measure.IsCut) && server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListJobs))
        {
            // The history does not go back so far; the failed jobs that were kept may.
            var kept = new JobQuery { Queue = queue.Queue, States = [JobState.Failed], Filter = new JobFilter { After = from }, First = (limits.Failed.Critical ?? limits.Failed.Warning) + 1 };
            failed = Math.Max(failed, await server.CountJobsAsync(kept, token).ConfigureAwait(false));
        }

        Add(JobQueueCheck.Failed, failed, limits.Failed, $"{Jobs(failed)} failed in the last {CellText.Short(limits.Span)}", "Get-JobFailure shows why.");
        var finished = measure.Completed + measure.Failed;
        var rate = finished < FewJobs ? 0 : measure.FailureRate ?? 0;
        var part = CellText.Percent(measure.FailureRate ?? 0);
        Add(JobQueueCheck.FailureRate, rate, limits.FailureRate,
            finished < FewJobs ? $"{Jobs(finished)} finished in the last {CellText.Short(limits.Span)}: too few for a rate" : $"{part} of {Jobs(finished)} failed in the last {CellText.Short(measure.Span)}",
            "Get-JobFailure shows why.");
        if (measure.Stalled is { } stalled)
        {
            Add(JobQueueCheck.Stalled, stalled, limits.Stalled, $"{(stalled == 0 ? "no job stalled" : stalled == 1 ? "a job stalled" : $"jobs stalled {stalled:N0} times")} in the last {CellText.Short(measure.Span)}",
                "Workers crash or block their event loop: look at their logs; Watch-JobEvent -Event stalled names the jobs.");
        }
    }

    private async Task LookAtActiveAsync(CancellationToken token)
    {
        if (server is not IJobRepair repair || !server.Connection.Capabilities.HasFlag(JobServerCapabilities.Repair) || info?.Layout is QueueLayout.Bull or QueueLayout.BullMqPro)
        {
            return;
        }

        long lost = 0;
        string? example = null;
        if (info?.Active != 0)
        {
            var query = new JobDefectQuery { Queue = queue.Queue, Kinds = [JobDefectKind.LostActive], StalledInterval = TimeSpan.Zero };
            await foreach (var page in repair.FindDefectsAsync(query, null, token).ConfigureAwait(false))
            {
                lost += page.Count;
                example ??= page[0].Id;
            }
        }

        Add(JobQueueCheck.Lost, lost, limits.Lost, lost == 0 ? "every active job has its worker" : $"{Jobs(lost)} count{(lost == 1 ? "s" : "")} as active without a worker (job {example})",
            "Running workers take such jobs back within a minute. If it stays, Repair-JobQueue -Kind LostActive puts them back.");
    }

    private async Task LookAtPauseAsync(CancellationToken token)
    {
        if (info?.IsPaused is not { } paused)
        {
            return;
        }

        const string Advice = "Resume-JobQueue lets it go on.";
        if (!paused)
        {
            var names = info.PausedNames is { Count: > 0 } some ? $"not paused as a whole, but for the jobs named {string.Join(", ", some)}" : "not paused";
            Add(JobQueueCheck.Paused, TimeSpan.Zero, limits.Paused, names, null);
            return;
        }

        var history = server is IJobHistory source ? await source.FindPauseAsync(queue.Queue, EventsRead, token).ConfigureAwait(false) : null;
        if (history?.Events is [.., { Kind: JobHistoryKind.Paused } last])
        {
            var since = history.Until - DateTimeOffset.FromUnixTimeMilliseconds(last.Milliseconds);
            Add(JobQueueCheck.Paused, since, limits.Paused, $"paused for {CellText.Duration(since)}", Advice);
        }
        else if (history is { Since: { } start, Events.Count: 0 })
        {
            var since = history.Until - start;
            Add(JobQueueCheck.Paused, since, limits.Paused, $"paused for {CellText.Duration(since)} or longer: its events go back no further", Advice);
        }
        else
        {
            Note(JobQueueCheck.Paused, JobFindingSeverity.Unknown, null, limits.Paused.Warning, limits.Paused.Critical, "paused, and nothing tells since when", Advice);
        }
    }

    private async Task LookAtSchedulersAsync(CancellationToken token)
    {
        if (server is not IJobSchedulers source || !server.Connection.Capabilities.HasFlag(JobServerCapabilities.Schedulers) || info?.Layout == QueueLayout.Bull)
        {
            return;
        }

        var late = TimeSpan.Zero;
        JobScheduler? worst = null, stuck = null;
        long all = 0, broken = 0;
        await foreach (var page in source.GetSchedulersAsync(queue.Queue, null, 0, token).ConfigureAwait(false))
        {
            foreach (var scheduler in page)
            {
                all++;
                if (scheduler.State == JobSchedulerState.Stuck)
                {
                    broken++;
                    stuck ??= scheduler;
                }
                else if (!IsPaused && scheduler.State is not (JobSchedulerState.Ended or JobSchedulerState.Running) && now - scheduler.Next is { } behind && behind > late)
                {
                    (late, worst) = (behind, scheduler);
                }
            }
        }

        if (stuck is not null)
        {
            Note(JobQueueCheck.Scheduler, JobFindingSeverity.Critical, late, limits.Scheduler.Warning, limits.Scheduler.Critical,
                $"{(broken == 1 ? $"scheduler {stuck.Id} can't run" : $"{broken:N0} schedulers can't run, {stuck.Id} among them")}: {stuck.Problem}", "Get-JobScheduler shows how it is set; Set-JobScheduler with the same values makes it run again.");
            return;
        }

        Add(JobQueueCheck.Scheduler, late, limits.Scheduler,
            worst is not null && late >= limits.Scheduler.Warning ? $"scheduler {worst.Id} has been due for {CellText.Duration(late)}" : all == 0 ? "no schedulers" : $"{all:N0} scheduler{(all == 1 ? " is" : "s are")} on time",
            "Its job waits for a worker: look at the backlog and the workers.");
    }
}
