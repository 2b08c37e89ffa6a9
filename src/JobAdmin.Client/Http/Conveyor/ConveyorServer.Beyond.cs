using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

/// <summary>What a server may have beyond the page, and says so itself: many jobs in one request, and events that can be taken up again.</summary>
internal sealed partial class ConveyorServer
{
    private const int IdsAtOnce = 1000;
    private HashSet<string> beyond = [], missing = [];

    private bool HasBulk => beyond.Contains("bulk");

    /// <summary>Asks what the server has; one that does not know the question has no more than the page.</summary>
    /// <returns>The capabilities that it takes away.</returns>
    private async Task<JobServerCapabilities> AskBeyondAsync(CancellationToken cancellationToken)
    {
        using var answer = await Api.SendAsync(ApiRequest.Get("capabilities") with { Once = true }, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccess || answer.Json?.Field("data") is not { ValueKind: JsonValueKind.Object } data)
        {
            return JobServerCapabilities.None;
        }

        beyond = [.. data.Texts("has") ?? []];
        missing = [.. data.Texts("lacks") ?? []];
        return (missing.Contains("pause-name") ? JobServerCapabilities.PauseName : 0) | (missing.Contains("groups") ? JobServerCapabilities.Groups : 0);
    }

    public override async Task<IReadOnlyList<JobOutcome>> ChangeJobsAsync(string queue, IReadOnlyList<string> ids, JobChange change, CancellationToken cancellationToken)
    {
        if (!HasBulk || change is JobChange.Edit || ids.Count < 2 && change is not JobChange.Stop and not JobChange.Retry { ResetAttempts: true } and not JobChange.Remove { KeepChildren: true })
        {
            return await base.ChangeJobsAsync(queue, ids, change, cancellationToken).ConfigureAwait(false);
        }

        RequireChange(change);
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var outcomes = new List<JobOutcome>(ids.Count);
        JobServerException? halt = null;
        using var end = new CancellationTokenSource();
        await using var stopping = cancellationToken.Register(() => end.CancelAfter(LastMoment));
        foreach (var some in ids.Chunk(IdsAtOnce))
        {
            if (halt is not null || cancellationToken.IsCancellationRequested)
            {
                outcomes.AddRange(some.Select(id => halt is null ? Unsent(queue, id) : NotChanged(queue, id, halt, isSent: false)));
                continue;
            }

            try
            {
                outcomes.AddRange(await ChangeSomeAsync(queue, some, change, end.Token).ConfigureAwait(false));
            }
            catch (OperationCanceledException)
            {
                outcomes.AddRange(some.Select(id => Unanswered(queue, id)));
            }
            catch (JobServerException e) when (outcomes.Count > 0)
            {
                halt = e;
                outcomes.AddRange(some.Select(id => NotChanged(queue, id, e)));
            }
        }

        return outcomes;
    }

    public override async Task<IReadOnlyList<QueueJob?>> GetJobsByIdAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken cancellationToken)
    {
        if (!beyond.Contains("lookup") || ids.Count < 2)
        {
            return await base.GetJobsByIdAsync(queue, ids, parts, cancellationToken).ConfigureAwait(false);
        }

        Require(JobServerCapabilities.GetJob, "get a job by id");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var jobs = new List<QueueJob?>(ids.Count);
        foreach (var some in ids.Chunk(IdsAtOnce))
        {
            var request = ApiRequest.Post($"{Queue(queue)}/jobs/lookup", JsonBody.Write(writer => WriteIds(writer, some)), 2) with { Asks = true };
            using var answer = await DataAsync(request, "get jobs by id", cancellationToken).ConfigureAwait(false);
            if (Data(answer).ValueKind != JsonValueKind.Array || Data(answer).GetArrayLength() != some.Length)
            {
                throw Api.Errors.From(answer, "get jobs by id");
            }

            jobs.AddRange(Data(answer).EnumerateArray().Select(job => job.ValueKind == JsonValueKind.Object ? ReadJob(job, queue, parts) : null));
        }

        return jobs;
    }

    /// <summary>Whether the server itself says that Redis refused, rather than a gateway before it that it has lost the answer.</summary>
    private static bool IsRefusal(ApiAnswer answer) => answer is { Fault: ApiFault.None, Status: 502 } && answer.Json?.Field("error")?.Text("code") == "BAD_GATEWAY";

    private static void WriteIds(Utf8JsonWriter writer, IEnumerable<string> ids)
    {
        writer.WriteStartArray("ids");
        foreach (var id in ids)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
    }

    private async Task<IReadOnlyList<JobOutcome>> ChangeSomeAsync(string queue, string[] ids, JobChange change, CancellationToken cancellationToken)
    {
        var body = JsonBody.Write(writer =>
        {
            WriteIds(writer, ids);
            switch (change)
            {
                case JobChange.Retry retry:
                    writer.WriteString("action", "retry");
                    writer.WriteBoolean("resetAttempts", retry.ResetAttempts);
                    break;
                case JobChange.Promote:
                    writer.WriteString("action", "promote");
                    break;
                case JobChange.Remove remove:
                    writer.WriteString("action", "remove");
                    writer.WriteBoolean("keepChildren", remove.KeepChildren);
                    break;
                case JobChange.Stop stop:
                    writer.WriteString("action", "stop");
                    writer.WriteString("reason", stop.Reason);
                    break;
            }
        });
        using var answer = await Api.SendAsync(ApiRequest.Post($"{Queue(queue)}/jobs/bulk", body, LongWork), cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccess && answer.Json?.Field("data") is { ValueKind: JsonValueKind.Array } data && data.GetArrayLength() == ids.Length)
        {
            return [.. ids.Zip(data.EnumerateArray(), (id, outcome) => Outcome(queue, id,
                Enum.TryParse<JobOutcomeStatus>(outcome.Text("status"), out var status) ? status : JobOutcomeStatus.Unknown, previous: Parse(outcome.Text("previousState"))))];
        }

        var error = Api.Errors.From(answer, Phrase(change));
        if (answer.Status is 400 or 401 or 403 or 404 or 429 || IsRefusal(answer))
        {
            throw error;
        }

        return [.. ids.Select(id => answer.MayHaveHappened ? Outcome(queue, id, JobOutcomeStatus.Unknown, error.Message) : NotChanged(queue, id, error))];
    }
}
