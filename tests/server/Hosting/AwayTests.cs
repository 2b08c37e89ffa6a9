using System.Net;
using System.Text.Json;
using JobAdmin.Client.Tests;
using JobAdmin.Client.Tests.Faults;

namespace JobAdmin.Server.Tests;

/// <summary>Redis goes and comes back; what the server writes down and counts.</summary>
public sealed class AwayTests(Bench bench) : ServerTest(bench)
{
    [Fact]
    public async Task Without_redis_it_says_so_at_once_and_recovers_by_itself()
    {
        var port = RedisServer.FreePort();
        await using var served = await Served.StartAsync(Bench.Lab(), options => options with { Redis = options.Redis with { Address = new Uri($"redis://127.0.0.1:{port}"), Database = 0 } }, ready: false);
        await ExpectAwayAsync(served);
        await using (var redis = await RedisServer.StartAsync(wanted: port))
        {
            await UntilAsync(async () => (await served.SendAsync("GET", "/readyz", null)).Status == HttpStatusCode.OK, "the first connect");
            Assert.Equal(HttpStatusCode.Created, (await served.SendAsync("POST", "/api/queues/emails/jobs", body: """{"name":"x"}""")).Status);
            Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/api/queues/emails/jobs")).Status);
        }

        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues/emails/jobs")).Status == HttpStatusCode.ServiceUnavailable, "the end of Redis");
        await ExpectAwayAsync(served);
        await using var again = await RedisServer.StartAsync(wanted: port);
        await UntilAsync(async () => (await served.SendAsync("GET", "/api/queues")).Status == HttpStatusCode.OK, "the return of Redis");
        Assert.Equal(HttpStatusCode.Created, (await served.SendAsync("POST", "/api/queues/emails/jobs", body: """{"name":"y"}""")).Status);
    }

    [Fact]
    public async Task Where_redis_takes_no_changes_it_says_so_without_its_address()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection);
        await lab.DoAsync("seed", new { failed = 3, delayed = 1 });
        var (failed, delayed) = ((await lab.IdsAsync("failed"))[0], (await lab.IdsAsync("delayed"))[0]);
        async Task ExpectRefusedAsync(Served served, string method, string path, string? body)
        {
            var answer = await served.SendAsync(method, $"/api/queues/emails{path}", body: body);
            Assert.True(answer.Status == HttpStatusCode.ServiceUnavailable, $"{method} {path}: {answer.Status} {answer.Text}");
            Assert.DoesNotContain("127.0.0.1", answer.Text);
        }

        await using (var served = await Served.StartAsync(lab))
        {
            // Without memory Redis still takes what begins by taking something away.
            await lab.Db.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
            await ExpectRefusedAsync(served, "POST", "/jobs", """{"name":"x"}""");
            await lab.Db.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
            await lab.Db.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "1");
            await ExpectRefusedAsync(served, "POST", $"/jobs/{failed}/retry", null);
            await ExpectRefusedAsync(served, "POST", "/retry", """{"state":"failed"}""");
            await lab.Db.ExecuteAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        }

        await using var replica = await RedisServer.StartAsync(["--replicaof", "127.0.0.1", $"{redis.Port}", "--repl-diskless-sync-delay", "0"]);
        await using var copy = await replica.ConnectAsync();
        await UntilAsync(async () => (string?)await copy.GetDatabase().ExecuteAsync("INFO", "replication") is { } info && info.Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows");
        await using var there = await Served.StartAsync(lab, options => options with { Redis = options.Redis with { Address = replica.Address } });
        await ExpectRefusedAsync(there, "POST", "/jobs", """{"name":"x"}""");
        await ExpectRefusedAsync(there, "PATCH", $"/jobs/{failed}", """{"data":{"to":"someone"}}""");
        await ExpectRefusedAsync(there, "POST", $"/jobs/{failed}/retry", null);
        await ExpectRefusedAsync(there, "POST", $"/jobs/{delayed}/promote", null);
        await ExpectRefusedAsync(there, "POST", "/retry", """{"state":"failed"}""");
        await ExpectRefusedAsync(there, "POST", "/clean", """{"state":"failed"}""");
        await ExpectRefusedAsync(there, "POST", "/pause", null);
        Assert.Equal(3, (await lab.IdsAsync("failed")).Length);
    }

    [Fact]
    public async Task Every_change_is_noted_with_its_key()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("jobadmin-audit-").FullName, "audit.jsonl");
        await using var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 3 });
        await using var served = await Served.StartAsync(lab, options => options with { AuditFile = file });
        var ids = await lab.IdsAsync("failed");
        await served.SendAsync("GET", "/api/queues");
        await served.SendAsync("POST", $"/api/queues/emails/jobs/{ids[0]}/retry", Served.Operator);
        await served.SendAsync("POST", "/api/queues/emails/retry", Served.Operator, """{"state":"failed"}""");
        await served.SendAsync("DELETE", "/api/queues/emails", Served.Reader);
        await served.SendAsync("POST", "/api/admin/jobs/nope/retry?queue=emails", Served.Admin);
        var text = await File.ReadAllTextAsync(file, Ct);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["start", "end", "start", "end", "end", "start", "end"], lines.Select(line => line.GetProperty("event").GetString()));
        Assert.Equal(["operator", "operator", "operator", "operator", "reader", "admin", "admin"], lines.Select(line => line.GetProperty("user").GetString()));
        Assert.All(lines, line => Assert.Equal("emails", line.GetProperty("queue").GetString()));
        Assert.Equal(lines[0].GetProperty("run").GetString(), lines[1].GetProperty("run").GetString());
        Assert.Equal(ids[0], lines[1].GetProperty("ids")[0].GetString());
        Assert.Equal((2, "completed"), (lines[3].GetProperty("counts").GetProperty("retried").GetInt32(), lines[3].GetProperty("result").GetString()));
        Assert.Equal(("failed", 403), (lines[4].GetProperty("result").GetString(), lines[4].GetProperty("status").GetInt32()));
        Assert.Equal("Job not found", lines[6].GetProperty("error").GetProperty("message").GetString());
        Assert.DoesNotContain("-key-of-the-test", text);
    }

    [Fact]
    public async Task Without_its_audit_line_nothing_is_changed()
    {
        var folder = Directory.CreateTempSubdirectory("jobadmin-audit-").FullName;
        await using var lab = Bench.Lab();
        var id = await lab.FailedAsync();
        await using var served = await Served.StartAsync(lab, options => options with { AuditFile = Path.Combine(folder, "audit.jsonl") });
        Directory.Delete(folder, recursive: true);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await served.SendAsync("POST", $"/api/queues/emails/jobs/{id}/retry")).Status);
        Assert.Equal("failed", await lab.StateAsync(id));
    }

    [Fact]
    public async Task Its_counts_are_in_the_form_that_prometheus_reads()
    {
        await using var lab = Bench.Lab(queue: "with \"quotes\"");
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab);
        await served.SendAsync("GET", "/api/queues");
        var answer = await served.SendAsync("GET", "/metrics", Served.Reader);
        Assert.Equal("application/openmetrics-text", answer.Type);
        Assert.EndsWith("# EOF\n", answer.Text);
        Assert.Contains("jobadmin_jobs{queue=\"with \\\"quotes\\\"\",state=\"waiting\"} 1\n", answer.Text);
        Assert.Contains("jobadmin_http_requests_total{method=\"GET\",route=\"/api/queues\",status=\"200\"} 1\n", answer.Text);
        Assert.Contains("jobadmin_redis_up 1\n", answer.Text);
        Assert.Equal(HttpStatusCode.Unauthorized, (await served.SendAsync("GET", "/metrics", null)).Status);
        Assert.Equal("""{"status":"ok"}""", (await served.SendAsync("GET", "/healthz", null)).Text);
    }

    [Fact]
    public async Task Its_counts_can_be_read_while_new_ones_come()
    {
        for (var round = 0; round < 1000; round++)
        {
            var metrics = new Observing.ServerMetrics();
            var counting = Task.Run(() =>
            {
                for (var n = 0; n < 200; n++)
                {
                    metrics.Count("GET", $"/route/{n}", 200, TimeSpan.Zero);
                }
            }, Ct);
            do
            {
                metrics.Write(new System.Text.StringBuilder());
            }
            while (!counting.IsCompleted);
            await counting;
        }
    }

    [Theory]
    [InlineData("/api/queues/emails/jobs", """{"name":"x"}""")]
    [InlineData("/api/queues/emails/retry", """{"state":"failed"}""")]
    public async Task A_change_whose_answer_is_lost_is_not_for_sending_again(string path, string body)
    {
        await using var lab = Bench.Lab();
        await lab.FailedAsync();
        await using var proxy = new FaultProxy(lab.Options().Address.Port);
        var through = new Uri($"redis://127.0.0.1:{proxy.Port}");
        await using var served = await Served.StartAsync(lab, options => options with { Redis = options.Redis with { Address = through, Timeout = TimeSpan.FromSeconds(2) } });
        var made = false;
        for (var i = 0; i < 200; i++)
        {
            // The first reply after the change is the change's own.
            proxy.Arm(1, replies: true, async _ =>
            {
                if (!made && await lab.Db.ListLengthAsync(lab.Base + "wait") > 0)
                {
                    made = proxy.Refusing = true;
                    proxy.DropAll(reset: true);
                }
            });
        }

        var answer = await served.SendAsync("POST", path, body: body);
        Assert.True(made);
        Assert.Equal((HttpStatusCode.GatewayTimeout, false), (answer.Status, answer.Headers.Contains("Retry-After")));
        Assert.Contains("look before you try again", answer.Error);
    }

    private static async Task ExpectAwayAsync(Served served)
    {
        Assert.Equal(HttpStatusCode.OK, (await served.SendAsync("GET", "/healthz", null)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await served.SendAsync("GET", "/readyz", null)).Status);
        foreach (var path in new[] { "/api/queues", "/api/admin/jobs", "/api/queues/emails/jobs", "/api/events", "/api/search?q=1" })
        {
            var answer = await served.SendAsync("GET", path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.DoesNotContain("127.0.0.1", answer.Text);
        }
    }
}
