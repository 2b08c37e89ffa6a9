using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>Answers as Openinary does: an offset that is forgotten with a status, one word for every refusal, and a 401 for too many requests.</summary>
public sealed class FakeOpeninary : IFakeApi
{
    private readonly FakeEvents events = new();
    private int budget = int.MaxValue;

    public List<FakeVideo> Jobs { get; } = [];

    /// <summary>Requests until it answers as if the key were wrong.</summary>
    public int Budget { set => budget = value; }

    /// <summary>What renews the budget.</summary>
    public int Refusals { get; private set; }

    /// <summary>How many refusals it gives before the minute is over.</summary>
    public int RefusalsAMinute { get; set; } = int.MaxValue;

    public FakeServer Start() => new(Answer);

    public FakeAnswer Answer(FakeRequest request)
    {
        lock (Jobs)
        {
            if (request is { Method: "GET", Path: "/queue/events" })
            {
                return events.Open(null, new JsonObject { ["clientId"] = "c1" });
            }

            if (!request.Headers.TryGetValue("Authorization", out var key) || key != "Bearer " + FakeServer.TestKey)
            {
                return Unauthorized();
            }

            if (--budget < 0)
            {
                Refusals++;
                if (Refusals % RefusalsAMinute == 0)
                {
                    budget = 100;
                }

                return Unauthorized();
            }

            return (request.Method, request.Path.Trim('/').Split('/')) switch
            {
                ("GET", ["queue", "stats"]) => Stats(),
                ("GET", ["queue", "worker", "stats"]) => FakeAnswer.Json(new JsonObject
                {
                    ["maxConcurrent"] = 2, ["pollInterval"] = 1000, ["isRunning"] = true, ["processingCount"] = Jobs.Count(job => job.Status == "processing"),
                }.ToJsonString()),
                ("GET", ["queue", "jobs"]) => List(request),
                ("POST", ["queue", "jobs", var id, "retry"]) => Change(id, job => job.Status == "error" && job.Retries < 3, job => (job.Status, job.Retries) = ("pending", job.Retries + 1), "retry"),
                ("POST", ["queue", "jobs", var id, "cancel"]) => Change(id, job => job.Status == "pending", job => job.Status = "cancelled", "cancel"),
                ("DELETE", ["queue", "jobs", var id]) => Change(id, _ => true, job => Jobs.Remove(job), "delete"),
                _ => new FakeAnswer(404, "404 Not Found", "text/plain; charset=UTF-8"),
            };
        }
    }

    /// <inheritdoc/>
    public JsonNode? Command(JsonObject command)
    {
        lock (Jobs)
        {
            var job = command["id"] is { } id ? Jobs.Find(one => one.Id == (string?)id) : null;
            switch ((string?)command["do"])
            {
                case "seed":
                    return new JsonArray([.. FakeSeed.Read(command).Select(seed => (JsonNode)Seed(seed).Id)]);
                case "move":
                    Move(job!, (string)command["state"]!, (string?)command["reason"]);
                    return null;
                case "job":
                    return job?.ToJson();
                case "counts":
                    return new JsonObject(Jobs.GroupBy(job => Word(job.Status)).Select(group => KeyValuePair.Create(group.Key, (JsonNode?)group.Count())));
                case "set":
                    (budget, RefusalsAMinute) = ((int)command["budget"]!, (int)command["refusals"]!);
                    return null;
                case "listeners":
                    return events.Listeners;
                default:
                    throw new ArgumentException("no such command");
            }
        }
    }

    private static string Status(string word) => word switch { "waiting" => "pending", "active" => "processing", "failed" => "error", _ => word };

    private static string Word(string status) => status switch { "pending" => "waiting", "processing" => "active", "error" => "failed", _ => status };

    private FakeVideo Seed(FakeSeed seed)
    {
        var job = new FakeVideo(seed.Id, Status(seed.State), seed.Added) { File = seed.Name, Parameters = seed.Data.ToJsonString(), Error = seed.Reason, Started = seed.Started, Ended = seed.Ended };
        Jobs.Add(job);
        Tell(job, "created");
        return job;
    }

    /// <summary>Retries, cancellations and deletions are not told; what the worker does is.</summary>
    private void Move(FakeVideo job, string word, string? reason)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        job.Status = Status(word);
        job.Started ??= now;
        job.Ended = word is "completed" or "failed" ? now : null;
        job.Error = word == "failed" ? reason ?? "it broke" : null;
        Tell(job, word switch { "active" => "started", "failed" => "error", _ => word });
    }

    private void Tell(FakeVideo job, string word)
    {
        var json = new JsonObject { ["jobId"] = job.Id, ["filePath"] = job.File, ["status"] = job.Status, ["priority"] = 2 };
        if (job.Error is not null)
        {
            json["error"] = job.Error;
        }

        events.Send(null, "job:" + word, json);
    }

    private static FakeAnswer Unauthorized() =>
        FakeAnswer.Json("""{"error":"Authentication required","message":"Please provide a valid API key (Authorization: Bearer <key>) or valid session cookie"}""", 401);

    private FakeAnswer Stats()
    {
        JsonNode? Sum(string status) => Jobs.Count == 0 ? null : Jobs.Count(job => job.Status == status);
        return FakeAnswer.Json(new JsonObject
        {
            ["total"] = Jobs.Count, ["pending"] = Sum("pending"), ["processing"] = Sum("processing"), ["completed"] = Sum("completed"), ["error"] = Sum("error"),
        }.ToJsonString());
    }

    private FakeAnswer List(FakeRequest request)
    {
        var limit = int.Parse(request["limit"] ?? "50");
        var jobs = Jobs.OrderByDescending(job => job.Created).Where(job => request["status"] is not { } status || job.Status == status);
        jobs = request["status"] is null ? jobs.Skip(int.Parse(request["offset"] ?? "0")) : jobs;
        var page = (limit < 0 ? jobs : jobs.Take(limit)).Select(job => (JsonNode)job.ToJson()).ToArray();
        return FakeAnswer.Json(new JsonObject { ["jobs"] = new JsonArray(page), ["limit"] = limit, ["offset"] = 0, ["count"] = page.Length }.ToJsonString());
    }

    private FakeAnswer Change(string id, Func<FakeVideo, bool> may, Action<FakeVideo> change, string word)
    {
        if (Jobs.Find(job => job.Id == Uri.UnescapeDataString(id)) is not { } job || !may(job))
        {
            return FakeAnswer.Json($$"""{"error":"Failed to {{word}} job"}""", 400);
        }

        change(job);
        return FakeAnswer.Json("""{"success":true,"message":"done"}""");
    }
}

/// <summary>A job of the fake.</summary>
public sealed class FakeVideo(string id, string status, long created)
{
    public string Id { get; } = id;

    public string Status { get; set; } = status;

    public long Created { get; } = created;

    public int Retries { get; set; }

    public string File { get; init; } = $"videos/{id}.mp4";

    public string Parameters { get; init; } = """{"width":320}""";

    public string? Error { get; set; } = status == "error" ? "FFmpeg process exited with code 1" : null;

    public long? Started { get; set; }

    public long? Ended { get; set; } = status == "error" ? created + 1000 : null;

    public JsonObject ToJson() => new()
    {
        ["id"] = Id, ["file_path"] = File, ["params_json"] = Parameters, ["cache_path"] = null, ["status"] = Status, ["priority"] = 2, ["progress"] = Status == "completed" ? 100 : 0,
        ["error"] = Status == "error" ? Error : null, ["retry_count"] = Retries, ["max_retries"] = 3, ["created_at"] = Created, ["started_at"] = Started,
        ["completed_at"] = Status is "error" or "completed" ? Ended : null,
    };
}
