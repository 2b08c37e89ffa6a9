using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>What goes wrong with the next requests of a kind.</summary>
public sealed class FakeFault(JsonObject command)
{
    private readonly string match = (string?)command["match"] ?? "";
    private readonly string kind = (string)command["kind"]!;
    private readonly string? to = (string?)command["to"];
    private readonly int seconds = (int?)command["seconds"] ?? 1;
    private int left = (int?)command["times"] ?? int.MaxValue;

    /// <summary>The bad answer to a request; null when it gets its good one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="good">Makes the good answer.</param>
    public FakeAnswer? For(FakeRequest request, Func<FakeAnswer> good)
    {
        if (!request.ToString().Contains(match, StringComparison.Ordinal) || Interlocked.Decrement(ref left) < 0)
        {
            return null;
        }

        return kind switch
        {
            "html" => FakeAnswer.Html(),
            "bad gateway" => FakeAnswer.Html(502),
            "xml" => new FakeAnswer(500, "<?xml version=\"1.0\"?><error><title>500 Internal Server Error</title></error>", "application/xml"),
            "csv" => new FakeAnswer(200, "id,state\n1,failed\n", "text/csv"),
            "cut" => good() with { CutAt = 20 },
            "not json" => new FakeAnswer(200, "{\"jobs\": [", "application/json"),
            "other json" => FakeAnswer.Json("[1, 2, 3]"),
            "huge page" => new FakeAnswer(200, new string('x', 50 << 20), "text/html"),
            "huge json" => FakeAnswer.Json($"\"{new string('x', 50 << 20)}\""),
            "redirect" => FakeAnswer.Redirect(to! + request.Target, 307),
            "unauthorized" => FakeAnswer.Json("""{"error":"Unauthorized"}""", 401),
            "read-only" => FakeAnswer.Json("""{"error":{"code":"READ_ONLY","message":"Dashboard is in read-only mode"}}""", 403),
            "too many" => FakeAnswer.Json("""{"error":"Too many requests"}""", 429) with { Headers = [("Retry-After", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture))] },
            "plain" => FakeAnswer.Text(500, "Internal Server Error"),
            "unavailable" => FakeAnswer.Json("""{"error":"Job queue not enabled","message":"Set USE_JOB_QUEUE=true to enable job queues"}""", 503),
            "silence" => good() with { Delay = TimeSpan.FromMinutes(2) },
            "hang up" => good() with { HangUp = true },
            "slow" => good() with { Delay = TimeSpan.FromSeconds(seconds) },
            _ => throw new ArgumentException($"no such fault: {kind}"),
        };
    }
}
