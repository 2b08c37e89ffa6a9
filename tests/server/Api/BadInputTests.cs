using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>What can't be right is refused in the words of the page, and nothing is changed.</summary>
public sealed class BadInputTests(Bench bench) : ServerTest(bench), IAsyncLifetime
{
    private readonly List<IAsyncDisposable> disposables = [];

    [Fact]
    public async Task An_unknown_path_or_method_ends_no_connection_and_a_405_names_the_methods()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab);
        using var client = new TcpClient();
        await client.ConnectAsync(served.Address.Host, served.Address.Port, Ct);
        var wire = client.GetStream();
        string Ask(string request, string more = "") => $"{request} HTTP/1.1\r\nHost: localhost\r\nX-Admin-Key: {Served.Admin}\r\n{more}\r\n";
        // All at once, as a proxy may send them.
        await wire.WriteAsync(Encoding.ASCII.GetBytes(Ask("GET /nope") + Ask("DELETE /api/config") + Ask("GET /healthz", "Connection: close\r\n")), Ct);
        var text = await new StreamReader(wire).ReadToEndAsync(Ct);
        Assert.True(Regex.Matches(text, "HTTP/1.1 ([0-9]{3})").Select(match => match.Groups[1].Value).SequenceEqual(["404", "405", "200"]), text);
        Assert.Matches("\r\nAllow: GET", text);
    }

    [Theory]
    [InlineData("GET", "/api/admin/jobs?limit=-1")]
    [InlineData("GET", "/api/admin/jobs?limit=1.5")]
    [InlineData("GET", "/api/admin/jobs?limit=99999999999999999999")]
    [InlineData("GET", "/api/admin/jobs?limit=10&limit=20")]
    [InlineData("GET", "/api/admin/jobs?status=nope")]
    [InlineData("GET", "/api/admin/jobs?queue=a:b")]
    [InlineData("GET", "/api/queues/emails/jobs?state=stalled")]
    [InlineData("GET", "/api/queues/emails/jobs?state=")]
    [InlineData("GET", "/api/queues/emails/jobs?start=-1")]
    [InlineData("GET", "/api/queues/emails/jobs?start=x")]
    [InlineData("GET", "/api/queues/emails/jobs?start=10&end=5")]
    [InlineData("GET", "/api/queues/emails/jobs?end=1001")]
    [InlineData("GET", "/api/queues/emails/jobs?end=2147483648")]
    [InlineData("GET", "/api/queues/a%3Ab")]
    [InlineData("GET", "/api/queues/%0A/jobs")]
    [InlineData("GET", "/api/queues/emails/jobs/%FF%FE")]
    [InlineData("GET", "/api/queues/emails/jobs/%zz")]
    [InlineData("GET", "/api/queues/emails/../secret")]
    [InlineData("GET", "/api/queues/%2e%2e/admin")]
    [InlineData("GET", "/api/queues/emails\\jobs")]
    [InlineData("GET", "/api/search")]
    [InlineData("GET", "/api/search?q=")]
    [InlineData("GET", "/api/search?q=x&type=nope")]
    [InlineData("GET", "/api/search?q=x&type=payload")]
    [InlineData("GET", "/api/jobs/search?state=waiting,nope")]
    [InlineData("GET", "/api/jobs/search?after=yesterday")]
    [InlineData("GET", "/api/jobs/search?start=0&end=2000")]
    [InlineData("GET", "/api/flows?state=nope")]
    [InlineData("GET", "/api/queues/emails/metrics?granularity=second")]
    [InlineData("GET", "/api/queues/emails/metrics?from=x")]
    [InlineData("GET", "/api/queues/emails/metrics?from=1900-01-01&to=2026-01-01")]
    [InlineData("GET", "/api/nothing")]
    [InlineData("GET", "/api/admin/nothing")]
    [InlineData("PUT", "/api/queues")]
    [InlineData("DELETE", "/api/queues/emails?force=maybe")]
    [InlineData("POST", "/api/queues/emails/clean")]
    [InlineData("POST", "/api/queues/emails/clean", "{}")]
    [InlineData("POST", "/api/queues/emails/clean", """{"state":"active"}""")]
    [InlineData("POST", "/api/queues/emails/clean", """{"state":"failed","grace":-1}""")]
    [InlineData("POST", "/api/queues/emails/clean", """{"state":"failed","grace":"1h"}""")]
    [InlineData("POST", "/api/queues/emails/clean", """{"state":"failed","grace":1e30}""")]
    [InlineData("POST", "/api/queues/emails/retry", """{"state":"waiting"}""")]
    [InlineData("POST", "/api/queues/emails/retry", """["failed"]""")]
    [InlineData("POST", "/api/queues/emails/retry", "null")]
    [InlineData("POST", "/api/queues/emails/retry", "{")]
    [InlineData("POST", "/api/queues/emails/pause", """{"jobName":7}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":""}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":7}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","extra":1}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":[]}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"priority":-1}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"priority":2097152}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"delay":"1s"}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"attempts":-1}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"jobId":"12"}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"backoff":"soon"}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"removeOnFail":"yes"}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"parent":{"id":"1","queue":"bull:secret"}}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", """{"name":"x","opts":{"repeat":{"every":1}}}""")]
    [InlineData("POST", "/api/queues/emails/jobs", "{\"name\":\"\\ud800\"}")]
    [InlineData("PATCH", "/api/queues/emails/jobs/1", "{}")]
    [InlineData("PATCH", "/api/queues/emails/jobs/1", """{"name":"other"}""")]
    [InlineData("PATCH", "/api/queues/emails/jobs/1", """{"opts":{"attempts":3}}""")]
    [InlineData("POST", "/api/queues/emails/jobs/lookup", """{"ids":[]}""")]
    [InlineData("POST", "/api/queues/emails/jobs/lookup", """{"ids":[1]}""")]
    [InlineData("POST", "/api/queues/emails/jobs/bulk", """{"action":"explode","ids":["1"]}""")]
    public async Task It_is_refused_in_the_pages_own_shape(string method, string path, string? body = null)
    {
        var (lab, served) = await SharedAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        var answer = await served.SendAsync(method, path, Served.Admin, body);
        Assert.InRange((int)answer.Status, 400, 405);
        Assert.Equal("application/json", answer.Type);
        Assert.False(string.IsNullOrEmpty(answer.Error));
        Assert.Equal(path.StartsWith("/api/admin", StringComparison.Ordinal), answer.Json.GetProperty("error").ValueKind == System.Text.Json.JsonValueKind.String);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), path);
    }

    [Fact]
    public async Task Too_much_is_refused()
    {
        var (_, served) = await SharedAsync();
        var long_ = new string('x', 600);
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", $"/api/queues/{long_}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", $"/api/queues/emails/jobs/{long_}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", $"/api/search?q={long_}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", "/api/queues/a%00b")).Status);
        Assert.Equal(HttpStatusCode.RequestUriTooLong, (await served.SendAsync("GET", $"/api/queues/{new string('x', 6000)}")).Status);
        var large = await served.SendAsync("POST", "/api/queues/emails/jobs", body: $$"""{"name":"x","data":"{{new string('y', 2 << 20)}}"}""");
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (large.Status, large.Code));
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("POST", "/api/queues/emails/jobs", body: $"{{\"name\":\"x\",\"data\":{new string('[', 5000)}{new string(']', 5000)}}}")).Status);
        var ids = string.Join(',', Enumerable.Range(0, 1001).Select(n => $"\"{n}\""));
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("POST", "/api/queues/emails/jobs/bulk", body: $$"""{"action":"retry","ids":[{{ids}}]}""")).Status);
        // A reason that is cut, or another in its place, would stand in the jobs for good.
        var reason = await served.SendAsync("POST", "/api/queues/emails/jobs/bulk", body: $$"""{"action":"stop","ids":["1"],"reason":"{{new string('r', 1001)}}"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "reason must be a string of at most 1000 characters"), (reason.Status, reason.Error));
    }

    [Fact]
    public async Task Names_and_ids_with_signs_of_all_kinds_find_their_way()
    {
        await using var lab = Bench.Lab(queue: "a b/c%é*[x]?#");
        await lab.AddAsync(opts: new { jobId = "id/with %2F ?#é" });
        await using var served = await Served.StartAsync(lab);
        var queue = Uri.EscapeDataString(lab.Queue);
        Assert.Equal(lab.Queue, (await served.DataAsync("GET", $"/api/queues/{queue}")).GetProperty("name").GetString());
        Assert.Equal("id/with %2F ?#é", (await served.DataAsync("GET", $"/api/queues/{queue}/jobs/{Uri.EscapeDataString("id/with %2F ?#é")}")).GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", $"/api/admin/jobs/{Uri.EscapeDataString("id/with %2F ?#é")}?queue={queue}")).Status);
        Assert.Equal(1, (await served.DataAsync("GET", $"/api/search?type=payload&q=%7B%7D&queue={queue}")).GetArrayLength());
        Assert.Equal(0, (await served.DataAsync("GET", $"/api/search?type=payload&q=*&queue={queue}")).GetArrayLength());
    }

    private async Task<(Lab Lab, Served Served)> SharedAsync()
    {
        var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 2, waiting = 1 });
        await lab.DoAsync("close");
        disposables.Add(lab);
        var served = await Served.StartAsync(lab);
        disposables.Add(served);
        return (lab, served);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in Enumerable.Reverse(disposables))
        {
            await thing.DisposeAsync();
        }
    }
}
