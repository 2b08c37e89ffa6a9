using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>Answers as BioAgents does: BullMQ's ranges of limit + 1 jobs, sorted by the time they were added and cut; omitted fields; its own errors.</summary>
public sealed class FakeBioAgents : IFakeApi
{
    private readonly Dictionary<string, List<FakeJob>> queues = new()
    {
        ["chat"] = [], ["deep-research"] = [], ["file-process"] = [], ["paper-generation"] = [],
    };

    private readonly Dictionary<string, Dictionary<string, FakeJob>> byId = [];

    public string? Key { get; set; } = FakeServer.TestKey;

    public bool Disabled { get; set; }

    public List<FakeJob> this[string queue] => queues[queue];

    public FakeServer Start() => new(Answer);

    public FakeAnswer Answer(FakeRequest request)
    {
        lock (queues)
        {
            return AnswerUnderLock(request);
        }
    }

    /// <summary>Changes jobs while the server is at work.</summary>
    public void Change(Action change)
    {
        lock (queues)
        {
            change();
        }
    }

    /// <summary>Seeds jobs, moves one, and tells of them; see <see cref="FakeHost"/>.</summary>
    public JsonNode? Command(JsonObject command)
    {
        lock (queues)
        {
            var queue = (string?)command["queue"] ?? "deep-research";
            return (string?)command["do"] switch
            {
                "seed" => Seed(queue, command),
                "move" => Move(Find(queue, (string)command["id"]!)!, command),
                "job" => Find(queue, (string)command["id"]!)?.ToJson(),
                "counts" => new JsonObject(queues[queue].GroupBy(job => job.State).Select(group => KeyValuePair.Create(group.Key, (JsonNode?)group.Count()))),
                "set" => Disabled = (bool)command["disabled"]!,
                _ => throw new ArgumentException("no such command"),
            };
        }
    }

    private JsonArray Seed(string queue, JsonObject command)
    {
        var ids = new JsonArray();
        foreach (var seed in FakeSeed.Read(command))
        {
            ids.Add(seed.Id);
            queues[queue].Add(new FakeJob(seed.Id, seed.State, seed.Added)
            {
                Name = seed.Name, Data = seed.Data, FailedReason = seed.Reason, AttemptsMade = seed.Attempts, ProcessedOn = seed.Started, FinishedOn = seed.Ended,
            });
        }

        return ids;
    }

    private static JsonNode? Move(FakeJob job, JsonObject command)
    {
        job.State = (string)command["state"]!;
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        job.ProcessedOn ??= now;
        job.FinishedOn = job.State is "completed" or "failed" ? now : null;
        job.FailedReason = job.State == "failed" ? (string?)command["reason"] ?? "it broke" : null;
        job.AttemptsMade += job.FinishedOn is null ? 0 : 1;
        return null;
    }

    private FakeJob? Find(string queue, string id)
    {
        var jobs = queues[queue];
        if (!byId.TryGetValue(queue, out var index) || index.Count != jobs.Count)
        {
            byId[queue] = index = jobs.ToDictionary(job => job.Id);
        }

        return index.GetValueOrDefault(id);
    }

    private FakeAnswer AnswerUnderLock(FakeRequest request)
    {
        var parts = request.Path.Trim('/').Split('/');
        if (parts is not ["api", "admin", "jobs", ..])
        {
            return request.Method == "GET" ? FakeAnswer.Html() : new FakeAnswer(404, "NOT_FOUND", "text/plain");
        }

        if (!request.Headers.TryGetValue("X-Admin-Key", out var key) || key != Key)
        {
            return FakeAnswer.Json("""{"error":"Unauthorized"}""", 401);
        }

        if (Disabled)
        {
            return FakeAnswer.Json("""{"error":"Job queue not enabled","message":"Set USE_JOB_QUEUE=true to enable job queues"}""", 503);
        }

        var queue = request["queue"] ?? "deep-research";
        if (!queues.TryGetValue(queue, out var jobs))
        {
            return FakeAnswer.Json($$"""{"error":"Queue '{{queue}}' not found"}""", 404);
        }

        if (parts.Length == 3)
        {
            return List(queue, jobs, request["status"] ?? "all", int.Parse(request["limit"] ?? "50"));
        }

        var id = Uri.UnescapeDataString(parts[3]);
        if (Find(queue, id) is not { } found)
        {
            return FakeAnswer.Json("""{"error":"Job not found"}""", 404);
        }

        if (parts.Length == 4 && request.Method == "GET")
        {
            return FakeAnswer.Json(found.ToJson().ToJsonString());
        }

        if (found.State != "failed")
        {
            return FakeAnswer.Json($$"""{"error":"Cannot retry job in state '{{found.State}}'"}""", 400);
        }

        found.State = "waiting";
        found.FinishedOn = found.ProcessedOn = null;
        return FakeAnswer.Json(new JsonObject { ["jobId"] = id, ["message"] = "Job queued for retry", ["success"] = true }.ToJsonString());
    }

    private static FakeAnswer List(string queue, List<FakeJob> jobs, string status, int limit)
    {
        var taken = new List<FakeJob>();
        foreach (var state in new[] { "active", "waiting", "completed", "failed", "delayed" })
        {
            if (status == "all" || status == state)
            {
                var range = jobs.Where(job => job.State == state);
                range = state is "completed" or "failed" ? range.OrderByDescending(job => job.FinishedOn) : range.OrderBy(job => job.Timestamp);
                taken.AddRange(range.Take(limit + 1));
            }
        }

        var counts = new JsonObject();
        foreach (var state in new[] { "waiting", "active", "completed", "failed", "delayed" })
        {
            counts[state] = jobs.Count(job => job.State == state);
        }

        counts["paused"] = 0;
        var listed = taken.OrderByDescending(job => job.Timestamp).Take(limit).Select(job => (JsonNode)job.ToJson());
        return FakeAnswer.Json(new JsonObject { ["counts"] = counts, ["jobs"] = new JsonArray([.. listed]), ["queue"] = queue }.ToJsonString());
    }
}

/// <summary>A job of the fake.</summary>
public sealed class FakeJob(string id, string state, long timestamp)
{
    public string Id { get; } = id;

    public string State { get; set; } = state;

    public long Timestamp { get; } = timestamp;

    public long? ProcessedOn { get; set; }

    public long? FinishedOn { get; set; }

    public string? FailedReason { get; set; }

    public int AttemptsMade { get; set; }

    public JsonNode Progress { get; set; } = 0;

    public string Name { get; set; } = "job-" + id;

    public JsonNode Data { get; set; } = new JsonObject { ["n"] = id };

    public JsonObject ToJson()
    {
        var json = new JsonObject
        {
            ["attemptsMade"] = AttemptsMade, ["data"] = Data.DeepClone(), ["id"] = Id, ["name"] = Name,
            ["progress"] = Progress.DeepClone(), ["state"] = State, ["timestamp"] = Timestamp,
        };
        if (ProcessedOn is { } processed)
        {
            json["processedOn"] = processed;
        }

        if (FinishedOn is { } finished)
        {
            json["finishedOn"] = finished;
        }

        if (FailedReason is { } reason)
        {
            json["failedReason"] = reason;
        }

        return json;
    }
}
