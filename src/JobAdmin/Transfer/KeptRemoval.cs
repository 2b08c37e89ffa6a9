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
        var own = kept.Jobs.Where(job => job.Root is null).DistinctBy(job => job.Id).ToDictionary(job => job.Id, StringComparer.Ordinal);
        var change = remove with { Kept = own.ToDictionary(job => job.Key, job => job.Value.State, StringComparer.Ordinal) };
        var outcomes = await queue.Server.ChangeJobsAsync(queue.Queue, ids, change, token).ConfigureAwait(false);
        var left = outcomes.GroupBy(outcome => outcome.Id, StringComparer.Ordinal)
            .Where(job => own.TryGetValue(job.Key, out var record) && job.All(outcome => IsLeft(outcome, record))).Select(job => job.Key).ToHashSet(StringComparer.Ordinal);
        // A parent's relatives go with it, or stay with it.
        await backup.LeaveAsync(kept, kept.Jobs.Where(job => left.Contains(job.Root ?? job.Id))).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>Whether a job was surely not removed by this. One that is gone may have gone with its parent.</summary>
    private bool IsLeft(JobOutcome outcome, ExportedJob record) => outcome.Status switch
    {
        JobOutcomeStatus.Locked or JobOutcomeStatus.SchedulerOwned or JobOutcomeStatus.SkippedWrongState => true,
        JobOutcomeStatus.NotFound => remove.KeepChildren || !record.HasParent,
        _ => false,
    };
}
