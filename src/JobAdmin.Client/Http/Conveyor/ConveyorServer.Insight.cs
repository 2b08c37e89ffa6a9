using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer : IJobMetrics, IJobGroups, IJobFlows, IJobWorkers
{
    private const int FlowsCap = 100;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public async Task<bool> AreMetricsEnabledAsync(CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Metrics, "give metrics");
        using var answer = await DataAsync(ApiRequest.Get("metrics/status"), "look at metrics", cancellationToken).ConfigureAwait(false);
        return Data(answer).Flag("enabled") == true;
    }

    public async Task<IReadOnlyList<JobMetricPoint>> GetMetricsAsync(JobMetricQuery query, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Metrics, "give metrics");
        var hourly = query.Step == Hour;
        if (!hourly && query.Step != TimeSpan.FromMinutes(1))
        {
            throw Lacks("give metrics in other steps than minutes and hours");
        }

        await CheckQueueAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        var path = $"{Queue(query.Queue)}/metrics" + ApiPath.Query(("granularity", hourly ? "hour" : "minute"),
            ("from", query.From ?? (query.To is { } end ? end - Hour : null)), ("to", query.To));
        using var answer = await DataAsync(ApiRequest.Get(path), "get metrics", cancellationToken).ConfigureAwait(false);
        return [.. ApiJson.Items(Data(answer)).Select(point => ReadPoint(point, query)).OrderBy(static point => point.Time)];
    }

    public async Task<IReadOnlyList<JobSparkline>> GetSparklinesAsync(IReadOnlyCollection<string> queues, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Metrics, "give metrics");
        using var answer = await DataAsync(ApiRequest.Get("metrics/sparklines", 2), "get sparklines", cancellationToken).ConfigureAwait(false);
        return Data(answer) is { ValueKind: JsonValueKind.Object } rows
            ? [.. rows.EnumerateObject().Where(row => queues.Contains(row.Name)).Select(row => new JobSparkline
            {
                Queue = row.Name, Points = [.. ApiJson.Items(row.Value).Select(static number => (long)(ApiJson.AsNumber(number) ?? 0))], Server = this,
            })]
            : [];
    }

    public async Task<IReadOnlyList<JobGroup>> GetGroupsAsync(string queue, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Groups, "list groups");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        using var answer = await DataAsync(ApiRequest.Get($"{Queue(queue)}/groups"), "list groups", cancellationToken).ConfigureAwait(false);
        return [.. ApiJson.Items(Data(answer)).Select(group => new JobGroup
        {
            Queue = queue, GroupId = group.Text("groupId", "id") ?? "", Active = group.Integer("activeCount"), Waiting = group.Integer("waitingCount"), Server = this,
        })];
    }

    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> GetFlowParentsAsync(JobState? state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Flows, "list flows");
        var word = state is { } one ? ListedStates([one]).Select(Word).FirstOrDefault() : null;
        if (state is not null && word is null)
        {
            yield break;
        }

        using var answer = await DataAsync(ApiRequest.Get("flows" + ApiPath.Query(("state", word)), 2), "list flows", cancellationToken).ConfigureAwait(false);
        // A store that knows no flows gives an object of lists instead.
        var lists = Data(answer) is { ValueKind: JsonValueKind.Object } several ? several.EnumerateObject().Select(static list => list.Value) : [Data(answer)];
        var parents = lists.SelectMany(static list => ApiJson.Items(list)).Select(job => ReadJob(job, null, JobParts.All)).ToList();
        if (parents.Count >= FlowsCap)
        {
            WireLog.Note($"{Api.Endpoint} gives no more than {FlowsCap} flow parents: there may be others.");
        }

        if (parents.Count > 0)
        {
            yield return parents;
        }
    }

    public async Task<JobFlowNode?> GetFlowAsync(string queue, string id, int maxDepth, JobParts parts, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Flows, "show flows");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        using var answer = await Api.SendAsync(ApiRequest.Get(Job(queue, id)), cancellationToken).ConfigureAwait(false);
        if (IsMissing(answer))
        {
            return null;
        }

        return answer.IsSuccess && answer.Json?.Field("data") is { ValueKind: JsonValueKind.Object } job
            ? await NodeAsync(job, queue, 0, maxDepth, parts, cancellationToken).ConfigureAwait(false) : throw Api.Errors.From(answer, "get a job");
    }

    public async Task<IReadOnlyList<JobWorker>> GetWorkersAsync(string? queue, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Workers, "list workers");
        if (queue is not null)
        {
            await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        }

        using var answer = await DataAsync(ApiRequest.Get("workers" + ApiPath.Query(("queue", queue))), "list workers", cancellationToken).ConfigureAwait(false);
        return [.. ApiJson.Items(Data(answer)).Select(worker => ReadWorker(worker, queue))];
    }

    private async Task<JobFlowNode> NodeAsync(JsonElement job, string queue, int depth, int maxDepth, JobParts parts, CancellationToken cancellationToken)
    {
        var read = ReadJob(job, queue, parts);
        var count = job.Field("childrenIds") is { ValueKind: JsonValueKind.Array } ids ? ids.GetArrayLength() : (int?)null;
        JobFlowNode[] children = [];
        if (depth < maxDepth && count != 0)
        {
            using var answer = await DataAsync(ApiRequest.Get(Job(read.Queue, read.Id) + "/children"), "list children", cancellationToken).ConfigureAwait(false);
            var items = ApiJson.Items(Data(answer)).ToArray();
            children = new JobFlowNode[items.Length];
            for (var i = 0; i < items.Length; i++)
            {
                children[i] = await NodeAsync(items[i], read.Queue, depth + 1, maxDepth, parts, cancellationToken).ConfigureAwait(false);
            }
        }

        return new JobFlowNode { Job = read, Children = children, ChildCount = count, PendingChildren = job.Small("pendingChildrenCount"), Depth = depth };
    }

    private JobMetricPoint ReadPoint(JsonElement point, JobMetricQuery query)
    {
        var completed = point.Integer("completedCount") ?? 0;
        var failed = point.Integer("failedCount") ?? 0;
        return new JobMetricPoint
        {
            Queue = point.Text("queueName") ?? query.Queue, Name = point.Text("jobName") is { } name and not AllNames ? name : null,
            Time = point.Time("periodStart") ?? default, Step = query.Step, Completed = completed, Failed = failed, Server = this,
            AverageDuration = completed + failed > 0 ? ApiJson.Milliseconds(point.Number("totalProcessMs") / (completed + failed)) : null,
            MinDuration = ApiJson.Milliseconds(point.Number("minProcessMs")),
            MaxDuration = ApiJson.Milliseconds(point.Number("maxProcessMs")),
        };
    }

    /// <summary>The page does not describe workers: what is understood becomes a property, and all of it is kept as it came.</summary>
    private JobWorker ReadWorker(JsonElement worker, string? queue)
    {
        var now = Api.Time.GetUtcNow() + Api.ClockOffset;
        var started = worker.Time("startedAt", "createdAt", "registeredAt");
        var seen = worker.Time("lastSeenAt", "lastHeartbeatAt", "heartbeatAt");
        return new JobWorker
        {
            Queue = worker.Text("queueName", "queue") ?? queue ?? "", Id = worker.Text("id", "workerId"), Name = worker.Text("name"),
            Host = worker.Text("hostname", "host"), Started = started, LastSeen = seen, Age = started is { } start ? now - start : null,
            Idle = seen is { } last ? now - last : null, Concurrency = worker.Small("concurrency"), Active = worker.Small("activeCount", "activeJobs", "active"),
            IsRunning = worker.Flag("isRunning", "running") ?? (worker.Flag("stale", "isStale") is { } stale ? !stale : null), Server = this,
            Fields = worker.ValueKind == JsonValueKind.Object
                ? worker.EnumerateObject().GroupBy(JsonStrings.Name).ToDictionary(static field => field.Key,
                    static field => ApiJson.AsText(field.Last().Value) ?? field.Last().Value.GetRawText()) : null,
        };
    }
}
