using System.Text.Json;
using JobAdmin.Server.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>The second page's searches and flows. A text in names or data is looked for on Redis, page by page, and no longer than a bounded time.</summary>
internal sealed class SearchApi(ScanGate gate)
{
    private const int FoundAtMost = 50, FlowsAtMost = 100, TextAtMost = 200, PageAtMost = 1000;
    private static readonly string[] Types = ["job", "queue", "payload", "name"];

    public IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/search", AccessRole.Reader, "Search for jobs, queues, or payloads", SearchAsync)
        {
            Tag = "Search", Answer = "SearchAnswer",
            Parameters =
            [
                new("q", "string", "A job id, part of a queue's name, or a text in names or payloads") { Required = true },
                new("type", "string", "What is searched") { Default = "job", Words = Types },
                new("queue", "string", "The queue to search within; needed for payloads"),
            ],
        },
        new("GET", "/api/jobs/search", AccessRole.Reader, "Search for jobs by part of their name", ByNameAsync)
        {
            Tag = "Search", Answer = "JobPage",
            Parameters =
            [
                new("name", "string", "Part of the job's name; empty for any"),
                new("queue", "string", "The queue to search within"),
                new("state", "string", "States, comma-separated"),
                new("after", "string", "Only jobs added at this time or later, ISO 8601"),
                new("before", "string", "Only jobs added before this time or at it, ISO 8601"),
                new("start", "integer", "Where the page begins") { Default = 0 },
                new("end", "integer", "Where the page ends, itself left out: at most 1000 behind start") { Default = 100 },
            ],
        },
        new("GET", "/api/flows", AccessRole.Reader, "List flow parent jobs, 100 at the most", FlowsAsync)
        {
            Tag = "Flows", Answer = "JobList",
            Parameters = [new("state", "string", "Filter by job state") { Default = "all", Words = ["all", .. DashboardJobs.Words] }],
        },
    ];

    private static string Text(ApiCall call, string name) => call.Query(name) is { Length: > 0 and <= TextAtMost } text ? text
        : throw ApiFault.Bad($"{name} must have 1 to {TextAtMost} characters");

    private async Task SearchAsync(ApiCall call)
    {
        var text = Text(call, "q");
        var type = call.Word("type", "job", Types);
        var queue = call.Query("queue") is { Length: > 0 } named ? ApiCall.QueueName(named) : null;
        switch (type)
        {
            case "job":
                await ByIdAsync(call, ApiCall.JobId(text), queue).ConfigureAwait(false);
                break;
            case "queue":
                var queues = (await call.Queues.QueuesAsync(call.Stop).ConfigureAwait(false)).Where(found => found.Name.Contains(text, StringComparison.OrdinalIgnoreCase)).ToList();
                await call.DataAsync(writer =>
                {
                    writer.WriteStartArray();
                    queues.ForEach(found => DashboardJobs.WriteQueue(writer, found));
                    writer.WriteEndArray();
                }).ConfigureAwait(false);
                break;
            case "payload":
                var filter = new JobFilter { Data = [new JobDataMatch(QueueScope.Literal(text))] };
                await FindAsync(call, [queue ?? throw ApiFault.Bad("queue is needed for a payload search")], filter).ConfigureAwait(false);
                break;
            default:
                await FindAsync(call, await NamedOrAllAsync(call, queue).ConfigureAwait(false), new JobFilter { Names = [$"*{QueueScope.Literal(text)}*"] }).ConfigureAwait(false);
                break;
        }
    }

    private static async Task<IReadOnlyList<string>> NamedOrAllAsync(ApiCall call, string? queue)
    {
        if (queue is null)
        {
            return await call.Queues.NamesAsync(call.Stop).ConfigureAwait(false);
        }

        await call.Queues.QueueAsync(queue, call.Stop).ConfigureAwait(false);
        return [queue];
    }

    private static async Task ByIdAsync(ApiCall call, string id, string? only)
    {
        foreach (var queue in await NamedOrAllAsync(call, only).ConfigureAwait(false))
        {
            try
            {
                if (await call.Queues.JobAsync(queue, id, JobParts.All, call.Stop).ConfigureAwait(false) is { } job)
                {
                    await JobApi.WriteJobAsync(call, job).ConfigureAwait(false);
                    return;
                }
            }
            catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
            {
                // It went away since its name was noted.
            }
        }

        await call.DataAsync(static writer => writer.WriteNullValue()).ConfigureAwait(false);
    }

    private async Task FindAsync(ApiCall call, IReadOnlyList<string> queues, JobFilter filter)
    {
        var found = new List<(string Queue, string Id)>();
        var whole = await gate.RunAsync(call, async stop =>
        {
            foreach (var queue in queues.TakeWhile(_ => found.Count < FoundAtMost))
            {
                var query = new JobQuery { Queue = queue, Filter = filter, First = FoundAtMost - found.Count };
                await ThroughAsync(call, query, page => found.AddRange(page.Select(static job => (job.Queue, job.Id))), stop).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        await WriteAsync(call, found, whole, null).ConfigureAwait(false);
    }

    private async Task ByNameAsync(ApiCall call)
    {
        var name = call.Query("name") ?? "";
        if (name.Length > TextAtMost)
        {
            throw ApiFault.Bad($"name must have at most {TextAtMost} characters");
        }

        var states = call.Query("state") is { Length: > 0 } words
            ? words.Split(',').SelectMany(word => DashboardJobs.States.TryGetValue(word, out var some) ? some : throw ApiFault.Bad($"state must be of {string.Join(", ", DashboardJobs.Words)}"))
                .Distinct().ToArray() : [];
        var (after, before) = (call.Time("after"), call.Time("before"));
        var start = call.Number("start", 0, 0, int.MaxValue);
        var end = call.Number("end", 0, 0, int.MaxValue);
        end = end == 0 ? start + 100 : end;
        if (end < start || end - start > PageAtMost)
        {
            throw ApiFault.Bad($"end must be at least start, and at most {PageAtMost} more");
        }

        var filter = name.Length == 0 ? new JobFilter() : new JobFilter { Names = [$"*{QueueScope.Literal(name)}*"] };
        var queues = await NamedOrAllAsync(call, call.Query("queue") is { Length: > 0 } named ? ApiCall.QueueName(named) : null).ConfigureAwait(false);
        var found = new List<(string Queue, string Id)>();
        long total = 0;
        var whole = await gate.RunAsync(call, async stop =>
        {
            foreach (var queue in queues)
            {
                await ThroughAsync(call, new JobQuery { Queue = queue, States = states, Filter = filter }, page =>
                {
                    foreach (var job in page.Where(job => (after is null || job.Timestamp >= after) && (before is null || job.Timestamp <= before)))
                    {
                        if (total >= start && total < end)
                        {
                            found.Add((queue, job.Id));
                        }

                        total++;
                    }
                }, stop).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        await WriteAsync(call, found, whole, writer => JobApi.WriteMeta(writer, total, start, end)).ConfigureAwait(false);
    }

    /// <summary>Goes through the jobs of one of several queues. One that goes away meanwhile has none.</summary>
    private static async Task ThroughAsync(ApiCall call, JobQuery query, Action<IReadOnlyList<QueueJob>> look, CancellationToken stop)
    {
        try
        {
            await foreach (var page in call.Queues.JobsAsync(query, stop).ConfigureAwait(false))
            {
                look(page);
            }
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
        {
            // It was there when the names were read.
        }
    }

    private async Task FlowsAsync(ApiCall call)
    {
        var word = call.Word("state", "all", ["all", .. DashboardJobs.Words]);
        var states = word == "all" ? [] : DashboardJobs.States[word];
        var found = new List<(string Queue, string Id)>();
        var queues = await call.Queues.NamesAsync(call.Stop).ConfigureAwait(false);
        var whole = await gate.RunAsync(call, async stop =>
        {
            foreach (var queue in queues.TakeWhile(_ => found.Count < FlowsAtMost))
            {
                await ParentsAsync(call, new JobQuery { Queue = queue, States = states, PageSize = 1000 }, found, stop).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        await WriteAsync(call, found.Take(FlowsAtMost).ToList(), whole, null).ConfigureAwait(false);
    }

    private static async Task ParentsAsync(ApiCall call, JobQuery query, List<(string Queue, string Id)> found, CancellationToken stop)
    {
        try
        {
            await foreach (var page in call.Queues.JobsAsync(query, stop).ConfigureAwait(false))
            {
                var children = await call.Queues.ChildrenAsync(query.Queue, [.. page.Select(static job => job.Id)], 0, stop).ConfigureAwait(false);
                found.AddRange(page.Where((_, i) => children[i].Total > 0).Select(job => (query.Queue, job.Id)));
                if (found.Count >= FlowsAtMost)
                {
                    return;
                }
            }
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
        {
            // It was there when the names were read.
        }
    }

    /// <summary>Reads what was found in full, a piece at a time, and says when the time was too short to find all.</summary>
    private static async Task WriteAsync(ApiCall call, List<(string Queue, string Id)> found, bool whole, Action<Utf8JsonWriter>? meta)
    {
        await using var json = new JsonStream(call);
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("data");
        foreach (var group in found.GroupBy(static job => job.Queue))
        {
            foreach (var ids in group.Select(static job => job.Id).Chunk(100))
            {
                List<QueueJob> jobs;
                try
                {
                    jobs = [.. (await call.Queues.JobsAsync(group.Key, ids, JobParts.All, call.Stop).ConfigureAwait(false)).OfType<QueueJob>()];
                }
                catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
                {
                    continue;
                }

                await (jobs.Count > 0 ? JobApi.WriteAsync(call, json, jobs) : Task.CompletedTask).ConfigureAwait(false);
            }
        }

        json.Writer.WriteEndArray();
        meta?.Invoke(json.Writer);
        if (!whole)
        {
            json.Writer.WriteBoolean("truncated", true);
        }

        json.Writer.WriteEndObject();
        await json.EndAsync().ConfigureAwait(false);
    }
}
