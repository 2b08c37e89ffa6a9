using System.Globalization;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>Servers that want fewer requests are waited for, as long as they ask, and that is said.</summary>
public sealed class RateLimitTests
{
    private readonly FakeBioAgents bio = new();
    private readonly FastTime time = new(100);

    private FakeServer Limited(int times, Func<FakeAnswer> answer)
    {
        var left = times;
        return new(request => request["status"] != "active" && Interlocked.Decrement(ref left) >= 0 ? answer() : bio.Answer(request));
    }

    private async Task<(double Seconds, List<string> Notes)> WaitedAsync(FakeServer fake, Func<IJobServer, Task> action)
    {
        var notes = new List<string>();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, time: time);
        WireLog.Notes = notes.Add;
        var start = time.GetUtcNow();
        await action(server);
        return ((time.GetUtcNow() - start).TotalSeconds, notes);
    }

    private static FakeAnswer TooMany(params (string, string)[] headers) => FakeAnswer.Json("""{"error":"Too Many Requests"}""", 429) with { Headers = headers };

    [Fact]
    public async Task Retry_After_in_seconds()
    {
        await using var fake = Limited(2, () => TooMany(("Retry-After", "20")));
        var (seconds, notes) = await WaitedAsync(fake, server => server.JobsAsync("chat", JobState.Failed));
        Assert.InRange(seconds, 40, 200);
        Assert.Equal(2, notes.Count);
        Assert.Contains("wants fewer requests (status 429): waiting 20 s", notes[0]);
    }

    [Fact]
    public async Task Retry_After_as_a_date_by_the_server_s_own_clock()
    {
        await using var fake = Limited(1, () => TooMany(
            ("Date", "Sun, 22 Nov 2026 04:00:00 GMT"), ("Retry-After", "Sun, 22 Nov 2026 04:00:30 GMT")));
        Assert.InRange((await WaitedAsync(fake, server => server.JobsAsync("chat", JobState.Failed))).Seconds, 30, 3599);
    }

    [Theory]
    [InlineData("X-RateLimit-Reset", "25")]
    [InlineData("RateLimit-Reset", "25")]
    [InlineData("X-RateLimit-Reset", "1795320025")]
    [InlineData("X-RateLimit-Reset", "1795320025000")]
    public async Task A_reset_header_in_any_of_its_forms(string name, string value)
    {
        var date = DateTimeOffset.FromUnixTimeSeconds(1795320000).ToString("R", CultureInfo.InvariantCulture);
        await using var fake = Limited(1, () => TooMany((name, value), ("Date", date), ("X-RateLimit-Limit", "100"), ("X-RateLimit-Remaining", "0")));
        Assert.InRange((await WaitedAsync(fake, server => server.JobsAsync("chat", JobState.Failed))).Seconds, 25, 3599);
    }

    [Fact]
    public async Task Retry_after_in_the_body_and_no_word_at_all()
    {
        await using var fake = Limited(1, () => FakeAnswer.Json("""{"error":"Too Many Requests","retryAfter":15}""", 429));
        Assert.InRange((await WaitedAsync(fake, server => server.JobsAsync("chat", JobState.Failed))).Seconds, 15, 3599);
        await using var silent = Limited(3, () => new FakeAnswer(429, "", null));
        Assert.InRange((await WaitedAsync(silent, server => server.JobsAsync("chat", JobState.Failed))).Seconds, 7, 3599);
    }

    [Fact]
    public async Task A_wait_of_nothing_and_a_reset_that_is_no_number_do_not_use_up_the_tries()
    {
        await using var fake = Limited(4, () => TooMany(("Retry-After", "0")));
        Assert.InRange((await WaitedAsync(fake, server => server.JobsAsync("chat", JobState.Failed))).Seconds, 14, 3599);
        // What a server writes that counts with what it does not know.
        await using var strange = Limited(1, () => TooMany(("X-RateLimit-Limit", "100"), ("X-RateLimit-Remaining", "NaN"), ("X-RateLimit-Reset", "NaN")));
        Assert.InRange((await WaitedAsync(strange, server => server.JobsAsync("chat", JobState.Failed))).Seconds, 1, 3599);
    }

    [Fact]
    public async Task A_change_that_was_turned_away_is_sent_again_and_everybody_waits()
    {
        bio["chat"].AddRange(Enumerable.Range(0, 50).Select(n => new FakeJob($"f{n}", "failed", 1704110400000 + n)));
        await using var fake = Limited(5, () => TooMany(("Retry-After", "10")));
        var (seconds, _) = await WaitedAsync(fake, async server =>
            Assert.All(await server.ChangeJobsAsync("chat", bio["chat"].Select(job => job.Id).ToArray(), new JobChange.Retry(), Token), outcome => Assert.True(outcome.Succeeded)));
        Assert.True(seconds >= 10);
        Assert.Equal(55, fake.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task An_hour_is_not_waited_for()
    {
        await using var fake = Limited(int.MaxValue, () => TooMany(("Retry-After", "3600")));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var error = await FailsAsync("RateLimited", () => server.JobsAsync("chat", JobState.Failed));
        Assert.Contains("It asks to wait 3600 s.", error.Message);
    }

    [Fact]
    public async Task The_report_tells_what_is_left()
    {
        await using var fake = new FakeServer(request => bio.Answer(request) with
        {
            Headers = [("X-RateLimit-Limit", "100"), ("X-RateLimit-Remaining", "4"), ("X-RateLimit-Reset", "1795320025")],
        });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var report = await server.TestAsync(Token);
        Assert.StartsWith("4 of 100 requests left until", report.RateLimit);
        Assert.Contains(report.Warnings, warning => warning.Contains("nearly used up", StringComparison.Ordinal));
    }
}
