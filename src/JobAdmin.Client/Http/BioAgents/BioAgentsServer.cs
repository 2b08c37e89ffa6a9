using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.BioAgents;

/// <summary>The BioAgents job management API: four BullMQ queues, read whole, and the retry of one failed job.</summary>
internal sealed class BioAgentsServer(JobServerOptions options, TimeProvider time) : HttpJobServer(
    new HttpApi(options, ApiPath.Root(options.Address, "api/admin"), options.Password is { } key ? [new("X-Admin-Key", key)] : [], time), options)
{
    private const int FirstLimit = 1000, NearlyAll = 10_000;
    private const string DefaultQueue = "deep-research";
    private static readonly string[] QueueNames = ["chat", DefaultQueue, "file-process", "paper-generation"];

    protected override JobServerKind Kind => JobServerKind.BioAgents;

    protected override IReadOnlyList<JobState> States { get; } =
        [JobState.Active, JobState.Waiting, JobState.Delayed, JobState.Failed, JobState.Completed];

    protected override IReadOnlyList<JobState> HiddenStates { get; } = [JobState.Prioritized, JobState.WaitingChildren, JobState.Paused];

    protected override ApiRequest Ping { get; } = ApiRequest.Get("jobs" + ApiPath.Query(("queue", DefaultQueue), ("status", "active"), ("limit", 1)));

    public override bool Recognises(ApiAnswer answer) => answer.Json is { ValueKind: JsonValueKind.Object } json && answer.Status switch
    {
        200 => json.Field("jobs") is not null && json.Field("counts") is not null,
        401 => json.Text("error") == "Unauthorized" && json.Field("message") is null,
        503 => json.Text("error") == "Job queue not enabled",
        _ => false,
    };

    public override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        (await PingAsync(Ping with { Once = true }, cancellationToken).ConfigureAwait(false)).Dispose();
        Open(JobServerCapabilities.ListQueues | JobServerCapabilities.ListJobs | JobServerCapabilities.GetJob | JobServerCapabilities.Retry);
    }

    protected override async Task<ApiAnswer> PingAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var answer = await Api.JsonAsync(request, "connect", cancellationToken).ConfigureAwait(false);
        return answer.Json!.Value.Field("jobs", "counts") is not null ? answer : throw Api.Errors.From(answer, "connect");
    }

    protected override Task CheckQueueAsync(string queue, CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task<IReadOnlyList<JobQueueInfo>> ReadQueuesAsync(JobWildcard[]? patterns, bool namesOnly, CancellationToken cancellationToken)
    {
        // The server lists no queues: there are the four that it is made of, and it may know of another that the user names.
        var names = patterns is null ? QueueNames
            : [.. QueueNames.Where(name => patterns.Any(pattern => pattern.IsMatch(name)))
                .Concat(patterns.Where(static pattern => pattern.IsLiteral).Select(static pattern => pattern.Literal!))
                .Distinct(StringComparer.OrdinalIgnoreCase)];
        if (namesOnly && names.All(QueueNames.Contains))
        {
            return [.. names.Select(name => new JobQueueInfo { Name = name, Server = this })];
        }

        var queues = new JobQueueInfo?[names.Length];
        await EachAsync(names.Length, async (i, token) =>
        {
            try
            {
                var (_, counts) = await ReadAsync(names[i], "active", 1, JobParts.None, token).ConfigureAwait(false);
                queues[i] = new JobQueueInfo { Name = names[i], Counts = counts, IsPaused = counts.Paused > 0 ? true : counts.Waiting > 0 ? false : null, Server = this };
            }
            catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
            {
                // Left out: the caller tells whether it was asked for by name.
            }
        }, cancellationToken).ConfigureAwait(false);
        return [.. queues.OfType<JobQueueInfo>()];
    }

    protected override async Task<long?> CountAsync(string queue, IReadOnlyList<JobState> states, CancellationToken cancellationToken)
    {
        var (_, counts) = await ReadAsync(queue, "active", 1, JobParts.None, cancellationToken).ConfigureAwait(false);
        return states.Sum(state => Count(counts, state));
    }

    /// <summary>The server has no pages. It takes one job more than the limit, the oldest that wait or the last that ended, sorts them by the time they were
    /// added, and cuts the oldest off: only an answer with fewer jobs than the limit is sure to be all, so it is asked until it is.</summary>
    protected override async IAsyncEnumerable<IReadOnlyList<QueueJob>> ListAsync(StateListing listing, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var limit = (int)Math.Clamp(listing.Wanted ?? 0, listing.Rough ? 1 : FirstLimit, int.MaxValue);
        var (jobs, counts) = await ReadAsync(listing.Queue, Word(listing.State), limit, listing.Parts, cancellationToken).ConfigureAwait(false);
        var ended = listing.State is JobState.Completed or JobState.Failed;
        for (var tries = 0; jobs.Count >= limit && !listing.Rough; tries++)
        {
            var total = Count(counts, listing.State);
            if (total > NearlyAll && ended && !listing.OldestFirst && listing.Wanted <= limit)
            {
                WireLog.Note($"{Api.Endpoint} gives the {limit} newest of {total} {Word(listing.State)} jobs of {listing.Queue}, less the one that was added first.");
                break;
            }

            if (total <= limit || tries == 3)
            {
                WireLog.Note($"{Api.Endpoint} gives no more than {jobs.Count} of {total} {Word(listing.State)} jobs of {listing.Queue}.");
                break;
            }

            limit = (int)Math.Min(int.MaxValue, total + 100);
            (jobs, counts) = await ReadAsync(listing.Queue, Word(listing.State), limit, listing.Parts, cancellationToken).ConfigureAwait(false);
        }

        // A job that moved on while the server was reading is of another state by now.
        var ordered = jobs.Where(job => job.State == listing.State)
            .OrderByDescending(job => ended ? job.FinishedOn ?? job.Timestamp : job.Timestamp).ToList();
        if (listing.OldestFirst)
        {
            ordered.Reverse();
        }

        if (ordered.Count > 0)
        {
            yield return ordered;
        }
    }

    protected override async Task<QueueJob?> GetJobAsync(string queue, string id, JobParts parts, CancellationToken cancellationToken)
    {
        using var answer = await Api.SendAsync(ApiRequest.Get($"jobs/{ApiPath.Segment(id, "job id")}{ApiPath.Query(("queue", queue))}"), cancellationToken)
            .ConfigureAwait(false);
        if (IsMissing(queue, answer))
        {
            return null;
        }

        return answer.IsSuccess && answer.Json is { } json && json.Text("id") is not null
            ? Read(json, queue, parts)
            : throw Api.Errors.From(answer, "get a job");
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
        Api.SendAsync(ApiRequest.Post($"jobs/{ApiPath.Segment(id, "job id")}/retry{ApiPath.Query(("queue", queue))}"), cancellationToken);

    protected override JobOutcome? Judge(string queue, string id, JobChange change, ApiAnswer answer)
    {
        var words = Api.Errors.Words(answer);
        return answer switch
        {
            _ when Says(answer) == false => Outcome(queue, id, JobOutcomeStatus.Refused, words),
            _ when Says(answer) == true => Outcome(queue, id, JobOutcomeStatus.Retried, previous: JobState.Failed),
            { Status: 400 } when words?.Split('\'') is [_, var state, ..] => Outcome(queue, id, JobOutcomeStatus.SkippedWrongState, words, Parse(state)),
            { Status: 400 } => Outcome(queue, id, JobOutcomeStatus.SkippedWrongState, words),
            _ when IsMissing(queue, answer) => Outcome(queue, id, JobOutcomeStatus.NotFound, words),
            _ => null,
        };
    }

    /// <summary>Whether the answer says that the job isn't there; a missing queue is an error.</summary>
    private bool IsMissing(string queue, ApiAnswer answer)
    {
        if (answer is not { Fault: ApiFault.None, Status: 404, Json: { } json } || json.Text("error") is not { } error)
        {
            return false;
        }

        // A gateway without a way to the server says 404 in JSON too.
        return error.StartsWith("Queue", StringComparison.OrdinalIgnoreCase)
            ? throw NoQueue(queue, $"The queues of BioAgents are {string.Join(", ", QueueNames)}.") : error.StartsWith("Job", StringComparison.OrdinalIgnoreCase);
    }

    private async Task<(IReadOnlyList<QueueJob> Jobs, JobCounts Counts)> ReadAsync(string queue, string status, int limit, JobParts parts, CancellationToken cancellationToken)
    {
        var request = ApiRequest.Get("jobs" + ApiPath.Query(("queue", queue), ("status", status), ("limit", limit)), patience: 1 + (limit / 500.0));
        using var answer = await Api.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (IsMissing(queue, answer) || !answer.IsSuccess || answer.Json is not { } json || json.Field("jobs") is not { ValueKind: JsonValueKind.Array } list)
        {
            throw Api.Errors.From(answer, $"list {status} jobs of {queue}");
        }

        var counts = json.Field("counts") ?? default;
        return ([.. list.EnumerateArray().Select(job => Read(job, queue, parts))], new JobCounts
        {
            Waiting = counts.Integer("waiting"), Active = counts.Integer("active"), Completed = counts.Integer("completed"),
            Failed = counts.Integer("failed"), Delayed = counts.Integer("delayed"), Paused = counts.Integer("paused"),
        });
    }

    private QueueJob Read(JsonElement job, string queue, JobParts parts) => new()
    {
        Queue = queue, Id = job.Text("id") ?? "", Name = job.Text("name") ?? "", State = Parse(job.Text("state")), RawState = job.Text("state"),
        Progress = job.Progress(1, "progress"), AttemptsMade = job.Small("attemptsMade") ?? 0, Timestamp = job.Time("timestamp"),
        ProcessedOn = job.Time("processedOn"), FinishedOn = job.Time("finishedOn"), FailedReason = job.Text("failedReason"),
        RawData = Part(parts, JobParts.Data, () => job.Raw("data")), Server = this,
    };

    /// <summary>A paused queue's jobs are counted apart, and listed among the waiting ones.</summary>
    private static long Count(JobCounts counts, JobState state) => (counts[state] ?? 0) + (state == JobState.Waiting ? counts.Paused ?? 0 : 0);

    private static string Word(JobState state) => state.ToString().ToLowerInvariant();

    private static JobState Parse(string? word) => word switch
    {
        "waiting" or "wait" or "paused" => JobState.Waiting,
        "active" => JobState.Active,
        "completed" => JobState.Completed,
        "failed" => JobState.Failed,
        "delayed" => JobState.Delayed,
        "prioritized" => JobState.Prioritized,
        "waiting-children" => JobState.WaitingChildren,
        _ => JobState.Unknown,
    };
}
