using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using JobAdmin.Client.Tests;
using JobAdmin.Client.Tests.Faults;

namespace JobAdmin.Server.Tests;

/// <summary>Requests that nobody would think of. More of them with JOBADMIN_FULL=1; JOBADMIN_SEED makes others.</summary>
public sealed class FuzzTests(Bench bench) : ServerTest(bench)
{
    private static readonly string[] Nasty =
    [
        "", "0", "-1", "1", "100", "1000", "1001", "9223372036854775808", "1e9", "NaN", "null", "true", "[]", "{}", "*", "?", "[", "`", "emails", "nope", "failed", "waiting", "completed", "all",
        "..", "%2e%2e", "%00", "%0d%0aX: y", "%ff", "a:b", "meta", "wait", "1:logs", "é", "😀", "x'\"><script>", "__proto__", "__all__", "2026-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "%E0%80%80",
        "${jndi}", "$(id)", ";flushall", "bull:emails:meta", "\u202e", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ];

    private static readonly string[] Words = ["name", "data", "opts", "state", "grace", "ids", "action", "reason", "jobName", "priority", "delay", "attempts", "jobId", "lifo", "backoff", "removeOnComplete",
        "deduplication", "group", "id", "type", "keepChildren", "resetAttempts", "keepLogs", "timestamp", "ttl", "limit", "status", "queue", "q", "start", "end", "from", "to", "granularity", "force", "before", "after"];

    [Fact]
    public async Task No_request_is_a_fault_of_the_server()
    {
        var count = Effort.Count(20_000, 100_000);
        var seed = Effort.Seeds(1, 1).First();
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab, options => options with { ScanTime = TimeSpan.FromSeconds(1) });
        var routes = served.Routes().Where(route => !route.Path.EndsWith("/events", StringComparison.Ordinal)).ToList();
        var statuses = new int[600];
        for (var done = 0; done < count; done += 2000)
        {
            // Some of it deletes all there is.
            await lab.JobsAsync("failed", 40);
            await lab.JobsAsync("wait", 40, first: 100);
            await lab.JobsAsync("delayed", 10, first: 200);
            var from = done;
            await Parallel.ForEachAsync(Enumerable.Range(from, Math.Min(2000, count - from)), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Ct }, async (n, stop) =>
            {
                var random = new Random((seed * 1_000_003) + n);
                var route = routes[random.Next(routes.Count)];
                var path = string.Join('/', route.Path.Split('/').Select(part => part.StartsWith('{') || random.Next(40) == 0 ? Value(random, part == "{name}" ? "emails" : "1") : part));
                if (random.Next(3) > 0)
                {
                    path += "?" + string.Join('&', Enumerable.Range(0, random.Next(1, 4)).Select(i => $"{(random.Next(2) == 0 && route.Parameters.Count > 0 ? route.Parameters[random.Next(route.Parameters.Count)].Name : Pick(random, Words))}={Value(random, "1")}"));
                }

                var method = random.Next(20) == 0 ? Pick(random, ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"]) : route.Method;
                var body = method is "GET" or "HEAD" or "TRACE" ? null : random.Next(6) == 0 ? Pick(random, Nasty) : Json(random, route.BodyFor("1"), 0);
                Answer answer;
                try
                {
                    answer = await served.SendAsync(method, path, random.Next(10) == 0 ? Served.Bounded : Served.Admin, body);
                }
                catch (Exception e) when (e is UriFormatException or HttpRequestException or InvalidOperationException)
                {
                    // The client would not send it.
                    return;
                }

                Interlocked.Increment(ref statuses[(int)answer.Status]);
                // 505 is Kestrel's word for a first line that is not HTTP.
                Assert.True((int)answer.Status is < 500 or 505, $"request {n} of seed {seed}: {method} {path} {body}: {(int)answer.Status} {answer.Text}");
                if ((int)answer.Status >= 400 && method != "HEAD" && answer.Text.Length > 0)
                {
                    Assert.False(string.IsNullOrEmpty(answer.Error), $"request {n} of seed {seed}: {method} {path}: {answer.Text}");
                }
                else if (answer.Type == "application/json" && answer.Text.Length > 0)
                {
                    _ = answer.Json;
                }
            });
        }

        Effort.Report("fuzz, requests to the server", string.Create(CultureInfo.InvariantCulture, $"{statuses.Sum()} requests, {statuses[200..400].Sum()} answered, {statuses[400..500].Sum()} refused in the server's words, none a fault of the server"));
        Assert.True(statuses.Sum() > count * 0.9);
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues")).Status);
    }

    private static string Value(Random random, string sensible) => random.Next(4) switch
    {
        0 => sensible,
        1 => Uri.EscapeDataString(Noise(random)),
        2 => Pick(random, Nasty),
        _ => Uri.EscapeDataString(Pick(random, Nasty)),
    };

    private static string Noise(Random random)
    {
        var text = new StringBuilder();
        for (var length = random.Next(1, 12); length > 0; length--)
        {
            text.Append((char)random.Next(1, random.Next(3) == 0 ? 0xd7ff : 128));
        }

        return text.ToString();
    }

    private static string Json(Random random, string? sensible, int depth)
    {
        if (depth == 0 && sensible is not null && random.Next(3) == 0)
        {
            return sensible;
        }

        return random.Next(depth > 3 ? 6 : 9) switch
        {
            0 => "null",
            1 => random.Next(2) == 0 ? "true" : "false",
            2 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
            3 => (random.NextDouble() * 1e6).ToString("R", CultureInfo.InvariantCulture),
            4 => JsonSerializer.Serialize(Pick(random, Nasty)),
            5 => JsonSerializer.Serialize(Noise(random)),
            6 => "[" + string.Join(',', Enumerable.Range(0, random.Next(4)).Select(_ => Json(random, null, depth + 1))) + "]",
            _ => "{" + string.Join(',', Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"\"{Pick(random, Words)}\":{Json(random, null, depth + 1)}")) + "}",
        };
    }

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
