using System.Collections.Concurrent;
using System.Text.Json;

namespace JobAdmin.Client.Http.FifthElement;

/// <summary>The Fifth Element jobs API: one job by its id, and a rerun, which is a job of its own.</summary>
internal sealed class FifthElementServer(JobServerOptions options, TimeProvider time)
    : SingleQueueServer(new HttpApi(options, ApiPath.Root(options.Address, "v1/api"), Key(options), time), options)
{
    /// <summary>Which job each rerun made here repeats: the server tells that only once.</summary>
    private readonly ConcurrentDictionary<string, string> originals = new(StringComparer.Ordinal);

    protected override JobServerKind Kind => JobServerKind.FifthElement;

    protected override IReadOnlyList<JobState> States => [];

    /// <summary>There is nothing to ask for but a job; this one can't be.</summary>
    protected override ApiRequest Ping { get; } = ApiRequest.Get("jobs/00000000-0000-0000-0000-000000000000");

    /// <summary>The page asks not to look continuously.</summary>
    protected override TimeSpan ShortestPause => TimeSpan.FromSeconds(5);

    public override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        (await PingAsync(Ping with { Once = true }, cancellationToken).ConfigureAwait(false)).Dispose();
        Open(JobServerCapabilities.GetJob | JobServerCapabilities.Retry | JobServerCapabilities.Result, defaultQueue: QueueName);
    }

    /// <summary>Other servers have the same envelope, so it tells only at an address that is this API's.</summary>
    public override bool Recognises(ApiAnswer answer) => answer.Status is (200 or 400 or 401 or 404) && IsEnvelope(answer)
        && (Options.Address.AbsolutePath.TrimEnd('/').EndsWith("/v1/api", StringComparison.OrdinalIgnoreCase)
            || Options.Address.Host.EndsWith("fifthelement.ai", StringComparison.OrdinalIgnoreCase));

    protected override async Task<ApiAnswer> PingAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var answer = await Api.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if ((answer.IsSuccess || answer.Status is 400 or 404) && IsEnvelope(answer))
        {
            return answer;
        }

        using (answer)
        {
            throw Api.Errors.From(answer, "connect");
        }
    }

    protected override Task<JobCounts> ReadCountsAsync(CancellationToken cancellationToken) => throw Lacks("count jobs");

    protected override Task<long?> CountAsync(string queue, IReadOnlyList<JobState> states, CancellationToken cancellationToken) => throw Lacks("count jobs");

    protected override IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, CancellationToken cancellationToken) => throw Lacks("list jobs");

    protected override async Task<QueueJob?> GetJobAsync(string queue, string id, JobParts parts, CancellationToken cancellationToken)
    {
        using var answer = await Api.SendAsync(ApiRequest.Get($"jobs/{ApiPath.Segment(id, "job id")}"), cancellationToken).ConfigureAwait(false);
        // A text that can be no id is refused, as a bad request.
        if (answer is { Fault: ApiFault.None, Status: 404 or 400, Json: not null } && IsEnvelope(answer))
        {
            return null;
        }

        return answer.IsSuccess && answer.Json?.Field("data") is { ValueKind: JsonValueKind.Object } job && Value(job, "id") is not null
            ? Read(job, parts) : throw Api.Errors.From(answer, "get a job");
    }

    public override void CheckChange(JobChange change)
    {
        base.CheckChange(change);
        if (change is JobChange.Retry { ResetAttempts: true })
        {
            throw Lacks("reset the attempts of a job");
        }
    }

    protected override Task<ApiAnswer> SendChangeAsync(string queue, string id, JobChange change, CancellationToken cancellationToken) =>
        Api.SendAsync(ApiRequest.Post($"jobs/{ApiPath.Segment(id, "job id")}/rerun"), cancellationToken);

    protected override JobOutcome? Judge(string queue, string id, JobChange change, ApiAnswer answer)
    {
        var words = Api.Errors.Words(answer);
        switch (answer)
        {
            case { IsSuccess: true } when answer.Json!.Value.Field("data") is { ValueKind: JsonValueKind.Object } job:
                var made = ApiJson.AsText(Value(job, "id"));
                if (made is not null)
                {
                    originals[made] = ApiJson.AsText(Value(job, "originalJobId")) ?? id;
                }

                return Outcome(queue, id, JobOutcomeStatus.Retried, made is null ? null : $"It runs again as job {made}.", newId: made);
            case { IsSuccess: true }:
                return Outcome(queue, id, JobOutcomeStatus.Unknown, words ?? "The answer names no job.");
            case { Status: 404 } when IsEnvelope(answer):
                return Outcome(queue, id, JobOutcomeStatus.NotFound, words);
            case { Status: 400 or 409 or 422 }:
                return Outcome(queue, id, JobOutcomeStatus.SkippedWrongState, words);
            default:
                return null;
        }
    }

    private static IEnumerable<KeyValuePair<string, Secret>> Key(JobServerOptions options)
    {
        if (options.Password is { IsEmpty: false } key)
        {
            yield return new("Authorization", new Secret($"Bearer {key.Reveal()}"));
        }

        // Keys of a whole workspace say for whom they ask.
        if (options.User is { Length: > 0 } user)
        {
            yield return new("x-user-identifier", new Secret(user));
        }
    }

    private static bool IsEnvelope(ApiAnswer answer) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json && (json.TryGetProperty("data", out _) || json.Field("error") is { ValueKind: JsonValueKind.Object });

    /// <summary>A field of a job, which may lie in it or under its attributes.</summary>
    private static JsonElement? Value(JsonElement job, string name, string? other = null) => job.Field(name, other) ?? job.Field("attributes")?.Field(name, other);

    private QueueJob Read(JsonElement job, JobParts parts)
    {
        var id = ApiJson.AsText(Value(job, "id")) ?? "";
        var status = ApiJson.AsText(Value(job, "status", "state"));
        var result = Value(job, "result");
        return new QueueJob
        {
            Queue = QueueName, Id = id, Name = ApiJson.AsText(Value(job, "type", "name")) ?? "", State = Parse(status), RawState = status,
            Progress = job.Progress(1, "progress") ?? job.Field("attributes")?.Progress(1, "progress"),
            Timestamp = ApiJson.AsTime(Value(job, "createdAt")), ProcessedOn = ApiJson.AsTime(Value(job, "startedAt")), FinishedOn = ApiJson.AsTime(Value(job, "completedAt")),
            FailedReason = status == "failed" ? Reason(Value(job, "error")) ?? Reason(result) : null,
            OriginalId = ApiJson.AsText(Value(job, "originalJobId")) ?? originals.GetValueOrDefault(id),
            RawReturnValue = Part(parts, JobParts.ReturnValue, () => result is { } value ? ApiJson.Bytes(value) : default(ReadOnlyMemory<byte>?)), Server = this,
        };
    }

    /// <summary>What the details of a failure say in words.</summary>
    private static string? Reason(JsonElement? details) => details switch
    {
        { ValueKind: JsonValueKind.String } text => JsonStrings.Read(text),
        { ValueKind: JsonValueKind.Object } several => Reason(several.Field("error", "message", "reason")),
        _ => null,
    };

    private static JobState Parse(string? word) => word switch
    {
        "pending" => JobState.Waiting,
        "running" => JobState.Active,
        "completed" => JobState.Completed,
        "failed" => JobState.Failed,
        "cancelled" => JobState.Cancelled,
        _ => JobState.Unknown,
    };
}
