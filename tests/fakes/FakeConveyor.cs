using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>Answers as a Conveyor dashboard on its memory store does, the traps included: it makes queues that are asked about, removes what isn't there,
/// fails on a state it doesn't know, ends pages before their end, and finds fifty jobs at the most.</summary>
public sealed partial class FakeConveyor : IFakeApi
{
    private static readonly string[] Words = ["waiting", "waiting-children", "delayed", "active", "completed", "failed"];
    private readonly Dictionary<string, List<FakeConveyorJob>> queues = [];
    private readonly Dictionary<string, HashSet<string>> paused = [];

    /// <summary>What happens before each listing, to make jobs move while they are read.</summary>
    public Action? OnList { get; set; }

    /// <summary>Whether it is on its Redis store, which knows no flows and no search over all jobs.</summary>
    public bool OnRedis { get; set; }

    public bool Metrics { get; set; } = true;

    public bool Workers { get; set; }

    public bool ReadOnly { get; set; }

    /// <summary>Whether it wants a key.</summary>
    public bool Auth { get; set; }

    public List<FakeConveyorJob> this[string queue]
    {
        get
        {
            if (!queues.TryGetValue(queue, out var jobs))
            {
                queues[queue] = jobs = [];
            }

            return jobs;
        }
    }

    public IEnumerable<string> QueueNames => queues.Keys;

    public FakeServer Start() => new(Answer);

    public FakeAnswer Answer(FakeRequest request)
    {
        lock (queues)
        {
            var parts = request.Path.Trim('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
            return parts is ["api", .. var path] ? Answer(request, path) : FakeAnswer.Html(404);
        }
    }

    public FakeConveyorJob Add(string queue, string id, string state, string at, string? ended = null)
    {
        var job = new FakeConveyorJob(queue, id, state, at, ended);
        this[queue].Add(job);
        return job;
    }

    private static FakeAnswer Data(JsonNode? data, int status = 200) => FakeAnswer.Json(new JsonObject { ["data"] = data }.ToJsonString(), status);

    private static FakeAnswer Error(int status, string code, string message) =>
        FakeAnswer.Json(new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }.ToJsonString(), status);

    private FakeAnswer Answer(FakeRequest request, string[] path) => (request.Method, path) switch
    {
        ("GET", ["config"]) => Data(new JsonObject { ["readOnly"] = ReadOnly, ["authRequired"] = Auth }),
        _ when Auth && !(request.Headers.TryGetValue("Authorization", out var key) && key == "Bearer " + FakeServer.TestKey) => Error(401, "UNAUTHORIZED", "Authentication required"),
        _ when ReadOnly && request.Method != "GET" => Error(403, "READ_ONLY", "Dashboard is in read-only mode"),
        ("GET", ["openapi.json"]) => FakeAnswer.Json("""{"openapi":"3.1.0","info":{"title":"Conveyor"}}"""),
        ("GET", ["events"]) => events.Open(null, []),
        ("GET", ["queues", var name, "events"]) => events.Open(name, []),
        ("GET", ["queues"]) => Data(new JsonArray([.. queues.Keys.Select(name => (JsonNode)Queue(name))])),
        ("GET", ["workers"]) when Workers => Data(JsonNode.Parse($$"""[{"id":"w1","queueName":"{{request["queue"] ?? "a"}}","hostname":"box","startedAt":"2026-11-22T03:00:00.000Z","concurrency":4,"stale":false}]""")),
        ("GET", ["flows"]) when OnRedis => Data(JsonNode.Parse("""{"active":[],"completed":[]}""")),
        ("GET", ["flows"]) => Data(new JsonArray([.. queues.Values.SelectMany(static jobs => jobs).Where(job => job.Children.Count > 0 && (request["state"] ?? job.State) == job.State).Take(100).Select(job => (JsonNode)job.ToJson())])),
        ("GET", ["queues", var name, "groups"]) => Data(Groups(name)),
        ("GET", ["metrics", "sparklines"]) when Metrics => Data(new JsonObject(queues.Keys.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonArray([.. Buckets(name).GroupBy(static job => job.Ended![..16]).Select(static group => (JsonNode)group.Count())]))))),
        ("GET", ["jobs", "search"]) => Search(request),
        ("GET", ["search"]) => QuickSearch(request),
        ("GET", ["metrics", "status"]) => Data(new JsonObject { ["enabled"] = Metrics }),
        ("GET", ["queues", _, "metrics"]) when !Metrics => Error(400, "METRICS_DISABLED", "Metrics are not enabled"),
        ("GET", ["queues", var name, "metrics"]) => Data(Points(name, request)),
        ("GET", ["queues", var name]) => Data(Detail(name)),
        ("GET", ["queues", var name, "jobs"]) => List(request, name),
        ("POST", ["queues", var name, "jobs"]) => AddJob(request, name),
        ("POST", ["queues", var name, "pause"]) => Pause(request, name, true),
        ("POST", ["queues", var name, "resume"]) => Pause(request, name, false),
        ("POST", ["queues", var name, "clean"]) => Clean(request, name),
        ("POST", ["queues", var name, "drain"]) => Data(new JsonObject { ["drained"] = this[name].RemoveAll(static job => job.State is "waiting" or "delayed" or "waiting-children") >= 0 }),
        ("POST", ["queues", var name, "retry"]) => Data(new JsonObject { ["retried"] = RetryAll(name, (string?)JsonNode.Parse(request.Body)?["state"]) }),
        ("POST", ["queues", var name, "promote"]) => Data(new JsonObject { ["promoted"] = PromoteAll(name) }),
        ("DELETE", ["queues", var name]) when this[name].Any(job => job.State == "active") && request["force"] != "true" => new FakeAnswer(500, "Internal Server Error", "text/plain"),
        ("DELETE", ["queues", var name]) => Data(new JsonObject { ["obliterated"] = queues.Remove(name) }),
        ("DELETE", ["queues", var name, "jobs", var id]) => Data(new JsonObject { ["removed"] = this[name].RemoveAll(job => job.Id == id) >= 0 }),
        (_, ["queues", var name, "jobs", var id, .. var action]) => this[name].Find(job => job.Id == id) is { } job
            ? Job(request, job, action) : Error(404, "NOT_FOUND", $"Job {id} not found"),
        _ => FakeAnswer.Html(404),
    };

    private JsonObject Counts(string name) => new(Words.Select(word => KeyValuePair.Create(word, (JsonNode?)this[name].Count(job => job.State == word))));

    private JsonObject Queue(string name) => new()
    {
        ["name"] = name, ["counts"] = Counts(name), ["isPaused"] = paused.TryGetValue(name, out var names) && names.Contains("__all__"), ["latestActivity"] = null, ["scheduledCount"] = 0,
    };

    private JsonObject Detail(string name) => new()
    {
        ["name"] = name, ["counts"] = Counts(name), ["pausedNames"] = new JsonArray([.. (paused.GetValueOrDefault(name) ?? []).Select(one => (JsonNode)one)]),
    };

    private FakeAnswer List(FakeRequest request, string name)
    {
        OnList?.Invoke();
        var state = request["state"] ?? "waiting";
        if (!Words.Contains(state))
        {
            return new FakeAnswer(500, "Internal Server Error", "text/plain");
        }

        var start = int.Parse(request["start"] ?? "0");
        var end = request["end"] is { } text && int.Parse(text) is > 0 and var given ? given : 100;
        if (end - start > 1000)
        {
            return Error(400, "BAD_REQUEST", "Page size too large (max 1000)");
        }

        var jobs = this[name].Where(job => job.State == state);
        var ordered = (state is "completed" or "failed" ? jobs.OrderByDescending(job => job.Ended) : jobs.OrderBy(job => job.At)).ToList();
        var page = ordered.Skip(start).Take(end - start).Select(job => (JsonNode)job.ToJson());
        return FakeAnswer.Json(new JsonObject
        {
            ["data"] = new JsonArray([.. page]), ["meta"] = new JsonObject { ["total"] = ordered.Count, ["start"] = start, ["end"] = end },
        }.ToJsonString());
    }

    private FakeAnswer Search(FakeRequest request)
    {
        if (OnRedis)
        {
            return FakeAnswer.Json("""{"data":[],"meta":{"total":0,"start":0,"end":0}}""");
        }

        var all = queues.Where(pair => request["queue"] is null || pair.Key == request["queue"]).SelectMany(pair => pair.Value)
            .Where(job => job.Name.Contains(request["name"] ?? "", StringComparison.OrdinalIgnoreCase) && (request["state"] is not { } states || states.Split(',').Contains(job.State)))
            .OrderByDescending(job => job.At).ToList();
        var (start, end) = (int.Parse(request["start"]!), int.Parse(request["end"]!));
        return FakeAnswer.Json(new JsonObject
        {
            ["data"] = new JsonArray([.. all.Skip(start).Take(end - start).Select(job => (JsonNode)job.ToJson())]),
            ["meta"] = new JsonObject { ["total"] = all.Count, ["start"] = start, ["end"] = end },
        }.ToJsonString());
    }

    private FakeAnswer QuickSearch(FakeRequest request)
    {
        var text = request["q"]!;
        var all = queues.Where(pair => request["queue"] is null || pair.Key == request["queue"]).SelectMany(pair => pair.Value);
        if (request["type"] == "queue")
        {
            return Data(new JsonArray([.. queues.Keys.Where(name => name.Contains(text, StringComparison.Ordinal)).Select(name => (JsonNode)Queue(name))]));
        }

        return request["type"] is null or "job"
            ? Data(all.FirstOrDefault(job => job.Id == text)?.ToJson())
            : Data(new JsonArray([.. all.Where(job => (request["type"] == "name" ? job.Name : job.Data).Contains(text, StringComparison.OrdinalIgnoreCase)).Take(50).Select(job => (JsonNode)job.ToJson())]));
    }

    private FakeAnswer AddJob(FakeRequest request, string name)
    {
        var body = JsonNode.Parse(request.Body)!;
        var job = Add(name, (string?)body["opts"]?["jobId"] ?? $"made-{this[name].Count}", body["opts"]?["delay"] is null ? "waiting" : "delayed", "2026-11-22T05:00:00.000Z");
        job.Name = (string)body["name"]!;
        job.Data = body["data"]!.ToJsonString();
        job.Options = body["opts"]?.AsObject() ?? [];
        job.Group = (string?)job.Options["group"]?["id"];
        Tell(job, job.State);
        return Data(job.ToJson(), 201);
    }

    private FakeAnswer Pause(FakeRequest request, string name, bool pause)
    {
        var which = request.Body.Length > 0 ? (string?)JsonNode.Parse(request.Body)?["jobName"] ?? "__all__" : "__all__";
        var names = paused.TryGetValue(name, out var there) ? there : paused[name] = [];
        _ = pause ? names.Add(which) : names.Remove(which);
        events.Send(name, pause ? "queue:paused" : "queue:resumed", new JsonObject
        {
            ["type"] = pause ? "queue:paused" : "queue:resumed", ["queueName"] = name, ["data"] = new JsonObject { ["jobName"] = which }, ["timestamp"] = FakeConveyorJob.Now,
        });
        return Data(new JsonObject { [pause ? "paused" : "resumed"] = which });
    }

    private FakeAnswer Clean(FakeRequest request, string name)
    {
        var body = JsonNode.Parse(request.Body)!;
        var old = DateTimeOffset.UtcNow - TimeSpan.FromMilliseconds((double)body["grace"]!);
        var gone = this[name].RemoveAll(job => job.State == (string)body["state"]! && DateTimeOffset.Parse(job.Ended ?? job.At, CultureInfo.InvariantCulture) < old);
        return Data(new JsonObject { ["removed"] = gone });
    }
}
