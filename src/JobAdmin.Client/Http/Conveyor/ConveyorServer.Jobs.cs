using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer
{
    private const int JobsAPage = 500;

    /// <summary>Pages run from the newest for jobs that ended and from the oldest for the others; asked for the other way round they are read from the end.
    /// Jobs move while they are read: after one has gone, the pages are read again from where the next would have slipped to.</summary>
    protected override async IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var newestIsFirst = listing.State is JobState.Completed or JobState.Failed;
        var fromEnd = listing.OldestFirst == newestIsFirst;
        var recent = new RecentIds();
        var left = listing.Wanted ?? long.MaxValue;
        long total = fromEnd ? (await PageAsync(listing, 0, 1, cancellationToken).ConfigureAwait(false)).Total : long.MaxValue;
        var at = fromEnd ? total : 0;
        while (left > 0 && (fromEnd ? at > 0 : at < total))
        {
            var size = Math.Min(JobsAPage, left);
            var start = fromEnd ? Math.Max(0, at - size) : at;
            var (jobs, now) = await PageAsync(listing, start, fromEnd ? at : start + size, cancellationToken).ConfigureAwait(false);
            // Forwards, jobs that left have drawn the rest towards the start; backwards, new ones have pushed it towards the end.
            var slipped = !fromEnd && now < total && total < long.MaxValue && at > 0 ? total - now : fromEnd && newestIsFirst && now > total ? now - total : 0;
            total = now;
            if (slipped > 0)
            {
                at = fromEnd ? at + slipped : Math.Max(0, at - slipped);
                continue;
            }

            if (fromEnd)
            {
                jobs.Reverse();
            }

            at = fromEnd ? start : at + jobs.Count;
            var fresh = recent.New(jobs);
            left -= fresh.Count;
            if (fresh.Count > 0)
            {
                yield return fresh;
            }

            if (jobs.Count == 0 && !fromEnd)
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
            Delay = opts?.Number("delay") is { } delay and >= 0 and < 1e14 ? TimeSpan.FromMilliseconds(delay) : TimeSpan.Zero,
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
