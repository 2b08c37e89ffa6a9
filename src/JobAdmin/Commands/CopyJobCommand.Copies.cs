using JobAdmin.Base;

namespace JobAdmin.Commands;

// Reading the jobs and making new ones of them.
public sealed partial class CopyJobCommand
{
    private async Task<IReadOnlyList<JobOutcome>> CopyAsync(IReadOnlyList<JobReference> jobs, CancellationToken token)
    {
        CheckOneId(jobs.Count);
        var outcomes = new JobOutcome[jobs.Count];
        foreach (var group in Enumerable.Range(0, jobs.Count).GroupBy(i => new QueueReference(jobs[i].Server, jobs[i].Queue)))
        {
            var places = group.ToList();
            var ids = places.ConvertAll(i => jobs[i].Id);
            var copied = checkpoint is null ? await CopyAsync(group.Key, ids, token).ConfigureAwait(false)
                : await checkpoint.Current!.ChangeAsync(group.Key, ids, CopyAsync, token).ConfigureAwait(false);
            for (var n = 0; n < places.Count; n++)
            {
                outcomes[places[n]] = copied[n];
            }
        }

        return outcomes;
    }

    /// <summary>Reads jobs with all that makes them, and adds them where they shall be.</summary>
    private async Task<IReadOnlyList<JobOutcome>> CopyAsync(QueueReference from, IReadOnlyList<string> ids, CancellationToken token)
    {
        IReadOnlyList<QueueJob?> found;
        try
        {
            found = await from.Server.GetJobsByIdAsync(from.Queue, ids, JobParts.Data | JobParts.Options, token).ConfigureAwait(false);
        }
        catch (JobServerException e) when (e.IsAbout(from.Queue) && MyInvocation.ExpectingInput)
        {
            // There is no such queue; jobs of others are copied all the same.
            var status = e.Kind == JobErrorKind.NotFound ? JobOutcomeStatus.NotFound : JobOutcomeStatus.Refused;
            return [.. ids.Select(id => new JobOutcome { Server = from.Server, Queue = from.Queue, Id = id, Status = status, Message = e.Message })];
        }

        var (to, queue) = Goal(from.Server, from.Queue);
        var sources = found.OfType<QueueJob>().ToList();
        var added = new Queue<JobOutcome>(sources.Count == 0 ? [] : await ((IJobProducer)to).AddJobsAsync(queue, sources.ConvertAll(Copy), token).ConfigureAwait(false));
        return [.. found.Select((source, n) =>
        {
            if (source is null)
            {
                return new JobOutcome { Server = from.Server, Queue = from.Queue, Id = ids[n], Status = JobOutcomeStatus.NotFound, Message = "There is no such job." };
            }

            var copy = added.Dequeue();
            var isThere = copy.Status == JobOutcomeStatus.AlreadyExists;
            return new JobOutcome
            {
                Server = to, Queue = queue, Id = source.Id, Status = copy.Status, PreviousState = source.State, NewId = copy.NewId ?? (isThere ? copy.Id : null),
                Message = isThere ? $"The copy of job {source.Id}, {copy.Id}, is in queue {queue} already." : copy.Message,
            };
        })];
    }

    private NewJob Copy(QueueJob job) => new()
    {
        Name = job.Name,
        Data = job.GetDataText() ?? "{}",
        RawData = job.RawData,
        Id = !Again ? NewId ?? IdOfCopy(job) : checkpoint?.Current is { } run ? $"{IdOfCopy(job)}-{run.Id}" : null,
        Priority = job.Priority,
        Delay = job.State == JobState.Delayed && job.DelayUntil - DateTimeOffset.UtcNow is { } left && left > TimeSpan.Zero ? left : null,
        Options = CopiedOptions.Of(job),
        GroupId = job.GroupId,
    };

    // The time tells jobs apart that have had the same number one after the other, as in a queue that was emptied in between.
    private static string IdOfCopy(QueueJob job) => $"copy-{job.Queue}-{job.Id}-{job.Timestamp?.ToUnixTimeMilliseconds() ?? 0}".Replace(':', '-');
}
