using System.Net;
using System.Text;
using JobAdmin.Client.Tests;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Tests;

/// <summary>Who may do what, on every route that there is.</summary>
public sealed class AccessTests(Bench bench) : ServerTest(bench)
{
    [Fact]
    public async Task Every_route_wants_its_role()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab);
        var keys = new[] { (Served.Reader, AccessRole.Reader), (Served.Operator, AccessRole.Operator), (Served.Admin, AccessRole.Admin) };
        foreach (var route in served.Routes().Where(route => route.Role != AccessRole.None))
        {
            var path = route.PathFor("missing", "1");
            foreach (var wrong in new[] { null, "", "no-key-of-ours", Served.Admin + "x" })
            {
                Assert.Equal(HttpStatusCode.Unauthorized, (await served.SendAsync(route.Method, path, wrong)).Status);
            }

            foreach (var (key, role) in keys.Where(key => key.Item2 < route.Role))
            {
                Assert.True(HttpStatusCode.Forbidden == (await served.SendAsync(route.Method, path, key, route.BodyFor("1"))).Status, $"{role}: {route.Method} {path}");
            }

            if (route.AnswerType != "text/event-stream")
            {
                Assert.NotEqual(HttpStatusCode.Forbidden, (await served.SendAsync(route.Method, path, Served.Admin, route.BodyFor("1"))).Status);
            }
        }

        Assert.All(served.Routes().Where(route => route.Method != "GET" && !route.Path.EndsWith("/lookup", StringComparison.Ordinal)), route =>
        {
            Assert.True(route.Changes);
            Assert.True(route.Role >= AccessRole.Operator);
        });
    }

    [Theory]
    [InlineData("Authorization", "Bearer " + Served.Reader)]
    [InlineData("Authorization", "bearer  " + Served.Reader)]
    [InlineData("X-Admin-Key", Served.Reader)]
    public async Task A_key_comes_in_either_header(string name, string value)
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab);
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", null, null, (name, value))).Status);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("anybody:" + Served.Reader));
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", null, null, ("Authorization", "Basic " + basic))).Status);
    }

    [Fact]
    public async Task Read_only_refuses_every_change()
    {
        await using var lab = Bench.Lab();
        var id = await lab.FailedAsync();
        await using var served = await Served.StartAsync(lab, options => options with { ReadOnly = true, Redis = options.Redis with { ReadOnly = true } });
        var before = await Keyspace.ReadAsync(lab.Db);
        foreach (var route in served.Routes().Where(route => route.Changes))
        {
            var answer = await served.SendAsync(route.Method, route.PathFor("emails", id), Served.Admin, route.BodyFor(id));
            Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
            Assert.True(route.IsAdmin || answer.Code == "FORBIDDEN");
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "read-only");
        Assert.True((await served.DataAsync("GET", "/api/config", key: null)).GetProperty("readOnly").GetBoolean());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_route_shows_or_changes_a_queue_outside_the_list(bool byKey)
    {
        await using var lab = Bench.Lab(queue: "secret");
        var id = await lab.FailedAsync(data: new { text = "TOPSECRET" }, reason: "TOPSECRET");
        await lab.AddAsync(new { text = "TOPSECRET" });
        await lab.DoAsync("add", new { queue = "allowed-1", name = "job", data = new { } });
        await using var served = await Served.StartAsync(lab, options => byKey ? options : options with { Queues = QueueFilter.Parse("allowed-1") });
        var key = byKey ? Served.Bounded : Served.Admin;
        var before = await Keyspace.ReadAsync(lab.Db);
        foreach (var route in served.Routes())
        {
            var asked = route.PathFor("secret", id);
            var answer = await AskAsync(served, route.Method, asked, key, route.BodyFor(id));
            Assert.DoesNotContain("TOPSECRET", answer.Text);
            if (asked.Contains("secret", StringComparison.Ordinal))
            {
                Assert.True(answer.Status == HttpStatusCode.NotFound, $"{route.Method} {asked}: {answer.Status} {answer.Text}");
            }
            else
            {
                Assert.DoesNotContain("secret", answer.Text);
            }

            // The same without naming a queue.
            if (!route.Path.Contains("{name}", StringComparison.Ordinal) && !route.Changes)
            {
                var whole = await AskAsync(served, route.Method, $"{route.Path.Replace("{id}", id)}?q={(route.Path == "/api/search" ? "secret&type=queue" : id)}", key, null);
                Assert.DoesNotContain("secret", whole.Text, StringComparison.OrdinalIgnoreCase);
            }
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a bounded key");
        Assert.Single((await served.DataAsync("GET", "/api/queues", key: key)).EnumerateArray());
        Assert.Contains("allowed-1", (await served.SendAsync("GET", "/metrics", key)).Text);
    }

    [Fact]
    public async Task A_flow_does_not_lead_out_of_the_list()
    {
        await using var lab = Bench.Lab(queue: "allowed-1");
        await lab.FlowAsync(new { name = "parent", queueName = "allowed-1", data = new { }, children = new object[]
        {
            new { name = "own", queueName = "allowed-1", data = new { } }, new { name = "foreign", queueName = "secret", data = new { text = "TOPSECRET" } },
        } }, "secret");
        var parent = (await lab.IdsAsync("waiting-children")).Single();
        await using var served = await Served.StartAsync(lab);
        var child = Assert.Single((await served.DataAsync("GET", $"/api/queues/allowed-1/jobs/{parent}/children", key: Served.Bounded)).EnumerateArray());
        Assert.Equal("own", child.GetProperty("name").GetString());
        Assert.Equal(2, (await served.DataAsync("GET", $"/api/queues/allowed-1/jobs/{parent}/children")).GetArrayLength());
        var before = await Keyspace.ReadAsync(lab.Db);
        foreach (var (method, path, body) in new[]
        {
            ("DELETE", $"/api/queues/allowed-1/jobs/{parent}", null), ("DELETE", "/api/queues/allowed-1?force=true", null),
            ("POST", "/api/queues/allowed-1/clean", """{"state":"waiting-children"}"""), ("POST", "/api/queues/allowed-1/jobs/bulk", $$"""{"action":"remove","ids":["{{parent}}"]}"""),
        })
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await served.SendAsync(method, path, Served.Bounded, body)).Status);
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a bounded key");
    }

    [Fact]
    public async Task A_key_that_asks_too_often_waits()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab, options => options with { RateLimit = 1, WrongKeys = 20 });
        Answer? last = null;
        for (var i = 0; i < 200 && last?.Status != HttpStatusCode.TooManyRequests; i++)
        {
            last = await served.SendAsync("GET", "/api/metrics/status", Served.Reader);
        }

        Assert.Equal((HttpStatusCode.TooManyRequests, "TOO_MANY_REQUESTS"), (last!.Status, last.Code));
        Assert.NotNull(last.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/metrics/status", Served.Admin)).Status);
        for (var i = 0; i < 200 && last?.Status != HttpStatusCode.Unauthorized; i++)
        {
            last = await served.SendAsync("GET", "/api/queues", "wrong");
        }

        for (var i = 0; i < 200 && last?.Status != HttpStatusCode.TooManyRequests; i++)
        {
            last = await served.SendAsync("GET", "/api/queues", "wrong");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last!.Status);
        // Otherwise a guess would still show itself by being let in; who was let in before goes on.
        Assert.Equal(HttpStatusCode.TooManyRequests, (await served.SendAsync("GET", "/api/metrics/status", Served.Operator)).Status);
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/metrics/status", Served.Admin)).Status);
        await UntilAsync(async () => (await served.SendAsync("GET", "/api/metrics/status", Served.Operator)).Status == HttpStatusCode.OK, "a key after the wait");
    }

    [Fact]
    public async Task Web_pages_of_other_origins_are_not_served_unless_named()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab, options => options with { Origins = ["https://ops.example"] });
        Assert.Equal(HttpStatusCode.Forbidden, (await served.SendAsync("GET", "/api/queues", headers: ("Origin", "https://evil.example"))).Status);
        var named = await served.SendAsync("GET", "/api/queues", headers: ("Origin", "https://ops.example"));
        Assert.Equal((HttpStatusCode.OK, "https://ops.example"), (named.Status, named.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        foreach (var (path, key) in new[] { ("/api/queues", "wrong"), ("/api/queues/nope", Served.Admin), ("/nowhere", Served.Admin), ("/api/admin/jobs?limit=x", Served.Admin) })
        {
            // The page may read what is wrong, too.
            var fault = await served.SendAsync("GET", path, key, null, ("Origin", "https://ops.example"));
            Assert.True((int)fault.Status >= 400 && fault.Headers.Contains("Access-Control-Allow-Origin"), $"{path}: {(int)fault.Status}");
            Assert.Equal(("Origin", "nosniff", true), (fault.Headers.Vary.Single(), fault.Headers.GetValues("X-Content-Type-Options").Single(), fault.Headers.CacheControl?.NoStore));
        }

        Assert.Equal(HttpStatusCode.NoContent, (await served.SendAsync("OPTIONS", "/api/queues", null, null, ("Origin", "https://ops.example"), ("Access-Control-Request-Method", "GET"))).Status);
        Assert.False((await served.SendAsync("GET", "/api/queues")).Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Without_a_key_it_serves_loopback_alone()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab, options => options with { Keys = [] });
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues", key: null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await served.SendAsync("GET", "/api/queues", null, null, ("Host", "rebound.example"))).Status);
        foreach (var url in new[] { "http://0.0.0.0:0", "http://*:0", "http://[::]:0", "http://example.com:0" })
        {
            Assert.Throws<Hosting.OptionError>(() => Hosting.ServerApp.Build(Served.Options(lab) with { Keys = [], Urls = [url] }));
        }

        await using var open = await Served.StartAsync(lab, options => options with { Urls = ["http://0.0.0.0:0"] }, ready: false);
        Assert.Equal(HttpStatusCode.Unauthorized, (await open.SendAsync("GET", "/api/queues", null)).Status);
    }

    /// <summary>Asks, and of a stream takes no more than its beginning.</summary>
    private static async Task<Answer> AskAsync(Served served, string method, string path, string key, string? body)
    {
        if (!path.Contains("/events", StringComparison.Ordinal))
        {
            return await served.SendAsync(method, path, key, body);
        }

        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("X-Admin-Key", key);
        using var response = await served.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(Ct), response.Headers, null);
        }

        await using var stream = await response.Content.ReadAsStreamAsync(Ct);
        var bytes = new byte[4096];
        return new Answer(response.StatusCode, Encoding.UTF8.GetString(bytes, 0, await stream.ReadAsync(bytes, Ct)), response.Headers, null);
    }
}
