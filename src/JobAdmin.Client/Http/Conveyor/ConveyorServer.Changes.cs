using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer : IJobBulk
{
    private const double LongWork = 15;

    public override async Task<bool> SetPausedAsync(string queue, bool paused, string? jobName, bool force, CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.Pause, "pause and resume queues");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        using (var before = await DataAsync(ApiRequest.Get(Queue(queue)), "get a queue", cancellationToken).ConfigureAwait(false))
        {
            if (PausedNames(before).Contains(jobName ?? AllNames) == paused)
            {
                return false;
            }
        }

        var body = jobName is null ? null : JsonBody.Write(writer => writer.WriteString("jobName", jobName));
        var (path, what) = paused ? ("pause", "pause a queue") : ("resume", "resume a queue");
        (await DataAsync(ApiRequest.Post($"{Queue(queue)}/{path}", body), what, cancellationToken).ConfigureAwait(false)).Dispose();
        return true;
    }

    public async Task<long> RetryAllAsync(string queue, JobState state, CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.RetryAll, "retry all jobs of a state");
        if (state is not (JobState.Failed or JobState.Completed))
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidInput, $"Jobs in the state {state} can't be retried.", "Retry failed or completed jobs.");
        }

        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        return await NumberAsync($"{Queue(queue)}/retry", writer => writer.WriteString("state", Word(state)), "retried", "retry all jobs", cancellationToken)
            .ConfigureAwait(false);
    }

    public async Task<long> PromoteAllAsync(string queue, CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.PromoteAll, "promote all delayed jobs");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        return await NumberAsync($"{Queue(queue)}/promote", null, "promoted", "promote all jobs", cancellationToken).ConfigureAwait(false);
    }

    public override async IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.Clear, "clear queues");
        RequireStates(query, force);
        await CheckQueueAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        if (query.Max is not null || query.Slice > 0 || !(query.Filter with { Before = null }).IsEmpty)
        {
            await foreach (var progress in base.ClearQueueAsync(query, force, cancellationToken).ConfigureAwait(false))
            {
                yield return progress;
            }

            yield break;
        }

        var states = ListedStates(query.States);
        long done = 0;
        // Draining takes the flow parents that wait for children along, so it is only for those who named all three.
        JobState[] drained = [JobState.Waiting, JobState.Delayed, JobState.WaitingChildren];
        // A server over BullMQ leaves those parents when it drains: there they are cleaned like the others.
        if (!HasBulk && query.Filter.Before is null && drained.All(states.Contains))
        {
            done = await CountAsync(query.Queue, drained, cancellationToken).ConfigureAwait(false) ?? 0;
            (await DataAsync(ApiRequest.Post($"{Queue(query.Queue)}/drain", patience: LongWork), "drain a queue", cancellationToken).ConfigureAwait(false)).Dispose();
            yield return new BulkProgress(done, null, "waiting and delayed jobs");
            states = [.. states.Except(drained)];
        }

        foreach (var state in states)
        {
            done += await NumberAsync($"{Queue(query.Queue)}/clean", writer =>
            {
                writer.WriteString("state", Word(state));
                writer.WriteNumber("grace", Grace(query.Filter.Before));
            }, "removed", "clean a queue", cancellationToken).ConfigureAwait(false);
            yield return new BulkProgress(done, null, $"{Word(state)} jobs");
        }
    }

    public override Task CheckRemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken) => CountForRemovalAsync(queue, force, cancellationToken);

    public override async IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.RemoveQueue, "remove a whole queue");
        var counts = await CountForRemovalAsync(queue, force, cancellationToken).ConfigureAwait(false);
        var request = ApiRequest.Delete(Queue(queue) + ApiPath.Query(("force", force ? true : null)), LongWork);
        (await DataAsync(request, "remove a queue", cancellationToken).ConfigureAwait(false)).Dispose();
        known = ([], DateTimeOffset.MinValue);
        yield return new BulkProgress(counts.Total, counts.Total, "jobs");
    }

    public override void CheckChange(JobChange change)
    {
        base.CheckChange(change);
        if (change is JobChange.Edit { Delay: not null } or JobChange.Edit { Progress: not null })
        {
            throw Lacks("change the delay or the progress of a job");
        }

        if (change is JobChange.Edit edit)
        {
            // Once, rather than for each job.
            Patch(edit);
        }
    }

    protected override async Task<ApiAnswer> SendChangeAsync(string queue, string id, JobChange change, CancellationToken cancellationToken)
    {
        var job = Job(queue, id);
        if (change is JobChange.Remove)
        {
            // The server says that it removed what was never there, and takes active jobs from under their workers.
            var before = await Api.SendAsync(ApiRequest.Get(job), cancellationToken).ConfigureAwait(false);
            if (!before.IsSuccess || before.Json?.Field("data")?.Text("state") is null or "active")
            {
                return before;
            }

            before.Dispose();
        }

        return await Api.SendAsync(change switch
        {
            JobChange.Retry => ApiRequest.Post(job + "/retry"),
            JobChange.Promote => ApiRequest.Post(job + "/promote"),
            JobChange.Stop => ApiRequest.Post(job + "/cancel"),
            JobChange.Edit edit => ApiRequest.Patch(job, Patch(edit)),
            _ => ApiRequest.Delete(job),
        }, cancellationToken).ConfigureAwait(false);
    }

    protected override JobOutcome? Judge(string queue, string id, JobChange change, ApiAnswer answer)
    {
        var words = Api.Errors.Words(answer);
        switch (answer.Status)
        {
            case 200 when answer.Request.IsRead && answer.Json!.Value.Field("data")?.Text("state") == "active":
                return Outcome(queue, id, JobOutcomeStatus.Locked, "A worker has it.", JobState.Active);
            case 200 or 201 when !answer.Request.IsRead && answer.Json!.Value.Field("data") is not null:
                return change is JobChange.Stop
                    ? Outcome(queue, id, JobOutcomeStatus.Stopped, "It stays active until its worker notices, which takes up to 15 s.", JobState.Active)
                    : Outcome(queue, id, Done(change), previous: change is JobChange.Promote ? JobState.Delayed : JobState.Unknown);
            case 404 when IsMissing(answer):
                return Outcome(queue, id, JobOutcomeStatus.NotFound, words);
            case 502 when IsRefusal(answer):
                return Outcome(queue, id, JobOutcomeStatus.Refused, words);
            case 400 when words?.Split('"') is [_, var state, ..]:
                return Outcome(queue, id, JobOutcomeStatus.SkippedWrongState, change is JobChange.Stop
                    ? $"{words}. Conveyor stops active jobs only; one that waits can be removed." : words, Parse(state));
            case 400 when change is JobChange.Edit && words?.Contains("active", StringComparison.OrdinalIgnoreCase) == true:
                return Outcome(queue, id, JobOutcomeStatus.SkippedWrongState, words, JobState.Active);
            default:
                return null;
        }
    }

    private static byte[] Patch(JobChange.Edit edit) => JsonBody.Write(writer =>
    {
        if (edit.Data is { } data)
        {
            writer.WriteText("data", data, "data");
        }

        if (edit.Priority is { } priority)
        {
            writer.WriteStartObject("opts");
            writer.WriteNumber("priority", priority);
            writer.WriteEndObject();
        }
    });

    /// <summary>What a queue holds that may be removed.</summary>
    private async Task<JobCounts> CountForRemovalAsync(string queue, bool force, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.RemoveQueue, "remove a whole queue");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        using var answer = await DataAsync(ApiRequest.Get(Queue(queue)), "get a queue", cancellationToken).ConfigureAwait(false);
        var counts = Counts(Data(answer));
        return counts.Active > 0 && !force
            ? throw new JobServerException("InvalidState", JobErrorKind.InvalidState, $"Queue '{queue}' has {counts.Active} active jobs: nothing was deleted.",
                "Wait until they are done, or use -Force.") { Target = queue }
            : counts;
    }

    /// <summary>The age in milliseconds from which on jobs go, by the server's clock; a second is added as its last word on the time has no fractions.</summary>
    private long Grace(DateTimeOffset? before) => before is { } time
        ? Math.Max(0, (long)Math.Ceiling((Api.Time.GetUtcNow() + Api.ClockOffset - time).TotalMilliseconds) + 1000) : 0;

    private async Task<long> NumberAsync(string path, Action<Utf8JsonWriter>? body, string field, string what, CancellationToken cancellationToken)
    {
        using var answer = await DataAsync(ApiRequest.Post(path, body is null ? null : JsonBody.Write(body), LongWork), what, cancellationToken).ConfigureAwait(false);
        return Data(answer).Integer(field) ?? 0;
    }
}
