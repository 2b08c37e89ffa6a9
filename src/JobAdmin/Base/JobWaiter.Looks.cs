using System.Globalization;

namespace JobAdmin.Base;

// Looking where the jobs are.
internal sealed partial class JobWaiter
{
    private Task LookAsync(IReadOnlyList<WaitedJob> jobs, CancellationToken token) => outage.OutlastAsync(() => LookOnceAsync(jobs, token), token);

    private async Task LookOnceAsync(IReadOnlyList<WaitedJob> jobs, CancellationToken token)
    {
        foreach (var queue in jobs.GroupBy(job => job.Reference.Queue, StringComparer.Ordinal))
        {
            try
            {
                foreach (var part in queue.Chunk(ReadTogether))
                {
                    await LookAsync(queue.Key, part, token).ConfigureAwait(false);
                }
            }
            catch (JobServerException e) when (OfSeveral && JobErrors.IsOfQueue(e, queue.Key))
            {
                // What can't be read of one queue does not end the wait for jobs of others.
                await (queue.Count(Forget) > 0 ? Missed(e) : Task.CompletedTask).ConfigureAwait(false);
            }
        }
    }

    private async Task LookAsync(string queue, WaitedJob[] part, CancellationToken token)
    {
        var read = await server.GetJobsByIdAsync(queue, Array.ConvertAll(part, job => job.Reference.Id), JobParts.None, token).ConfigureAwait(false);
        var ends = await FindEndsAsync(queue, part.Where((_, i) => read[i] is null), token).ConfigureAwait(false);
        var there = new List<WaitedJob>();
        for (var i = 0; i < part.Length; i++)
        {
            if (await SettleAsync(part[i], read[i], ends.GetValueOrDefault(part[i].Reference.Id)).ConfigureAwait(false))
            {
                there.Add(part[i]);
            }
        }

        await ReportAsync(queue, there, token).ConfigureAwait(false);
    }

    /// <summary>How jobs ended that are gone: what was heard of them, and else what the queue's events still tell. A job may have finished before anybody listened.</summary>
    private async Task<Dictionary<string, JobEvent>> FindEndsAsync(string queue, IEnumerable<WaitedJob> gone, CancellationToken token)
    {
        var ends = new Dictionary<string, JobEvent>(StringComparer.Ordinal);
        var unheard = new List<string>();
        foreach (var job in gone)
        {
            if (job.Finish is { } finish)
            {
                ends[job.Reference.Id] = finish;
            }
            else
            {
                unheard.Add(job.Reference.Id);
            }
        }

        if (unheard.Count > 0 && server is IJobEventHistory history)
        {
            try
            {
                foreach (var (id, end) in await history.FindEndsAsync(queue, unheard, token).ConfigureAwait(false))
                {
                    ends[id] = end;
                }
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.Access)
            {
                // Who may not read the events is told that the jobs are not there.
            }
        }

        return ends;
    }

    /// <summary>Notes how a job is, and when it is gone, how it ended.</summary>
    /// <returns>Whether it got there and is kept, so that it is worth reading in full.</returns>
    private async Task<bool> SettleAsync(WaitedJob job, QueueJob? now, JobEvent? end)
    {
        if (now is null)
        {
            var finished = end is null ? null : job.AsFinished(end);
            if (finished is null || !goal.IsReached(finished.State))
            {
                await MissAsync(job, finished).ConfigureAwait(false);
            }
            else if (Forget(job))
            {
                await Reached(finished).ConfigureAwait(false);
            }

            return false;
        }

        job.Last = now;
        job.Percent = now.Progress is { } progress && double.TryParse(Convert.ToString(progress, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out var percent)
            ? percent : job.Percent;
        if (goal.IsMissed(now.State))
        {
            await MissAsync(job, now).ConfigureAwait(false);
        }

        return goal.IsReached(now.State);
    }

    private async Task ReportAsync(string queue, List<WaitedJob> there, CancellationToken token)
    {
        if (there.Count == 0)
        {
            return;
        }

        var full = await server.GetJobsByIdAsync(queue, there.ConvertAll(job => job.Reference.Id), Parts, token).ConfigureAwait(false);
        for (var i = 0; i < there.Count; i++)
        {
            if (Forget(there[i]))
            {
                await Reached(full[i] ?? there[i].Last!).ConfigureAwait(false);
            }
        }
    }

    private Task MissAsync(WaitedJob job, QueueJob? end)
    {
        if (!Forget(job))
        {
            return Task.CompletedTask;
        }

        return Missed(end switch
        {
            null => JobErrors.JobNotFound(job.Reference.Id, new QueueReference(server, job.Reference.Queue).ToString()),
            { State: JobState.Failed } => new JobServerException("JobFailed", JobErrorKind.InvalidState, $"Waiting for {job.Reference} is in vain: it failed: {end.FailedReason}",
                "Invoke-JobRetry runs it again.") { Target = end },
            _ => new JobServerException("InvalidJobState", JobErrorKind.InvalidState, $"Waiting for {job.Reference} is in vain: it is {JobErrors.Word(end.State)}.") { Target = end },
        });
    }

    private bool Forget(WaitedJob job) => pending.TryRemove((job.Reference.Queue, job.Reference.Id), out _);
}
