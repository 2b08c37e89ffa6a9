using System.Text.Json.Nodes;

namespace JobAdmin.Client.Tests.Http.Fakes;

/// <summary>Answers as Openinary does: an offset that is forgotten with a status, one word for every refusal, and a 401 for too many requests.</summary>
internal sealed class FakeOpeninary
{
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
            if (!request.Headers.TryGetValue("Authorization", out var key) || key != "Bearer " + HttpTest.Key)
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
                ("GET", ["queue", "jobs"]) => List(request),
                ("POST", ["queue", "jobs", var id, "retry"]) => Change(id, job => job.Status == "error" && job.Retries < 3, job => (job.Status, job.Retries) = ("pending", job.Retries + 1), "retry"),
                ("POST", ["queue", "jobs", var id, "cancel"]) => Change(id, job => job.Status == "pending", job => job.Status = "cancelled", "cancel"),
                ("DELETE", ["queue", "jobs", var id]) => Change(id, _ => true, job => Jobs.Remove(job), "delete"),
                _ => new FakeAnswer(404, "404 Not Found", "text/plain; charset=UTF-8"),
            };
        }
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
internal sealed class FakeVideo(string id, string status, long created)
{
    public string Id { get; } = id;

    public string Status { get; set; } = status;

    public long Created { get; } = created;

    public int Retries { get; set; }

    public JsonObject ToJson() => new()
    {
        ["id"] = Id, ["file_path"] = $"videos/{Id}.mp4", ["params_json"] = """{"width":320}""", ["status"] = Status, ["priority"] = 2, ["progress"] = 0,
        ["error"] = Status == "error" ? "FFmpeg process exited with code 1" : null, ["retry_count"] = Retries, ["max_retries"] = 3, ["created_at"] = Created,
        ["started_at"] = null, ["completed_at"] = Status == "error" ? Created + 1000 : null,
    };
}
