using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>Answers as MCRIT does: states by marks, a filter after the limit, local times under a Z, and a deletion that takes all when it understands nothing.</summary>
public sealed class FakeMcrit : IFakeApi
{
    private int next = 1;

    public List<JsonObject> Jobs { get; } = [];

    public Dictionary<string, string> Results { get; } = [];

    public bool PageShape { get; set; }

    public FakeServer Start() => new(Answer);

    /// <summary>Adds a job, its times being the server's own.</summary>
    public string Add(string method, string state, string created, string? finished = null, string parameters = "{}", string? waitsFor = null)
    {
        var id = (next++).ToString("x24", CultureInfo.InvariantCulture);
        static JsonNode? Date(string? time) => time is null ? null : new JsonObject { ["$date"] = time + "Z" };
        var ended = state is "finished";
        Jobs.Add(new JsonObject
        {
            ["_id"] = new JsonObject { ["$oid"] = id }, ["created_at"] = Date(created), ["started_at"] = state is "queued" ? null : Date(created),
            ["finished_at"] = ended ? Date(finished ?? created) : null, ["locked_by"] = state is "in_progress" or "finished" ? "Worker-1" : null,
            ["terminated"] = state == "terminated", ["attempts_left"] = state == "failed" ? 0 : 3, ["last_error"] = state == "failed" ? "ValueError: not a PE" : null,
            ["payload"] = new JsonObject { ["method"] = method, ["params"] = parameters, ["file_params"] = "{}" }, ["priority"] = 0,
            ["unfinished_dependencies"] = waitsFor is null ? new JsonArray() : new JsonArray(waitsFor), ["required_by"] = new JsonArray(),
            ["result"] = ended ? id.Replace('0', 'a') : null, ["state_word"] = state,
        });
        if (ended)
        {
            Results[id.Replace('0', 'a')] = $$"""{"of":"{{id}}"}""";
        }

        return id;
    }

    public FakeAnswer Answer(FakeRequest request)
    {
        lock (Jobs)
        {
            return (request.Method, request.Path.Trim('/').Split('/')) switch
            {
                ("GET", ["version"]) => Data(new JsonObject { ["version"] = "1.4.2" }),
                ("GET", ["jobs", "stats"]) => Data(Stats()),
                ("GET", ["jobs"]) => List(request),
                ("DELETE", ["jobs"]) => Delete(request),
                ("GET", ["jobs", var id]) => Data(Find(id)?.DeepClone()),
                ("DELETE", ["jobs", var id]) => Data(new JsonObject { ["num_deleted"] = Jobs.RemoveAll(job => Id(job) == id) }),
                ("GET", ["jobs", var id, "result"]) => Find(id)?["result"] is { } result ? Data(Compacted(request, Results[(string)result!]))
                    : request["compact"] == "true" ? new FakeAnswer(500, """{"title":"500 Internal Server Error"}""") : Data(null),
                ("GET", ["results", var id]) when Results.TryGetValue(id, out var value) => Data(Compacted(request, value)),
                ("GET", ["results", var id, "job"]) when Results.ContainsKey(id) => Data(Jobs.Find(job => (string?)job["result"] == id)?.DeepClone()),
                ("GET", ["results", ..]) => new FakeAnswer(500, """{"title":"500 Internal Server Error"}"""),
                _ => new FakeAnswer(404, "<error><title>404 Not Found</title></error>", "application/xml"),
            };
        }
    }

    /// <inheritdoc/>
    public JsonNode? Command(JsonObject command)
    {
        lock (Jobs)
        {
            var job = command["id"] is { } id ? Find((string)id!) : null;
            switch ((string?)command["do"])
            {
                case "seed":
                    return new JsonArray([.. FakeSeed.Read(command).Select(seed => (JsonNode)Add(seed.Name, State(seed.State), Time(seed.Added), Time(seed.Ended ?? seed.Added), seed.Data.ToJsonString()))]);
                case "move":
                    Move(job!, State((string)command["state"]!), (string?)command["reason"], command["result"]);
                    return null;
                case "job":
                    return job?.DeepClone();
                case "counts":
                    return new JsonObject(Jobs.GroupBy(one => Word((string)one["state_word"]!)).Select(group => KeyValuePair.Create(group.Key, (JsonNode?)group.Count())));
                case "set":
                    PageShape = (bool)command["pageShape"]!;
                    return null;
                default:
                    throw new ArgumentException("no such command");
            }
        }
    }

    private static string State(string word) => word switch { "waiting" => "queued", "active" => "in_progress", "completed" => "finished", "cancelled" => "terminated", _ => word };

    private static string Word(string state) => state switch { "queued" => "waiting", "in_progress" => "active", "finished" => "completed", "terminated" => "cancelled", _ => state };

    private static string Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture);

    private void Move(JsonObject job, string state, string? reason, JsonNode? result)
    {
        JsonObject now() => new() { ["$date"] = Time(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) + "Z" };
        job["state_word"] = state;
        job["started_at"] ??= now();
        job["locked_by"] = state is "in_progress" or "finished" ? "Worker-1" : null;
        job["terminated"] = state == "terminated";
        (job["attempts_left"], job["last_error"]) = state == "failed" ? (0, reason ?? "it broke") : (3, null);
        job["finished_at"] = state == "finished" ? now() : null;
        job["progress"] = state == "finished" ? 1 : 0.5;
        if (state == "finished")
        {
            job["result"] = Id(job).Replace('0', 'a');
            Results[(string)job["result"]!] = (result ?? new JsonObject { ["done"] = true }).ToJsonString();
        }
    }

    private static string Id(JsonObject job) => (string)job["_id"]!["$oid"]!;

    /// <summary>Without the functions that match, where the short form is wanted.</summary>
    private static JsonNode? Compacted(FakeRequest request, string result)
    {
        var value = JsonNode.Parse(result);
        if (request["compact"] == "true")
        {
            (value as JsonObject)?["matches"]?.AsObject().Remove("functions");
        }

        return value;
    }

    private static FakeAnswer Data(JsonNode? data) => FakeAnswer.Json(new JsonObject { ["status"] = "successful", ["data"] = data }.ToJsonString());

    private JsonObject? Find(string id) => Jobs.Find(job => Id(job) == id);

    private JsonObject Stats()
    {
        if (PageShape)
        {
            return new JsonObject { ["total_jobs"] = 150, ["finished"] = 140, ["processing"] = 5, ["failed"] = 5 };
        }

        var stats = new JsonObject();
        foreach (var group in Jobs.GroupBy(job => (string)job["payload"]!["method"]!))
        {
            stats[group.Key] = new JsonObject(group.GroupBy(job => (string)job["state_word"]!).Select(state => KeyValuePair.Create(state.Key, (JsonNode?)state.Count())));
        }

        return stats;
    }

    private FakeAnswer List(FakeRequest request)
    {
        IEnumerable<JsonObject> jobs = request["ascending"] == "true" ? Jobs : Enumerable.Reverse(Jobs);
        jobs = jobs.Where(job => (request["method"] is not { } method || (string)job["payload"]!["method"]! == method)
            && (request["state"] is not { } state || (string)job["state_word"]! == state)).Skip(int.Parse(request["start"] ?? "0"));
        var limit = int.Parse(request["limit"] ?? "0");
        jobs = limit > 0 ? jobs.Take(limit) : jobs;
        // The filter comes last.
        jobs = jobs.Where(job => request["filter"] is not { } text || ((string)job["payload"]!["params"]!).Contains(text, StringComparison.Ordinal));
        return Data(new JsonArray([.. jobs.Select(job => job.DeepClone())]));
    }

    private FakeAnswer Delete(FakeRequest request)
    {
        static DateTime? Date(string? text) =>
            DateTime.TryParseExact(text, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
        static DateTime? Of(JsonObject job, string name) => job[name] is { } date ? DateTime.Parse(((string)date["$date"]!)[..^1], CultureInfo.InvariantCulture) : null;
        var (created, finished) = (Date(request["created_before"]), Date(request["finished_before"]));
        var gone = Jobs.RemoveAll(job => (request["method"] is not { } method || (string)job["payload"]!["method"]! == method)
            && (created is null || Of(job, "created_at") < created) && (created is not null || finished is null || Of(job, "finished_at") < finished));
        return Data(new JsonObject { ["num_deleted"] = gone });
    }
}
