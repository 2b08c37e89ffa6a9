using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer : IJobProducer
{
    public async Task<IReadOnlyList<JobOutcome>> AddJobsAsync(string queue, IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.Add, "add jobs");
        // All of them are looked at before any is sent.
        var bodies = jobs.Select(Checked).ToArray();
        JobServerException? halt = null;
        var outcomes = await ChangeEachAsync(queue, [.. jobs.Select(static job => job.Id ?? "")], async (i, token) =>
        {
            if (Volatile.Read(ref halt) is { } why)
            {
                return NotChanged(queue, jobs[i].Id ?? "", why, isSent: false);
            }

            try
            {
                return await AddAsync(queue, jobs[i], bodies[i], token).ConfigureAwait(false);
            }
            catch (JobServerException e)
            {
                // Those that were added meanwhile must not be lost to an error of this one: who sends them all again has them twice.
                Interlocked.CompareExchange(ref halt, e, null);
                return NotChanged(queue, jobs[i].Id ?? "", e);
            }
        }, cancellationToken).ConfigureAwait(false);
        return halt is not null && outcomes.All(static outcome => outcome.Status == JobOutcomeStatus.NotChanged) ? throw halt : outcomes;
    }

    public void CheckAdd(string queue, NewJob job)
    {
        ApiPath.Segment(queue, "queue name");
        Checked(job);
    }

    /// <summary>The body of a job that the server can be given.</summary>
    private byte[] Checked(NewJob job) => job switch
    {
        { Children.Count: > 0 } => throw Lacks("add flows"),
        // It takes the option, keeps it, and deduplicates nothing.
        { DeduplicationId: not null } => throw Lacks("deduplicate jobs that are added"),
        _ => Body(job),
    };

    private async Task<JobOutcome> AddAsync(string queue, NewJob job, byte[] body, CancellationToken cancellationToken)
    {
        // The server writes over a job of the same id.
        if (job.Id is { } id && await GetJobAsync(queue, id, JobParts.None, cancellationToken).ConfigureAwait(false) is { } there)
        {
            return Outcome(queue, id, JobOutcomeStatus.AlreadyExists, previous: there.State);
        }

        using var answer = await Api.SendAsync(ApiRequest.Post($"{Queue(queue)}/jobs", body), cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccess && answer.Json?.Field("data")?.Text("id") is { } made)
        {
            return Outcome(queue, made, JobOutcomeStatus.Added, newId: made);
        }

        var error = Api.Errors.From(answer, "add a job");
        if (answer.Status is 401 or 403 or 429)
        {
            throw error;
        }

        return Outcome(queue, job.Id ?? "", answer.MayHaveHappened && !IsRefusal(answer) ? JobOutcomeStatus.Unknown
            : answer is { Fault: ApiFault.None, Status: not 503 } ? JobOutcomeStatus.Refused : JobOutcomeStatus.NotChanged, error.Message);
    }

    private byte[] Body(NewJob job) => JsonBody.Write(writer =>
    {
        if (job.Name.Length == 0)
        {
            throw new JobServerException("InvalidName", JobErrorKind.InvalidInput, "A job needs a name.", "Give one with -Name.");
        }

        if (job.Attempts < 1)
        {
            throw new JobServerException("InvalidAttempts", JobErrorKind.InvalidInput, "A job needs at least one attempt.", null);
        }

        writer.WriteString("name", job.Name);
        writer.WriteText("data", job.Data, "data");
        writer.WriteStartObject("opts");
        Number(writer, "priority", job.Priority);
        Number(writer, "delay", Milliseconds(job.Delay));
        Number(writer, "attempts", job.Attempts);
        if (job.Id is { } id)
        {
            ApiPath.Segment(id, "job id");
            writer.WriteString("jobId", id);
        }

        if (job.Lifo)
        {
            writer.WriteBoolean("lifo", true);
        }

        if (job.Backoff is { } backoff)
        {
            writer.WriteStartObject("backoff");
            writer.WriteString("type", backoff.Type);
            Number(writer, "delay", Milliseconds(backoff.Delay));
            writer.WriteEndObject();
        }

        Keep(writer, "removeOnComplete", job.KeepCompleted);
        Keep(writer, "removeOnFail", job.KeepFailed);
        if (job.GroupId is { } group)
        {
            writer.WriteStartObject("group");
            writer.WriteString("id", group);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    });

    private static void Number(Utf8JsonWriter writer, string name, long? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, number);
        }
    }

    private static long? Milliseconds(TimeSpan? span) => span is { } time ? (long)Math.Max(0, time.TotalMilliseconds) : null;

    /// <summary>Conveyor removes at once, never, or after an age; it counts no jobs.</summary>
    private void Keep(Utf8JsonWriter writer, string name, JobKeep? keep)
    {
        switch (keep)
        {
            case null:
                break;
            case { Count: 0 }:
                writer.WriteBoolean(name, true);
                break;
            case { Count: not null }:
                throw Lacks("keep a number of finished jobs (an age it can)");
            case { Age: { } age }:
                writer.WriteNumber(name, (long)age.TotalMilliseconds);
                break;
            default:
                writer.WriteBoolean(name, false);
                break;
        }
    }
}
