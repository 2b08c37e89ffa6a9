using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

/// <summary>The Conveyor dashboard API.</summary>
internal sealed partial class ConveyorServer(JobServerOptions options, TimeProvider time)
    : HttpJobServer(new HttpApi(options, ApiPath.Root(options.Address, "api"), Key(options), time), options)
{
    private const string AllNames = "__all__";
    private static readonly TimeSpan NamesLast = TimeSpan.FromSeconds(30);
    private (HashSet<string> Names, DateTimeOffset At) known = ([], DateTimeOffset.MinValue);

    protected override JobServerKind Kind => JobServerKind.Conveyor;

    protected override IReadOnlyList<JobState> States { get; } =
        [JobState.Active, JobState.Waiting, JobState.Delayed, JobState.WaitingChildren, JobState.Failed, JobState.Completed];

    protected override ApiRequest Ping { get; } = ApiRequest.Get("queues");

    public override IReadOnlyList<ApiRequest> Probes => [ApiRequest.Get("config"), Ping];

    public override bool Recognises(ApiAnswer answer) => answer.Json is { ValueKind: JsonValueKind.Object } json && answer.Status switch
    {
        200 => json.Field("data")?.Flag("readOnly") is not null
            || (json.Field("data") is { ValueKind: JsonValueKind.Array } queues && queues.GetArrayLength() > 0 && queues[0].Field("counts") is not null),
        401 => json.Field("error")?.Text("code") == "UNAUTHORIZED",
        _ => false,
    };

    public override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        var readOnly = false;
        // Public, and missing before 1.4: whatever comes instead of it says nothing yet.
        using (var config = await Api.SendAsync(ApiRequest.Get("config") with { Once = true, WithKey = false }, cancellationToken).ConfigureAwait(false))
        {
            if (config.Fault != ApiFault.None)
            {
                throw Api.Errors.From(config, "connect");
            }

            readOnly = config.IsSuccess && config.Json?.Field("data")?.Flag("readOnly") == true;
        }

        (await PingAsync(Ping with { Once = true }, cancellationToken).ConfigureAwait(false)).Dispose();
        var lacks = await AskBeyondAsync(cancellationToken).ConfigureAwait(false);
        using var workers = await Api.SendAsync(ApiRequest.Get("workers") with { Once = true }, cancellationToken).ConfigureAwait(false);
        Open((JobServerCapabilities.ListQueues | JobServerCapabilities.ListJobs | JobServerCapabilities.GetJob | JobServerCapabilities.Retry
            | JobServerCapabilities.Promote | JobServerCapabilities.Stop | JobServerCapabilities.Remove | JobServerCapabilities.Pause
            | JobServerCapabilities.PauseName | JobServerCapabilities.Clear | JobServerCapabilities.RemoveQueue | JobServerCapabilities.Events
            | JobServerCapabilities.Result | JobServerCapabilities.Logs | JobServerCapabilities.Add | JobServerCapabilities.Edit
            | JobServerCapabilities.Flows | JobServerCapabilities.Metrics | JobServerCapabilities.Groups | JobServerCapabilities.Search
            | JobServerCapabilities.RetryAll | JobServerCapabilities.PromoteAll
            | (workers.IsSuccess && workers.Json?.Field("data") is not null ? JobServerCapabilities.Workers : JobServerCapabilities.None)) & ~lacks,
            readOnly: readOnly);
    }

    protected override async Task<ApiAnswer> PingAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var answer = await Api.JsonAsync(request, "connect", cancellationToken).ConfigureAwait(false);
        return answer.Json!.Value.Field("data") is { ValueKind: JsonValueKind.Array } ? answer : throw Api.Errors.From(answer, "connect");
    }

    protected override async Task<string?> FindApiDescriptionAsync(CancellationToken cancellationToken)
    {
        foreach (var path in new[] { "../openapi.json", "openapi.json" })
        {
            using var answer = await Api.SendAsync(ApiRequest.Get(path) with { Once = true }, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccess && answer.Json?.Text("openapi") is not null)
            {
                return new Uri(Api.Root, path).AbsoluteUri;
            }
        }

        return null;
    }

    /// <summary>Asks for the list of queues first: one of the server's stores makes every queue that is asked about.</summary>
    protected override async Task CheckQueueAsync(string queue, CancellationToken cancellationToken)
    {
        var (names, at) = known;
        if (!names.Contains(queue) || at + NamesLast < Api.Time.GetUtcNow())
        {
            await ListQueuesAsync(cancellationToken).ConfigureAwait(false);
        }

        if (!known.Names.Contains(queue))
        {
            throw NoQueue(queue);
        }
    }

    protected override async Task<IReadOnlyList<JobQueueInfo>> ReadQueuesAsync(JobWildcard[]? patterns, bool namesOnly, CancellationToken cancellationToken)
    {
        var queues = await FindQueuesAsync(patterns, cancellationToken).ConfigureAwait(false) ?? await ListQueuesAsync(cancellationToken).ConfigureAwait(false);
        if (namesOnly || patterns?.All(static pattern => pattern.IsLiteral) != true)
        {
            return queues;
        }

        // The list says whether a queue is paused; which names of it are, only the queue itself.
        var named = queues.Where(queue => patterns.Any(pattern => pattern.IsMatch(queue.Name))).ToArray();
        await EachAsync(named.Length, async (i, token) =>
        {
            using var answer = await DataAsync(ApiRequest.Get(Queue(named[i].Name)), "get a queue", token).ConfigureAwait(false);
            var queue = named[i];
            named[i] = new JobQueueInfo
            {
                Name = queue.Name, Counts = queue.GetCounts(), LastActivity = queue.LastActivity, Server = this,
                IsPaused = PausedNames(answer).Contains(AllNames), PausedNames = [.. PausedNames(answer).Where(static name => name != AllNames)],
            };
        }, cancellationToken).ConfigureAwait(false);
        return named;
    }

    protected override async Task<long?> CountAsync(string queue, IReadOnlyList<JobState> states, CancellationToken cancellationToken)
    {
        using var answer = await DataAsync(ApiRequest.Get(Queue(queue)), "get a queue", cancellationToken).ConfigureAwait(false);
        var counts = Counts(Data(answer));
        return states.Sum(state => counts[state] ?? 0);
    }

    protected override async Task<QueueJob?> GetJobAsync(string queue, string id, JobParts parts, CancellationToken cancellationToken)
    {
        using var answer = await Api.SendAsync(ApiRequest.Get(Job(queue, id)), cancellationToken).ConfigureAwait(false);
        if (IsMissing(answer))
        {
            return null;
        }

        return answer.IsSuccess && answer.Json?.Field("data") is { ValueKind: JsonValueKind.Object } job ? ReadJob(job, queue, parts)
            : throw Api.Errors.From(answer, "get a job");
    }

    private static IEnumerable<KeyValuePair<string, Secret>> Key(JobServerOptions options)
    {
        // The host defines its own authentication; these are the two ways that need no agreement. Others go with -Header.
        if (options.Password is { IsEmpty: false } key)
        {
            yield return new("Authorization", new Secret(string.IsNullOrEmpty(options.User) ? $"Bearer {key.Reveal()}"
                : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{key.Reveal()}"))}"));
        }
    }

    private static string Queue(string queue) => $"queues/{ApiPath.Segment(queue, "queue name")}";

    private static string Job(string queue, string id) => $"{Queue(queue)}/jobs/{ApiPath.Segment(id, "job id")}";

    private static JsonElement Data(ApiAnswer answer) => answer.Json!.Value.GetProperty("data");

    private static IReadOnlyList<string> PausedNames(ApiAnswer answer) => Data(answer).Texts("pausedNames") ?? [];

    /// <summary>Whether the server itself says that something isn't there: a gateway without a way to it says 404 in JSON too.</summary>
    private static bool IsMissing(ApiAnswer answer) =>
        answer is { Fault: ApiFault.None, Status: 404 } && answer.Json?.Field("error")?.Text("code")?.EndsWith("NOT_FOUND", StringComparison.Ordinal) == true;

    /// <summary>Sends a request whose success is an envelope with <c>data</c>.</summary>
    private async Task<ApiAnswer> DataAsync(ApiRequest request, string what, CancellationToken cancellationToken)
    {
        var answer = await Api.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccess && answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("data", out _))
        {
            return answer;
        }

        using (answer)
        {
            if (answer is { Fault: ApiFault.None, Json: { } error } && error.Field("error")?.Text("code") == "METRICS_DISABLED")
            {
                throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"{Api.Endpoint} keeps no metrics: {Api.Errors.Words(answer)}.",
                    "Turn them on in the options of the server's store.") { Target = Api.Endpoint };
            }

            throw Api.Errors.From(answer, what);
        }
    }

    private async Task<IReadOnlyList<JobQueueInfo>> ListQueuesAsync(CancellationToken cancellationToken)
    {
        using var answer = await DataAsync(Ping, "list queues", cancellationToken).ConfigureAwait(false);
        IReadOnlyList<JobQueueInfo> queues = [.. ApiJson.Items(Data(answer)).Select(ReadQueue)];
        known = (queues.Select(static queue => queue.Name).ToHashSet(StringComparer.Ordinal), Api.Time.GetUtcNow());
        return queues;
    }
}
