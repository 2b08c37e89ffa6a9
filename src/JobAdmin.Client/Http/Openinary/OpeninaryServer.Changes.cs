using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Openinary;

internal sealed partial class OpeninaryServer
{
    /// <summary>Of a server that sends a heartbeat every half minute.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(75);

    /// <summary>A look costs one of a hundred requests a minute.</summary>
    protected override TimeSpan ShortestPause => TimeSpan.FromSeconds(2);

    public override IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchEventsAsync(EventQuery query, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Events, "report events");
        RequireFromNow(query);
        // The stream is silent about retries, cancellations and deletions: who waits for given jobs is better served by looking at them.
        return query.Ids is { Count: > 0 } ids ? PollIdsAsync(query with { Queues = [QueueName] }, ids, cancellationToken) : StreamAsync(query, cancellationToken);
    }

    public override void CheckChange(JobChange change)
    {
        base.CheckChange(change);
        if (change is JobChange.Retry { ResetAttempts: true })
        {
            throw Lacks("reset the attempts of a job");
        }
    }

    protected override Task<ApiAnswer> SendChangeAsync(string queue, string id, JobChange change, CancellationToken cancellationToken)
    {
        var job = $"jobs/{ApiPath.Segment(id, "job id")}";
        return Api.SendAsync(change switch
        {
            JobChange.Retry => ApiRequest.Post(job + "/retry"),
            JobChange.Stop => ApiRequest.Post(job + "/cancel"),
            _ => ApiRequest.Delete(job),
        }, cancellationToken);
    }

    protected override JobOutcome? Judge(string queue, string id, JobChange change, ApiAnswer answer)
    {
        var words = Api.Errors.Words(answer);
        return answer switch
        {
            _ when Says(answer) == false => Outcome(queue, id, JobOutcomeStatus.Refused, words),
            _ when Says(answer) == true => Outcome(queue, id, Done(change), previous: change is JobChange.Retry ? JobState.Failed : change is JobChange.Stop ? JobState.Waiting : JobState.Unknown),
            // A gateway without a way to the server says 404 in JSON too.
            { Status: 404 } when words?.StartsWith("Job", StringComparison.OrdinalIgnoreCase) == true => Outcome(queue, id, JobOutcomeStatus.NotFound, words),
            { Status: 400 } => Outcome(queue, id, JobOutcomeStatus.Refused, words),
            _ => null,
        };
    }

    /// <summary>The server refuses in the same words whatever the reason; the jobs themselves tell, read once for the whole batch.</summary>
    protected override async Task ExplainAsync(string queue, IList<JobOutcome> outcomes, JobChange change, CancellationToken cancellationToken)
    {
        var refused = Enumerable.Range(0, outcomes.Count).Where(i => outcomes[i].Status == JobOutcomeStatus.Refused).ToArray();
        if (refused.Length == 0)
        {
            return;
        }

        IReadOnlyList<QueueJob?> jobs;
        try
        {
            jobs = await GetJobsByIdAsync(queue, [.. refused.Select(i => outcomes[i].Id)], JobParts.None, cancellationToken).ConfigureAwait(false);
        }
        catch (JobServerException e)
        {
            WireLog.Note($"Why {refused.Length} jobs were refused could not be read: {e.Message}");
            return;
        }

        for (var i = 0; i < refused.Length; i++)
        {
            var old = outcomes[refused[i]];
            outcomes[refused[i]] = (change, jobs[i]) switch
            {
                (_, null) => Outcome(queue, old.Id, JobOutcomeStatus.NotFound, old.Message),
                (JobChange.Retry, { State: JobState.Failed } job) when job.AttemptsMade >= job.Attempts =>
                    Outcome(queue, old.Id, JobOutcomeStatus.Refused, $"It has used all its retries ({job.AttemptsMade} of {job.Attempts}).", job.State),
                (JobChange.Retry, { State: not JobState.Failed } job) =>
                    Outcome(queue, old.Id, JobOutcomeStatus.SkippedWrongState, $"Only failed jobs are retried; it is '{job.RawState}'.", job.State),
                (JobChange.Stop, { State: not JobState.Waiting } job) =>
                    Outcome(queue, old.Id, JobOutcomeStatus.SkippedWrongState, $"Only pending jobs are cancelled; it is '{job.RawState}'.", job.State),
                (_, { } job) => Outcome(queue, old.Id, JobOutcomeStatus.Refused, old.Message, job.State),
            };
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<JobEvent>> StreamAsync(EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var queue in query.Queues)
        {
            await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        }

        await foreach (var batch in new EventStream(Api, "events", "watch events") { LongestSilence = LongestSilence }.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var events = batch.Select(Read).OfType<JobEvent>().ToArray();
            if (events.Length > 0)
            {
                yield return events;
            }
        }
    }

    private JobEvent? Read(StreamEvent item)
    {
        if (item.Type is null)
        {
            return new JobEvent { Queue = QueueName, Event = "gap", Time = Api.Time.GetUtcNow(), Server = this };
        }

        var word = item.Type switch
        {
            "job:created" => "added",
            "job:started" => "active",
            "job:error" => "failed",
            _ => item.Type.StartsWith("job:", StringComparison.Ordinal) ? item.Type[4..] : null,
        };
        if (word is null)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(item.Data);
            var json = document.RootElement;
            return json.Text("jobId", "id") is not { } id ? null : new JobEvent
            {
                Queue = QueueName, Event = word, Id = id, Name = json.Text("filePath", "file_path"), Time = json.Time("timestamp") ?? Api.Time.GetUtcNow(),
                FailedReason = word == "failed" ? json.Text("error") : null, Progress = json.Field("progress")?.GetRawText(), Server = this,
            };
        }
        catch (JsonException)
        {
            WireLog.Note($"{Api.Endpoint} sent an event that is not JSON; it was left out.");
            return null;
        }
    }
}
