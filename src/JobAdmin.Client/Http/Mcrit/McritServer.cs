using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Mcrit;

/// <summary>The MCRIT job API: jobs by method, with results of their own, which are read and deleted.</summary>
internal sealed partial class McritServer(JobServerOptions options, TimeProvider time)
    : SingleQueueServer(new HttpApi(options, ApiPath.Root(options.Address, ""), Key(options), time), options)
{
    /// <summary>How far back what has slipped is looked for at first: little is read again where little has gone.</summary>
    private const int FirstBack = 32;

    private const int JobsAPage = 1000;

    /// <summary>The server's word for active jobs: its page has another than the server itself.</summary>
    private string activeWord = "in_progress";

    protected override JobServerKind Kind => JobServerKind.Mcrit;

    protected override IReadOnlyList<JobState> States { get; } =
        [JobState.Active, JobState.Waiting, JobState.WaitingChildren, JobState.Failed, JobState.Completed, JobState.Cancelled];

    protected override ApiRequest Ping { get; } = ApiRequest.Get("jobs/stats");

    public override bool Recognises(ApiAnswer answer) => answer.Json is { ValueKind: JsonValueKind.Object } json && answer.Status switch
    {
        200 => json.Text("status") == "successful" && json.Field("data") is { ValueKind: JsonValueKind.Object },
        401 => json.Text("title") == "API token required" || (json.Text("title") == "Authentication required" && json.Text("description") is not null),
        _ => false,
    };

    public override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var stats = await PingAsync(Ping with { Once = true }, cancellationToken).ConfigureAwait(false);
        activeWord = Data(stats).Field("processing") is { ValueKind: JsonValueKind.Number } ? "processing" : "in_progress";
        using var version = await Api.SendAsync(ApiRequest.Get("version") with { Once = true }, cancellationToken).ConfigureAwait(false);
        var number = version.IsSuccess && version.Json?.Field("data") is { } data ? ApiJson.AsText(data) ?? data.Text("version") : null;
        Open(JobServerCapabilities.ListQueues | JobServerCapabilities.ListJobs | JobServerCapabilities.GetJob | JobServerCapabilities.Remove
            | JobServerCapabilities.Clear | JobServerCapabilities.ClearAnyState | JobServerCapabilities.Result | JobServerCapabilities.Search,
            number is null ? null : $"MCRIT {Api.Errors.Clean(number)}", defaultQueue: QueueName,
            warnings: Options.ServerTimeZone is null ? ["MCRIT sends its local times as if they were UTC: they are right only if its clock is set to UTC, or with -ServerTimeZone."] : []);
    }

    protected override async Task<ApiAnswer> PingAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var answer = await DataAsync(request, "connect", cancellationToken).ConfigureAwait(false);
        return Data(answer).ValueKind == JsonValueKind.Object ? answer : throw Api.Errors.From(answer, "connect");
    }

    protected override async IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var method = await OneMethodAsync(listing.Filter.Names, cancellationToken).ConfigureAwait(false);
        // A queued job waits for a worker or for other jobs; the server does not tell these apart, so neither does its limit.
        var size = listing.State is not (JobState.Waiting or JobState.WaitingChildren) && listing.Wanted is { } wanted ? (int)Math.Clamp(wanted, 2, JobsAPage) : JobsAPage;
        await foreach (var jobs in PagesAsync(size, listing.OldestFirst, method, Word(listing.State), listing.Parts, cancellationToken).ConfigureAwait(false))
        {
            var page = jobs.Where(job => job.State == listing.State).ToList();
            if (page.Count > 0)
            {
                yield return page;
            }
        }
    }

    protected override async Task<QueueJob?> GetJobAsync(string queue, string id, JobParts parts, CancellationToken cancellationToken)
    {
        if (!IsObjectId(id))
        {
            return null;
        }

        using var answer = await DataAsync(ApiRequest.Get("jobs/" + id), "get a job", cancellationToken).ConfigureAwait(false);
        return Data(answer) is { ValueKind: JsonValueKind.Object } job ? await ReadAsync(job, parts, cancellationToken).ConfigureAwait(false) : null;
    }

    /// <summary>The newest jobs, and all that are being worked on; the server goes through every job for each state that it is asked for.</summary>
    protected override async Task<IReadOnlyList<QueueJob>> LookAsync(string queue, CancellationToken cancellationToken)
    {
        var (newest, _) = await PageAsync(0, 200, false, null, null, null, JobParts.None, cancellationToken).ConfigureAwait(false);
        var (active, _) = await PageAsync(0, 200, false, null, activeWord, null, JobParts.None, cancellationToken).ConfigureAwait(false);
        return new RecentIds().New(active.Concat(newest));
    }

    protected override Task<ApiAnswer> SendChangeAsync(string queue, string id, JobChange change, CancellationToken cancellationToken) => IsObjectId(id)
        ? Api.SendAsync(ApiRequest.Delete("jobs/" + id), cancellationToken)
        : throw new JobServerException("InvalidName", JobErrorKind.InvalidInput, $"'{Api.Errors.Clean(id)}' is no id of an MCRIT job: those are 24 hexadecimal digits.", null);

    protected override JobOutcome? Judge(string queue, string id, JobChange change, ApiAnswer answer) => answer switch
    {
        { IsSuccess: true } when IsEnvelope(answer) && Deleted(answer) is { } count => Outcome(queue, id, count > 0 ? JobOutcomeStatus.Removed : JobOutcomeStatus.NotFound),
        { IsSuccess: true } when answer.Json!.Value.Text("status") == "failed" => Outcome(queue, id, JobOutcomeStatus.Refused, Api.Errors.Words(answer)),
        // A gateway without a way to the server says 404 in JSON too.
        { Status: 404 } when answer.Json!.Value.Text("status") == "failed" => Outcome(queue, id, JobOutcomeStatus.NotFound, Api.Errors.Words(answer)),
        _ => null,
    };

    private static IEnumerable<KeyValuePair<string, Secret>> Key(JobServerOptions options)
    {
        if (options.Password is { } token)
        {
            yield return new("apitoken", token);
        }

        if (options.User is { Length: > 0 } user)
        {
            yield return new("username", new Secret(user));
        }
    }

    /// <summary>The server's routes take any text and fail on it; and without an id its delete is another one.</summary>
    private static bool IsObjectId(string id) => id.Length == 24 && id.All(char.IsAsciiHexDigit);

    private static bool IsEnvelope(ApiAnswer answer) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("data", out _) && json.Text("status") is null or "successful";

    private static JsonElement Data(ApiAnswer answer) => answer.Json!.Value.GetProperty("data");

    /// <summary>How many jobs were deleted; null when the answer does not say.</summary>
    private static long? Deleted(ApiAnswer answer) => Data(answer).Integer("num_deleted", "deleted") ?? (long?)ApiJson.AsNumber(Data(answer));

    private async Task<ApiAnswer> DataAsync(ApiRequest request, string what, CancellationToken cancellationToken)
    {
        var answer = await Api.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccess && IsEnvelope(answer))
        {
            return answer;
        }

        using (answer)
        {
            throw Api.Errors.From(answer, what);
        }
    }

    /// <summary>One page, and how many jobs the server gave, which says whether there are more. The server's own filter is applied after its limit.</summary>
    private async Task<(IReadOnlyList<QueueJob> Jobs, int Count)> PageAsync(long start, int limit, bool ascending, string? method, string? state, string? filter,
        JobParts parts, CancellationToken cancellationToken)
    {
        var path = "jobs" + ApiPath.Query(("start", start), ("limit", limit), ("ascending", ascending ? true : null), ("method", method), ("state", state), ("filter", filter));
        using var answer = await DataAsync(ApiRequest.Get(path, limit == 0 ? 15 : 1 + (limit / 200.0)), "list jobs", cancellationToken).ConfigureAwait(false);
        var items = ApiJson.Items(Data(answer)).ToArray();
        var jobs = new QueueJob[items.Length];
        if ((parts & JobParts.ReturnValue) == 0)
        {
            return ([.. items.Select(item => Read(item, parts, null))], items.Length);
        }

        await EachAsync(items.Length, async (i, token) => jobs[i] = await ReadAsync(items[i], parts, token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return (jobs, items.Length);
    }

    /// <summary>All pages of a list, each job once.</summary>
    /// <remarks>Jobs leave the list while it is read, so each page begins with the last job of the one before: where another stands there, what was next has slipped
    /// towards the start, and is looked for there.</remarks>
    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> PagesAsync(int size, bool ascending, string? method, string? state, JobParts parts,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var recent = new RecentIds();
        for (long start = 0, back = FirstBack; ;)
        {
            var (jobs, count) = await PageAsync(start, size, ascending, method, state, null, parts, cancellationToken).ConfigureAwait(false);
            if (start > 0 && (count == 0 || !recent.Has(jobs[0])))
            {
                start = Math.Max(0, start - back);
                back *= 4;
                continue;
            }

            back = FirstBack;

            var fresh = recent.New(jobs);
            if (fresh.Count > 0)
            {
                yield return fresh;
            }

            if (count < size)
            {
                yield break;
            }

            start += count - 1;
        }
    }

    /// <summary>The one method that a name filter leaves, so that the server can filter by it; null when there are more or it can't be told.</summary>
    private async Task<string?> OneMethodAsync(IReadOnlyList<string>? names, CancellationToken cancellationToken)
    {
        if (names is not { Count: > 0 })
        {
            return null;
        }

        var methods = (await ReadMethodsAsync(false, cancellationToken).ConfigureAwait(false)).Select(static method => method.Name);
        var patterns = names.Select(static name => new JobWildcard(name)).ToArray();
        return methods.Where(method => patterns.Any(pattern => pattern.IsMatch(method))).ToArray() is [var only] ? only : null;
    }
}
