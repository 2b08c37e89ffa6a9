using System.Diagnostics;
using System.Text;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>What networks, proxies and wrong addresses answer: a clear error each, and nothing sent twice that may have happened.</summary>
public sealed class TransportFaultTests
{
    private readonly FakeBioAgents bio = new();

    /// <summary>A good server that answers a listing of failed jobs and every retry in a way of its own.</summary>
    private FakeServer Bad(Func<FakeRequest, FakeAnswer?> fault) =>
        new(request => request["status"] == "active" ? bio.Answer(request) : fault(request) ?? bio.Answer(request));

    private static Task<List<QueueJob>> ListAsync(IJobServer server) => server.JobsAsync("chat", JobState.Failed);

    [Fact]
    public async Task A_page_instead_of_JSON_is_named_as_one()
    {
        await using var fake = Bad(_ => FakeAnswer.Html());
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var error = await FailsAsync("InvalidResponse", () => ListAsync(server));
        Assert.Contains("an HTML page (status 200) instead of JSON", error.Message);
        Assert.Contains("login page", error.Advice);
        await FailsAsync("InvalidResponse", () => ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Address = new Uri(fake.Address, "wrong/") }));
    }

    [Theory]
    [InlineData(200, "application/xml", "<jobs/>", "InvalidResponse", "application/xml")]
    [InlineData(500, "application/xml", "<error/>", "ServerError", "status 500")]
    [InlineData(200, "text/plain", "ok", "InvalidResponse", "text/plain")]
    [InlineData(200, "application/json", "", "InvalidResponse", "an empty body")]
    [InlineData(200, "application/json", "{\"jobs\":[{\"id\":\"1\"", "InvalidResponse", "not JSON, or that was cut off")]
    [InlineData(200, "application/json", "{\"items\":[]}", "InvalidResponse", "another shape")]
    [InlineData(200, "application/json", "[1,2]", "InvalidResponse", "another shape")]
    [InlineData(404, "text/html", "<p>", "InvalidResponse", "HTML page (status 404)")]
    [InlineData(500, "application/json", "{\"error\":\"Failed to fetch jobs\"}", "ServerError", "Failed to fetch jobs")]
    [InlineData(500, "text/plain", "Internal\u001b[31m Server\r\nError", "ServerError", "Internal [31m Server  Error")]
    [InlineData(403, "application/json", "{\"error\":\"no\"}", "AccessDenied", "does not allow")]
    public async Task An_answer_that_can_t_be_used_says_why(int status, string type, string body, string errorId, string words)
    {
        await using var fake = Bad(_ => new FakeAnswer(status, body, type));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Contains(words, (await FailsAsync(errorId, () => ListAsync(server))).Message);
    }

    [Fact]
    public async Task A_body_that_breaks_off_is_read_again_and_then_reported()
    {
        bio["chat"].Add(new FakeJob("1", "failed", 1704110400000));
        var cuts = 1;
        await using var fake = Bad(request => request["status"] == "failed" && Interlocked.Decrement(ref cuts) >= 0 ? bio.Answer(request) with { CutAt = 30 } : null);
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Single(await ListAsync(server));
        cuts = int.MaxValue;
        fake.Forget();
        Assert.Contains("cut off before its end", (await FailsAsync("InvalidResponse", () => ListAsync(server))).Message);
        Assert.Equal(3, fake.Requests.Count);
    }

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_gateway_s_hiccup_is_read_over(int status)
    {
        var left = 2;
        await using var fake = Bad(_ => Interlocked.Decrement(ref left) >= 0 ? FakeAnswer.Html(status) : null);
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Empty(await ListAsync(server));
        left = int.MaxValue;
        var error = await FailsAsync("ServerError", () => ListAsync(server));
        Assert.Contains($"status {status}", error.Message);
    }

    [Fact]
    public async Task A_page_of_50_MB_is_read_and_one_of_HTML_is_not()
    {
        var padding = new string('x', 50_000_000);
        await using var fake = Bad(request => request["queue"] == "chat"
            ? FakeAnswer.Json($$$"""{"counts":{"failed":1},"jobs":[{"id":"1","state":"failed","data":{"x":"{{{padding}}}"}}]}""")
            : new FakeAnswer(200, padding, "text/html"));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Equal(50_000_008, Assert.Single(await ListAsync(server)).GetDataText()!.Length);
        var clock = Stopwatch.StartNew();
        await FailsAsync("InvalidResponse", () => server.JobsAsync("deep-research", JobState.Failed));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task The_key_does_not_follow_to_another_host_or_port()
    {
        await using var other = new FakeServer(_ => FakeAnswer.Json("{}"));
        await using var fake = Bad(request => FakeAnswer.Redirect($"http://{(request["queue"] == "chat" ? "127.0.0.1" : "localhost")}:{other.Port}/api/admin/jobs?token=x"));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var error = await FailsAsync("InvalidResponse", () => ListAsync(server));
        Assert.Contains($"redirects to http://127.0.0.1:{other.Port}/api/admin/jobs:", error.Message);
        await FailsAsync("InvalidResponse", () => server.JobsAsync("deep-research", JobState.Failed));
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task A_redirect_on_the_same_server_is_followed_with_the_key()
    {
        await using var fake = Bad(request => request.Path.Contains("/v2/", StringComparison.Ordinal)
            ? bio.Answer(request with { Target = request.Target.Replace("/v2/", "/") }) : FakeAnswer.Redirect("/v2" + request.Target, request.Method == "GET" ? 301 : 308));
        bio["chat"].Add(new FakeJob("1", "failed", 1704110400000));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Single(await ListAsync(server));
        Assert.Equal(Key, fake.Requests[^1].Headers["X-Admin-Key"]);
        Assert.Equal(JobOutcomeStatus.Retried, (await server.ChangeAsync("chat", "1", new JobChange.Retry())).Status);
    }

    [Fact]
    public async Task Redirects_in_a_circle_and_of_a_change_to_a_read_are_errors()
    {
        await using var fake = Bad(request => FakeAnswer.Redirect(request.Target));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Contains("one address after another", (await FailsAsync("InvalidResponse", () => ListAsync(server))).Message);
        fake.Forget();
        await FailsAsync("InvalidResponse", () => server.ChangeAsync("chat", "1", new JobChange.Retry()));
        Assert.Single(fake.Requests);
    }

    [Fact]
    public async Task No_answer_in_time_is_a_timeout()
    {
        await using var fake = Bad(_ => FakeAnswer.Html() with { Delay = TimeSpan.FromSeconds(30) });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Timeout = TimeSpan.FromMilliseconds(200) });
        var clock = Stopwatch.StartNew();
        await FailsAsync("Timeout", () => server.GetJobsByIdAsync("chat", ["1"], JobParts.None, Token));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task A_body_that_stops_half_way_is_a_timeout_and_a_slow_one_is_read()
    {
        await using var fake = Bad(request => new FakeAnswer(200, "", "application/json")
        {
            Stream = async (write, token) =>
            {
                await write("{\"counts\":{},");
                await Task.Delay(request["queue"] == "chat" ? 30_000 : 300, token);
                await write("\"jobs\":");
                await Task.Delay(300, token);
                await write("[]}");
            },
        });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Timeout = TimeSpan.FromMilliseconds(200) });
        Assert.Empty(await server.JobsAsync("deep-research", JobState.Failed));
        await FailsAsync("Timeout", () => ListAsync(server));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_so_soon()
    {
        var fake = new FakeServer(_ => FakeAnswer.Html());
        await fake.DisposeAsync();
        var clock = Stopwatch.StartNew();
        var error = await FailsAsync("ConnectionFailed", () => ConnectAsync(fake, JobServerKind.BioAgents));
        Assert.Equal(JobErrorKind.Connection, error.Kind);
        await FailsAsync("ConnectionFailed", () => ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Address = new Uri("http://no-such-host.invalid/") }));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(4), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task What_is_no_HTTP_is_said_so()
    {
        await using var fake = new FakeServer(_ => FakeAnswer.Html() with { Raw = Encoding.ASCII.GetBytes("-ERR unknown command 'GET'\r\n") });
        Assert.Contains("not HTTP", (await FailsAsync("ConnectionFailed", () => ConnectAsync(fake, JobServerKind.BioAgents))).Message);
    }

    [Fact]
    public async Task A_closed_connection_says_so()
    {
        await using var fake = bio.Start();
        var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        await server.DisposeAsync();
        Assert.True(server.Connection.IsClosed);
        await FailsAsync("ConnectionClosed", () => ListAsync(server));
    }

    [Fact]
    public async Task Cancelling_ends_a_request_at_once()
    {
        await using var fake = Bad(_ => FakeAnswer.Html() with { Delay = TimeSpan.FromSeconds(30) });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        using var stop = new CancellationTokenSource(100);
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.GetJobsByIdAsync("chat", ["1", "2"], JobParts.None, stop.Token));
        // What was sent may have been done.
        using var again = new CancellationTokenSource(100);
        var outcomes = await server.ChangeJobsAsync("chat", ["1", "2"], new JobChange.Retry(), again.Token);
        Assert.All(outcomes, outcome => Assert.Equal(JobOutcomeStatus.Unknown, outcome.Status));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"It took {clock.Elapsed}.");
    }
}
