using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer
{
    /// <summary>How far back what has slipped is looked for at first: little is read again where little has gone.</summary>
    private const int FirstBack = 32;

    private const int JobsAPage = 500;

    /// <summary>Pages run from the newest for jobs that ended and from the oldest for the others; asked for the other way round they are read from the end.
    /// Jobs move while they are read, so each page begins with one that has been given: where another stands there, what was next has slipped back among those.</summary>
    protected override async IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var fromEnd = listing.OldestFirst == (listing.State is JobState.Completed or JobState.Failed);
        var recent = new RecentIds();
        var left = listing.Wanted ?? long.MaxValue;
        long total = fromEnd ? (await PageAsync(listing, 0, 1, cancellationToken).ConfigureAwait(false)).Total : long.MaxValue;
        long at = fromEnd ? total : 0, back = FirstBack;
        while (left > 0 && (fromEnd ? at > 0 : at < total))
        {
            var size = Math.Min(JobsAPage, left);
            var given = (fromEnd ? at < total : at > 0) ? 1 : 0;
            var start = fromEnd ? Math.Max(0, at - size) : at - given;
            // What has ended since they were counted has moved the oldest on: a page has the end of the list only when it reaches beyond it.
            var end = !fromEnd ? at + size : given > 0 ? at + given : at + Math.Min(back, JobsAPage);
            (var jobs, total) = await PageAsync(listing, start, end, cancellationToken).ConfigureAwait(false);
            if (fromEnd && given == 0 && total > end)
            {
                at = total;
                back = Math.Min(back * 4, JobsAPage);
                continue;
            }

            if (fromEnd)
            {
                jobs.Reverse();
            }

            if (given > 0 && (jobs.Count == 0 || !recent.Has(jobs[0])))
            {
                at = fromEnd ? Math.Min(total, at + back) : Math.Max(0, at - back);
                back *= 4;
                continue;
            }

            back = FirstBack;
            at = fromEnd ? start : start + jobs.Count;
            var fresh = recent.New(jobs);
            left -= fresh.Count;
            if (fresh.Count > 0)
            {
                yield return fresh;
            }

            if (jobs.Count == given && !fromEnd)
            {
                yield break;
            }
        }
    }

    private async Task<(List<QueueJob> Jobs, long Total)> PageAsync(StateListing listing, long start, long end, CancellationToken cancellationToken)
    {
        var path = $"{Queue(listing.Queue)}/jobs{ApiPath.Query(("state", Word(listing.State)), ("start", start), ("end", end))}";
        using var answer = await DataAsync(ApiRequest.Get(path, 1 + ((end - start) / 500.0)), $"list {Word(listing.State)} jobs of {listing.Queue}", cancellationToken)
            .ConfigureAwait(false);
        var jobs = ApiJson.Items(Data(answer)).Select(job => ReadJob(job, listing.Queue, listing.Parts)).ToList();
        return (jobs, answer.Json!.Value.Field("meta")?.Integer("total") ?? start + jobs.Count);
    }

    private JobQueueInfo ReadQueue(JsonElement queue) => new()
    {
        Name = queue.Text("name") ?? "", Counts = Counts(queue), IsPaused = queue.Flag("isPaused"), LastActivity = queue.Time("latestActivity"), Server = this,
    };

    private static JobCounts Counts(JsonElement queue)
    {
        var counts = queue.Field("counts") ?? default;
        return new JobCounts
        {
            Waiting = counts.Integer("waiting"), Active = counts.Integer("active"), Completed = counts.Integer("completed"), Failed = counts.Integer("failed"),
            Delayed = counts.Integer("delayed"), WaitingChildren = counts.Integer("waiting-children"),
        };
    }

    private QueueJob ReadJob(JsonElement job, string? queue, JobParts parts)
    {
        var state = job.Text("state");
        var opts = job.Field("opts");
        return new QueueJob
        {
            Queue = job.Text("queueName") ?? queue ?? "", Id = job.Text("id") ?? "", Name = job.Text("name") ?? "", State = Parse(state), RawState = state,
            Progress = job.Progress(1, "progress"), AttemptsMade = job.Small("attemptsMade") ?? 0, Attempts = opts?.Small("attempts"),
            Priority = job.Integer("priority") ?? opts?.Integer("priority") ?? 0, Timestamp = job.Time("createdAt"), ProcessedOn = job.Time("processedAt"),
            FinishedOn = job.Time("completedAt", "failedAt"), DelayUntil = job.Time("delayUntil"),
            Delay = ApiJson.Milliseconds(opts?.Number("delay")) ?? TimeSpan.Zero,
            FailedReason = job.Text("failedReason"), ProcessedBy = job.Text("lockedBy"), ParentId = job.Text("parentId"), ParentQueue = job.Text("parentQueueName"),
            DeduplicationId = job.Text("deduplicationKey"), GroupId = job.Text("groupId"),
            RawData = Part(parts, JobParts.Data, () => job.Raw("data")), RawOptions = Part(parts, JobParts.Options, () => job.Raw("opts")),
            RawReturnValue = Part(parts, JobParts.ReturnValue, () => job.Raw("returnvalue")),
            StackTrace = (parts & JobParts.StackTrace) != 0 ? job.Texts("stacktrace") : null, Log = (parts & JobParts.Log) != 0 ? job.Texts("logs") : null,
            Server = this,
        };
    }

    /// <summary>The server's word for a state. It answers an unknown one with its own failure.</summary>
    private static string Word(JobState state) => state == JobState.WaitingChildren ? "waiting-children" : state.ToString().ToLowerInvariant();

    private static JobState Parse(string? word) => word switch
    {
        "waiting" => JobState.Waiting,
        "active" => JobState.Active,
        "completed" => JobState.Completed,
        "failed" => JobState.Failed,
        "delayed" => JobState.Delayed,
        "waiting-children" => JobState.WaitingChildren,
        _ => JobState.Unknown,
    };
}
