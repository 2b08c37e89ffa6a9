using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Openinary;

/// <summary>The Openinary queue API: video jobs in one queue, without a way to ask for one of them.</summary>
internal sealed partial class OpeninaryServer(JobServerOptions options, TimeProvider time) : SingleQueueServer(
    new HttpApi(options, ApiPath.Root(options.Address, "queue"), options.Password is { IsEmpty: false } key ? [new("Authorization", new Secret($"Bearer {key.Reveal()}"))] : [], time)
    {
        // It answers the hundred and first request of a minute as if the key were wrong.
        UnauthorizedMeansWait = true,
    }, options), IJobWorkers
{
    private const int JobsAtFirst = 500;

    /// <summary>The server's word for active jobs: its page has another than the server itself.</summary>
    private string activeWord = "processing";

    protected override JobServerKind Kind => JobServerKind.Openinary;

    protected override IReadOnlyList<JobState> States { get; } = [JobState.Active, JobState.Waiting, JobState.Failed, JobState.Completed, JobState.Cancelled];

    protected override ApiRequest Ping { get; } = ApiRequest.Get("stats");

    public override bool Recognises(ApiAnswer answer) => answer.Json is { ValueKind: JsonValueKind.Object } json && answer.Status switch
    {
        200 => json.Field("total") is not null && json.TryGetProperty("pending", out _),
        401 => json.Text("error") == "Authentication required" && json.Text("message")?.Contains("API key", StringComparison.OrdinalIgnoreCase) == true,
        _ => false,
    };

    public override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var stats = await PingAsync(Ping with { Once = true }, cancellationToken).ConfigureAwait(false);
        activeWord = stats.Json!.Value.Field("running") is not null ? "running" : "processing";
        Open(JobServerCapabilities.ListQueues | JobServerCapabilities.ListJobs | JobServerCapabilities.GetJob | JobServerCapabilities.Retry
            | JobServerCapabilities.Stop | JobServerCapabilities.Remove | JobServerCapabilities.Clear | JobServerCapabilities.Events | JobServerCapabilities.Workers,
            defaultQueue: QueueName);
    }

    public override async Task<IReadOnlyList<QueueJob?>> GetJobsByIdAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.GetJob, "get a job by id");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var missing = ids.ToHashSet(StringComparer.Ordinal);
        var found = new Dictionary<string, QueueJob>(StringComparer.Ordinal);
        var pages = ReadAllAsync(null, JobsAtFirst, parts, cancellationToken);
        await foreach (var jobs in pages.ConfigureAwait(false))
        {
            foreach (var job in jobs.Where(job => missing.Remove(job.Id)))
            {
                found[job.Id] = job;
            }

            if (missing.Count == 0)
            {
                break;
            }
        }

        return [.. ids.Select(id => found.GetValueOrDefault(id))];
    }

    public async Task<IReadOnlyList<JobWorker>> GetWorkersAsync(string? queue, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Workers, "list workers");
        await CheckQueueAsync(queue ?? QueueName, cancellationToken).ConfigureAwait(false);
        using var answer = await Api.JsonAsync(ApiRequest.Get("worker/stats"), "get worker statistics", cancellationToken).ConfigureAwait(false);
        var stats = answer.Json!.Value;
        return
        [
            new JobWorker
            {
                Queue = QueueName, Name = "worker", Concurrency = stats.Small("maxConcurrent"), Active = stats.Small("processingCount"), IsRunning = stats.Flag("isRunning"),
                PollInterval = ApiJson.Milliseconds(stats.Number("pollInterval")), Server = this,
            },
        ];
    }

    protected override async Task<ApiAnswer> PingAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var answer = await Api.JsonAsync(request, "connect", cancellationToken).ConfigureAwait(false);
        return answer.Json is { ValueKind: JsonValueKind.Object } stats && (stats.TryGetProperty("total", out _) || stats.TryGetProperty("pending", out _))
            ? answer : throw Api.Errors.From(answer, "connect");
    }

    protected override async Task<JobCounts> ReadCountsAsync(CancellationToken cancellationToken)
    {
        using var answer = await PingAsync(Ping, cancellationToken).ConfigureAwait(false);
        var stats = answer.Json!.Value;
        // Sums over no rows are null.
        long waiting = stats.Integer("pending") ?? 0, active = stats.Integer("processing", "running") ?? 0;
        long completed = stats.Integer("completed") ?? 0, failed = stats.Integer("error") ?? 0;
        return new JobCounts
        {
            Waiting = waiting, Active = active, Completed = completed, Failed = failed,
            // Cancelled jobs are counted in the total alone.
            Cancelled = stats.Integer("cancelled") ?? (stats.Integer("total") is { } total ? Math.Max(0, total - waiting - active - completed - failed) : null),
        };
    }

    protected override async Task<long?> CountAsync(string queue, IReadOnlyList<JobState> states, CancellationToken cancellationToken)
    {
        var counts = await ReadCountsAsync(cancellationToken).ConfigureAwait(false);
        return states.All(state => counts[state] is not null) ? states.Sum(state => counts[state]) : null;
    }

    protected override async IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The server gives the newest first; the oldest come from the end of all.
        var limit = listing is { OldestFirst: false, Wanted: { } wanted } ? (int)Math.Clamp(wanted, 1, int.MaxValue) : JobsAtFirst;
        var held = new List<QueueJob>();
        await foreach (var jobs in ReadAllAsync(Word(listing.State), limit, listing.Parts, cancellationToken).ConfigureAwait(false))
        {
            var page = jobs.Where(job => job.State == listing.State).ToList();
            if (listing.OldestFirst)
            {
                held.AddRange(page);
            }
            else if (page.Count > 0)
            {
                yield return page;
            }
        }

        held.Reverse();
        if (held.Count > 0)
        {
            yield return held;
        }
    }

    protected override async Task<QueueJob?> GetJobAsync(string queue, string id, JobParts parts, CancellationToken cancellationToken) =>
        (await GetJobsByIdAsync(queue, [id], parts, cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Reads a list that the server sorts newest first. It takes no offset together with a status, and jobs move: so the limit is raised until the
    /// list is shorter, and what was there before is left out.</summary>
    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> ReadAllAsync(string? status, int limit, JobParts parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var before = -1; ;)
        {
            var request = ApiRequest.Get("jobs" + ApiPath.Query(("limit", limit), ("status", status)), 1 + (limit / 500.0));
            using var answer = await Api.JsonAsync(request, "list jobs", cancellationToken).ConfigureAwait(false);
            if (answer.Json!.Value.Field("jobs") is not { ValueKind: JsonValueKind.Array } list)
            {
                throw Api.Errors.From(answer, "list jobs");
            }

            var jobs = list.EnumerateArray().Select(job => Read(job, parts)).ToList();
            var fresh = jobs.Where(job => seen.Add(job.Id)).ToList();
            if (fresh.Count > 0)
            {
                yield return fresh;
            }

            if (jobs.Count < limit)
            {
                if (jobs.Count == before)
                {
                    WireLog.Note($"{Api.Endpoint} gives no more than {jobs.Count} jobs at once: there may be others.");
                }

                yield break;
            }

            before = jobs.Count;
            limit = (int)Math.Min(int.MaxValue, limit * 10L);
        }
    }

    private QueueJob Read(JsonElement job, JobParts parts)
    {
        var status = job.Text("status");
        return new QueueJob
        {
            Queue = QueueName, Id = job.Text("id") ?? "", Name = job.Text("file_path", "filePath") ?? "", State = Parse(status), RawState = status,
            Progress = job.Progress(1, "progress"), AttemptsMade = job.Small("retry_count", "retryCount") ?? 0, Attempts = job.Small("max_retries", "maxRetries"),
            Priority = job.Integer("priority") ?? 0, Timestamp = job.Time("created_at", "createdAt"), ProcessedOn = job.Time("started_at", "startedAt"),
            FinishedOn = job.Time("completed_at", "completedAt"), FailedReason = job.Text("error"),
            RawData = Part(parts, JobParts.Data, () => job.Inner("params_json", "params")),
            // The whole row: it also says where the source and the result lie.
            RawOptions = Part(parts, JobParts.Options, () => ApiJson.Bytes(job)), Server = this,
        };
    }

    private string Word(JobState state) => state switch
    {
        JobState.Waiting => "pending",
        JobState.Active => activeWord,
        JobState.Failed => "error",
        _ => state.ToString().ToLowerInvariant(),
    };

    private static JobState Parse(string? word) => word switch
    {
        "pending" => JobState.Waiting,
        "processing" or "running" => JobState.Active,
        "completed" => JobState.Completed,
        "error" or "failed" => JobState.Failed,
        "cancelled" => JobState.Cancelled,
        _ => JobState.Unknown,
    };
}
