using System.Globalization;
using System.Text.Json.Nodes;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Patterns mean what they mean to BullMQ's workers: the same times, and nothing let through that they would choke on.</summary>
public sealed class CronPatternTests(Bench bench)
{
    private static readonly string[] Zones = ["UTC", "Europe/Berlin", "America/New_York", "America/Santiago"];

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Common_patterns_run_when_the_workers_say(string lib)
    {
        string[] patterns =
        [
            "* * * * *", "0 3 * * *", "*/5 * * * *", "30 2 * * *", "0,30 2,3 * * *", "0 0 1 * *", "0 0 L * *", "15 10 * * 1-5", "0 12 * * mon,wed,fri", "0 0 1,15 * 5",
            "0 9 * * 1#1", "0 9 * * 5L", "0 9 1-7 * 1#1", "0 0 1 jan-mar *", "0 0 * * 7", "0 0 * * 0-6", "0 0 10-20/3 * *", "5/20 * * * *", "*/15 * * * * *", "10 */7 1-5 * * *", "0 0 ? * 2",
            "@monthly", "@weekly", "@daily", "@hourly", "0 0 31 * *", "0 0 1-30 * 1", "0 0 1-31 * 1", "0 0 15 * 1-7", "0 0 15 * */2", "0 0 * 2 1", "0 1-3 * * *",
        ];
        var cases = from pattern in patterns from zone in Zones from start in Starts() select (pattern, zone, start);
        await CompareAsync(lib, [.. cases]);
        await CompareAsync(lib, [("@yearly", "UTC", Starts().First()), ("0 0 29 2 *", "Europe/Berlin", Starts().First()), ("59 59 23 31 12 *", "Asia/Kolkata", Starts().First())]);
    }

    /// <summary>In Dublin and Casablanca winter is the saving time, as .NET sees it; on the Azores and in Beirut midnight is left out, or comes twice.</summary>
    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Zones_whose_clocks_change_in_odd_ways(string lib)
    {
        string[] patterns = ["0 1 * * *", "30 1 * * *", "15 2 * * *", "0 0 * * *", "30 0 * * *", "*/15 * * * *", "0 */2 * * *", "0 0-3 * * *", "30 2 * * 0"];
        string[] zones = ["Europe/Dublin", "Africa/Casablanca", "Atlantic/Azores", "Asia/Beirut"];
        string[] starts =
        [
            "2025-02-22T12:00:00Z", "2025-02-23T01:40:00Z", "2025-03-29T12:00:00Z", "2025-03-30T00:10:00Z", "2025-03-30T00:59:59Z", "2025-04-05T12:00:00Z", "2025-04-06T01:50:00Z",
            "2025-10-25T12:00:00Z", "2025-10-25T20:30:00Z", "2025-10-26T00:15:00Z", "2025-10-26T01:10:00Z",
        ];
        await CompareAsync(lib, [.. from pattern in patterns from zone in zones from start in starts select (pattern, zone, DateTimeOffset.Parse(start, CultureInfo.InvariantCulture))]);
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task A_thousand_odd_ones_too(string lib)
    {
        var random = new Random(20_260);
        var starts = Starts().ToArray();
        await CompareAsync(lib, [.. Enumerable.Range(0, 1000).Select(_ => (Pattern(random), Zones[random.Next(Zones.Length)],
            random.Next(3) > 0 ? starts[random.Next(starts.Length)] : DateTimeOffset.UnixEpoch.AddSeconds(random.NextInt64(1_600_000_000, 2_000_000_000)).AddMilliseconds(random.Next(1000))))]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("* * * * * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("* * * 13 *")]
    [InlineData("* * * * 8")]
    [InlineData("5-1 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("1//2 * * * *")]
    [InlineData("1,,2 * * * *")]
    [InlineData("a * * * *")]
    [InlineData("* * * foo *")]
    [InlineData("* * * * foo")]
    [InlineData("* * * * L")]
    [InlineData("* * 5L * *")]
    [InlineData("* * W * *")]
    [InlineData("* * * * 1#6")]
    [InlineData("* * * * 1,2#1")]
    [InlineData("H * * * *")]
    [InlineData("@midnight")]
    [InlineData("0 0 30 2 *")]
    [InlineData("-5 * * * *")]
    public void What_no_worker_could_read_is_refused(string pattern)
    {
        foreach (var major in (int[])[5, 6])
        {
            var error = Assert.Throws<JobServerException>(() => new CronPattern(pattern, major));
            Assert.Equal(("InvalidPattern", JobErrorKind.InvalidInput), (error.ErrorId, error.Kind));
        }
    }

    [Theory, InlineData("1,1 * * * *", 6), InlineData("0 0 * * 0,7", 6), InlineData("@weekdays", 5), InlineData("? * * * *", 5)]
    public void And_what_only_one_version_could_read(string pattern, int refusing)
    {
        Assert.Throws<JobServerException>(() => new CronPattern(pattern, refusing));
        Assert.NotNull(new CronPattern(pattern, refusing == 5 ? 6 : 5).Next(DateTimeOffset.UtcNow, TimeZoneInfo.Utc));
    }

    private async Task CompareAsync(string lib, (string Pattern, string Zone, DateTimeOffset Start)[] cases)
    {
        var answers = new List<JsonNode?>();
        foreach (var part in cases.Chunk(200))
        {
            var asked = new JsonArray([.. part.Select(c => new JsonObject { ["from"] = c.Start.ToUnixTimeMilliseconds(), ["pattern"] = c.Pattern, ["tz"] = c.Zone })]);
            answers.AddRange((await bench.Peer.DoAsync(new JsonObject { ["do"] = "nextMillis", ["lib"] = lib, ["cases"] = asked }))!.AsArray());
        }

        var major = lib is "bullmq" or "bullmq62" ? 6 : 5;
        var wrong = new List<string>();
        for (var i = 0; i < cases.Length; i++)
        {
            var (pattern, zone, start) = cases[i];
            var theirs = answers[i]?.GetValueKind() == System.Text.Json.JsonValueKind.Number ? (long?)answers[i]!.GetValue<long>() : null;
            long? ours;
            try
            {
                ours = new CronPattern(pattern, major).Next(start, TimeZoneInfo.FindSystemTimeZoneById(zone))?.ToUnixTimeMilliseconds();
            }
            catch (JobServerException)
            {
                // Ours may be stricter, never laxer.
                continue;
            }

            if (ours != theirs)
            {
                wrong.Add($"'{pattern}' in {zone} from {start:o}: BullMQ {Show(theirs) ?? answers[i]?.ToString() ?? "never"}, ours {Show(ours) ?? "never"}");
            }
        }

        Assert.True(wrong.Count == 0, $"{lib}: {wrong.Count} of {cases.Length}\n{string.Join('\n', wrong.Take(40))}");
    }

    private static string? Show(long? milliseconds) => milliseconds is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture) : null;

    /// <summary>An ordinary day, the ends of months and years, and around the hours at which clocks are changed.</summary>
    private static IEnumerable<DateTimeOffset> Starts()
    {
        string[] texts =
        [
            "2025-06-11T10:20:30.400Z", "2025-12-31T23:59:59.999Z", "2024-02-28T23:00:00Z", "2025-03-30T00:59:00Z", "2025-03-30T01:00:00Z", "2025-03-30T01:29:59Z", "2025-10-26T00:15:00Z", "2025-10-26T01:10:00Z",
            "2025-03-09T06:59:59Z", "2025-03-09T07:10:00Z", "2025-11-02T05:40:00Z", "2025-11-02T06:20:00Z", "2025-10-04T15:59:00Z", "2025-04-05T15:30:00Z", "2025-09-07T03:59:00Z",
        ];
        return texts.Select(t => DateTimeOffset.Parse(t, CultureInfo.InvariantCulture));
    }

    private static string Pattern(Random random)
    {
        (int Min, int Max)[] bounds = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
        var fields = bounds.Select((b, kind) => string.Join(',', Enumerable.Range(0, random.Next(4) == 0 ? 2 : 1).Select(_ => Part(random, kind, b.Min, b.Max)))).ToArray();
        return string.Join(' ', random.Next(3) == 0 ? fields : fields[1..]);
    }

    private static string Part(Random random, int kind, int min, int max)
    {
        var (a, b) = (random.Next(min, max + 1), random.Next(min, max + 1));
        return random.Next(12) switch
        {
            < 5 => "*",
            5 => $"*/{random.Next(1, 8)}",
            6 => $"{Math.Min(a, b)}-{Math.Max(a, b)}",
            7 => $"{Math.Min(a, b)}-{Math.Max(a, b)}/{random.Next(1, 5)}",
            8 when kind == 3 => "L",
            8 when kind == 5 => random.Next(2) == 0 ? $"{a}L" : $"{a}#{random.Next(1, 6)}",
            9 => $"{a}/{random.Next(1, 9)}",
            _ => $"{a}",
        };
    }
}
