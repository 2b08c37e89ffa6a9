using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>Answers as Fifth Element's page says: one job by id, and a rerun that is a job of its own.</summary>
public sealed class FakeFifthElement : IFakeApi
{
    private readonly Dictionary<string, JsonObject> jobs = [];
    private int asked;

    public FakeAnswer Answer(FakeRequest request)
    {
        lock (jobs)
        {
            var answer = AnswerUnderLock(request);
            return answer with
            {
                Headers = [("X-RateLimit-Limit", "1000"), ("X-RateLimit-Remaining", (1000 - ++asked).ToString(CultureInfo.InvariantCulture)), ("X-RateLimit-Reset", "60")],
            };
        }
    }

    /// <inheritdoc/>
    public JsonNode? Command(JsonObject command)
    {
        lock (jobs)
        {
            var id = (string?)command["id"];
            switch ((string?)command["do"])
            {
                case "seed":
                    return new JsonArray([.. FakeSeed.Read(command).Select(seed => (JsonNode)Add(seed))]);
                case "move":
                    Move(jobs[id!], (string)command["state"]!, command["result"]?.DeepClone(), (string?)command["reason"]);
                    return null;
                case "job":
                    return jobs.GetValueOrDefault(id!)?.DeepClone();
                case "counts":
                    return new JsonObject(jobs.Values.GroupBy(job => Word((string)job["status"]!)).Select(group => KeyValuePair.Create(group.Key, (JsonNode?)group.Count())));
                default:
                    throw new ArgumentException("no such command");
            }
        }
    }

    private static string Status(string word) => word switch { "waiting" => "pending", "active" => "running", _ => word };

    private static string Word(string status) => status switch { "pending" => "waiting", "running" => "active", _ => status };

    private static string Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static FakeAnswer Error(int status, string name, string message) => FakeAnswer.Json(new JsonObject
    {
        ["data"] = null, ["error"] = new JsonObject { ["name"] = name, ["message"] = message, ["details"] = null },
    }.ToJsonString(), status);

    private static void Move(JsonObject job, string word, JsonNode? result, string? reason)
    {
        job["status"] = Status(word);
        job["progress"] = word is "completed" ? 100 : 10;
        job["completedAt"] = word is "completed" or "failed" or "cancelled" ? Time(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) : null;
        job["result"] = word switch { "completed" => result ?? new JsonObject { ["documentsProcessed"] = 50, ["errors"] = 0 }, "failed" => new JsonObject { ["error"] = reason ?? "it broke" }, _ => null };
    }

    private string Add(FakeSeed seed)
    {
        var job = new JsonObject { ["id"] = seed.Id, ["type"] = seed.Name, ["createdAt"] = Time(seed.Added) };
        Move(job, seed.State, null, seed.Reason);
        jobs[seed.Id] = job;
        return seed.Id;
    }

    private FakeAnswer AnswerUnderLock(FakeRequest request)
    {
        if (request.Path.Trim('/').Split('/') is not ["v1", "api", "jobs", var escaped, .. var action])
        {
            return FakeAnswer.Html(404);
        }

        if (!request.Headers.TryGetValue("Authorization", out var key) || key != "Bearer " + FakeServer.TestKey)
        {
            return Error(401, "UnauthorizedError", "Missing or invalid credentials");
        }

        var id = Uri.UnescapeDataString(escaped);
        if (!jobs.TryGetValue(id, out var job))
        {
            return Error(404, "NotFoundError", "Job not found");
        }

        return (request.Method, action) switch
        {
            ("GET", []) => Data(job.DeepClone()),
            ("POST", ["rerun"]) when (string?)job["status"] is "completed" or "failed" or "cancelled" => Rerun(job),
            ("POST", ["rerun"]) => Error(400, "BadRequestError", "Only finished jobs can be rerun"),
            _ => FakeAnswer.Html(404),
        };
    }

    private FakeAnswer Rerun(JsonObject job)
    {
        var id = $"{(string)job["id"]!}-again{jobs.Count}";
        jobs[id] = new JsonObject
        {
            ["id"] = id, ["type"] = job["type"]!.DeepClone(), ["status"] = "pending", ["originalJobId"] = job["id"]!.DeepClone(), ["createdAt"] = Time(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()),
        };
        return Data(jobs[id].DeepClone());
    }

    private static FakeAnswer Data(JsonNode data) => FakeAnswer.Json(new JsonObject { ["data"] = data, ["error"] = null }.ToJsonString());
}
