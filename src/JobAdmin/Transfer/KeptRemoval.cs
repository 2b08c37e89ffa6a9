using JobAdmin.Base;

namespace JobAdmin.Transfer;

/// <summary>Removes jobs that are written to a backup first, and notes there which of them were not removed.</summary>
/// <param name="backup">The backup.</param>
/// <param name="remove">The removal.</param>
internal sealed class KeptRemoval(JobBackup backup, JobChange.Remove remove)
{
    /// <summary>Removes jobs of one queue.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The jobs.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>One outcome a job, in order.</returns>
    public async Task<IReadOnlyList<JobOutcome>> RemoveAsync(QueueReference queue, IReadOnlyList<string> ids, CancellationToken token)
    {
        var kept = await backup.KeepAsync(queue.Server, queue.Queue, ids, remove.KeepChildren ? JobKin.None : JobKin.Children, token).ConfigureAwait(false);
        var states = kept.Jobs.Where(job => job.Root is null).DistinctBy(job => job.Id).ToDictionary(job => job.Id, job => job.State, StringComparer.Ordinal);
        var outcomes = await queue.Server.ChangeJobsAsync(queue.Queue, ids, remove with { Kept = states }, token).ConfigureAwait(false);
        var left = outcomes.GroupBy(outcome => outcome.Id, StringComparer.Ordinal).Where(job => job.All(IsLeft)).Select(job => job.Key).ToHashSet(StringComparer.Ordinal);
        // A parent's relatives go with it, or stay with it.
        await backup.LeaveAsync(kept, kept.Jobs.Where(job => left.Contains(job.Root ?? job.Id))).ConfigureAwait(false);
        return outcomes;
    }

    // A job that went along with its parent counts as removed: one that is not found has gone by itself.
    private static bool IsLeft(JobOutcome outcome) =>
        outcome.Status is JobOutcomeStatus.Locked or JobOutcomeStatus.SchedulerOwned or JobOutcomeStatus.SkippedWrongState or JobOutcomeStatus.NotFound;
}
