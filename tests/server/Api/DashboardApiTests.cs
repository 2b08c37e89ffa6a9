using System.Net;
using System.Text.Json;
using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>The second page, against what its real server answered.</summary>
public sealed class DashboardApiTests(Bench bench) : ServerTest(bench)
{
    [Theory]
    [InlineData("bullmq")]
    [InlineData("bullmq5")]
    public async Task Reads_have_the_shape_of_the_real_servers(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 1, completed = 2, active = 1, waiting = 2, prioritized = 1, delayed = 1 });
        await lab.FlowAsync(new { name = "parent", queueName = "flowq", data = new { p = 1 }, children = new[] { new { name = "child", queueName = "flowq", data = new { c = 1 } } } }, "flowq");
        await using var served = await Served.StartAsync(lab);

        Check("01-config", await served.SendAsync("GET", "/api/config", key: null));
        var queues = await served.SendAsync("GET", "/api/queues");
        Check("02-queues", queues);
        Assert.Equal(["emails", "flowq"], queues.Json.GetProperty("data").EnumerateArray().Select(q => q.GetProperty("name").GetString()));
        var counts = queues.Json.GetProperty("data")[0].GetProperty("counts");
        // What has a priority waits, too.
        Assert.Equal((3, 1, 1, 2, 1), (Count("waiting"), Count("delayed"), Count("active"), Count("completed"), Count("failed")));
        Check("03-queue-emails", await served.SendAsync("GET", "/api/queues/emails"));
        var waiting = await served.SendAsync("GET", "/api/queues/emails/jobs");
        Check("05-jobs-default", waiting);
        Assert.Equal(3, waiting.Json.GetProperty("data").GetArrayLength());
        Check("06-jobs-completed", await served.SendAsync("GET", "/api/queues/emails/jobs?state=completed&start=0&end=1"));
        var failed = await served.SendAsync("GET", "/api/queues/emails/jobs?state=failed");
        Check("07-jobs-failed", failed);
        var id = failed.Json.GetProperty("data")[0].GetProperty("id").GetString();
        Check("16-get-failed", await served.SendAsync("GET", $"/api/queues/emails/jobs/{id}"));
        Same("17-get-missing", await served.SendAsync("GET", "/api/queues/emails/jobs/nope"));
        Check("29-groups", await served.SendAsync("GET", "/api/queues/emails/groups"));
        var flows = await served.SendAsync("GET", "/api/flows");
        Check("46-flows", flows);
        var parent = flows.Json.GetProperty("data")[0];
        Assert.Equal(1, parent.GetProperty("pendingChildrenCount").GetInt32());
        Check("48-children", await served.SendAsync("GET", $"/api/queues/flowq/jobs/{parent.GetProperty("id")}/children"));
        Check("50-search-job", await served.SendAsync("GET", $"/api/search?q={parent.GetProperty("id")}"));
        Check("52-search-queue", await served.SendAsync("GET", "/api/search?type=queue&q=ema"));
        Check("57-jobs-search", await served.SendAsync("GET", "/api/jobs/search?name=jo&state=completed,failed&start=0&end=2"));
        Assert.Equal("""{"emails":[],"flowq":[]}""", (await served.DataAsync("GET", "/api/metrics/sparklines")).GetRawText());
        Check("61-metrics-status", await served.SendAsync("GET", "/api/metrics/status"));
        Same("71-auth-missing", await served.SendAsync("GET", "/api/queues", key: null));
        int Count(string name) => counts.GetProperty(name).GetInt32();
    }

    [Theory]
    [InlineData("bullmq")]
    [InlineData("bullmq5")]
    public async Task Changes_have_the_shape_of_the_real_servers_and_happen(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 3, completed = 2, active = 1, waiting = 1, delayed = 2 });
        await using var served = await Served.StartAsync(lab);

        var added = await served.SendAsync("POST", "/api/queues/emails/jobs", body: """{"name":"send-email","data":{"to":"x@example.com"},"opts":{"priority":1,"delay":500000}}""");
        Check("12-add", added);
        var id = added.Json.GetProperty("data").GetProperty("id").GetString()!;
        Assert.Equal("delayed", await lab.StateAsync(id));
        Same("22-promote", await served.SendAsync("POST", $"/api/queues/emails/jobs/{id}/promote"));
        Assert.Equal("prioritized", await lab.StateAsync(id));
        var edited = await served.SendAsync("PATCH", $"/api/queues/emails/jobs/{id}", body: """{"data":{"i":99},"opts":{"priority":2}}""");
        Check("24-patch", edited);
        Assert.Equal(99, edited.Json.GetProperty("data").GetProperty("data").GetProperty("i").GetInt32());
        Assert.Equal(2, edited.Json.GetProperty("data").GetProperty("priority").GetInt32());
        Same("27-cancel-waiting-400", await served.SendAsync("POST", $"/api/queues/emails/jobs/{id}/cancel"));
        var active = (await lab.IdsAsync("active")).Single();
        Same("30-cancel-active", await served.SendAsync("POST", $"/api/queues/emails/jobs/{active}/cancel"));
        var failed = (await lab.IdsAsync("failed"))[0];
        Same("19-retry-failed", await served.SendAsync("POST", $"/api/queues/emails/jobs/{failed}/retry"));
        Assert.Equal("waiting", await lab.StateAsync(failed));
        Check("42-retry-all", await served.SendAsync("POST", "/api/queues/emails/retry", body: """{"state":"failed"}"""));
        Assert.Empty(await lab.IdsAsync("failed"));
        Check("43-promote-all", await served.SendAsync("POST", "/api/queues/emails/promote"));
        Assert.Empty(await lab.IdsAsync("delayed"));
        Check("38-clean", await served.SendAsync("POST", "/api/queues/emails/clean", body: """{"state":"completed","grace":0}"""));
        Assert.Empty(await lab.IdsAsync("completed"));
        Same("32-pause", await served.SendAsync("POST", "/api/queues/emails/pause"));
        Assert.True((await lab.DoAsync("isPaused"))!.GetValue<bool>());
        Assert.Equal("__all__", (await served.DataAsync("GET", "/api/queues/emails")).GetProperty("pausedNames")[0].GetString());
        Assert.Equal("""{"data":{"resumed":"__all__"}}""", (await served.SendAsync("POST", "/api/queues/emails/resume", body: """{"jobName":"__all__"}""")).Text);
        Assert.False((await lab.DoAsync("isPaused"))!.GetValue<bool>());
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("POST", "/api/queues/emails/pause", body: """{"jobName":"crunch"}""")).Status);
        Assert.Equal("""{"data":{"removed":true}}""", (await served.SendAsync("DELETE", $"/api/queues/emails/jobs/{id}")).Text);
        Same("44-drain", await served.SendAsync("POST", "/api/queues/emails/drain"));
        Assert.Empty(await lab.IdsAsync("waiting"));
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("DELETE", "/api/queues/emails")).Status);
        Same("65-obliterate-force", await served.SendAsync("DELETE", "/api/queues/emails?force=true"));
        Assert.Equal(HttpStatusCode.NotFound, (await served.SendAsync("GET", "/api/queues/emails")).Status);
    }

    [Fact]
    public async Task Metrics_come_from_what_the_workers_count()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("work", new { behave = new { @do = "ok" }, opts = new { metrics = new { maxDataPoints = 60 } } });
        await using var served = await Served.StartAsync(lab);
        Check("58-metrics", await served.SendAsync("GET", "/api/queues/emails/metrics"));
        Assert.True((await served.DataAsync("GET", "/api/metrics/status")).GetProperty("enabled").GetBoolean());
        Assert.Equal(60, (await served.DataAsync("GET", "/api/metrics/sparklines")).GetProperty("emails").GetArrayLength());
        await lab.AddAsync(name: "other");
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", "/api/queues/emails/metrics?from=2026-01-02&to=2026-01-01")).Status);
    }

    [Fact]
    public async Task Pages_fit_together_whatever_is_skipped()
    {
        await using var lab = Bench.Lab();
        await lab.JobsAsync("failed", 2300);
        await lab.JobsAsync("wait", 700, first: 5000);
        await lab.JobsAsync("prioritized", 700, first: 6000);
        await using var served = await Served.StartAsync(lab);
        foreach (var (state, total) in new[] { ("failed", 2300), ("waiting", 1400) })
        {
            var ids = new List<string>();
            for (var start = 0; start < total; start += 450)
            {
                var page = await served.SendAsync("GET", $"/api/queues/emails/jobs?state={state}&start={start}&end={start + 450}");
                Assert.Equal(total, page.Json.GetProperty("meta").GetProperty("total").GetInt32());
                ids.AddRange(page.Json.GetProperty("data").EnumerateArray().Select(job => job.GetProperty("id").GetString()!));
            }

            Assert.Equal(total, ids.Count);
            Assert.Equal(total, ids.Distinct().Count());
            var whole = await served.SendAsync("GET", $"/api/queues/emails/jobs?state={state}&start=0&end=1000");
            Assert.Equal(whole.Json.GetProperty("data").EnumerateArray().Select(job => job.GetProperty("id").GetString()), ids.Take(1000));
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", "/api/queues/emails/jobs?start=0&end=1001")).Status);
    }

    [Fact]
    public async Task What_is_stored_goes_out_as_it_is_and_what_is_no_json_as_a_text()
    {
        await using var lab = Bench.Lab();
        var id = await lab.AddAsync(new { n = 1 });
        const string Odd = """{"big":12345678901234567890.10,"e":1E+2,"u":"é\ud83d\ude00","nested":[[[{}]]]}""";
        await lab.Db.HashSetAsync($"{lab.Base}{id}", "data", Odd);
        await using var served = await Served.StartAsync(lab);
        Assert.Contains(Odd, (await served.SendAsync("GET", $"/api/queues/emails/jobs/{id}")).Text);
        Assert.Contains(Odd, (await served.SendAsync("GET", $"/api/admin/jobs/{id}?queue=emails")).Text);
        foreach (var broken in new[] { "{not json", new string('[', 400) + new string(']', 400), "\"\ud800\"", "{\"a\":1}}" })
        {
            await lab.Db.HashSetAsync($"{lab.Base}{id}", "data", broken);
            Assert.Equal(JsonValueKind.String, (await served.DataAsync("GET", $"/api/queues/emails/jobs/{id}")).GetProperty("data").ValueKind);
            Assert.Equal(1, (await served.DataAsync("GET", "/api/queues/emails/jobs")).GetArrayLength());
        }

        await lab.Db.HashSetAsync($"{lab.Base}{id}", "data", new byte[] { (byte)'"', 0xff, 0xfe, (byte)'"' });
        Assert.Equal(JsonValueKind.String, (await served.DataAsync("GET", $"/api/queues/emails/jobs/{id}")).GetProperty("data").ValueKind);
    }

    [Fact]
    public async Task Jobs_by_a_list_of_ids_are_read_and_changed_in_order()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 3, waiting = 1 });
        var failed = await lab.IdsAsync("failed");
        await using var served = await Served.StartAsync(lab);
        var found = await served.DataAsync("POST", "/api/queues/emails/jobs/lookup", $$"""{"ids":["{{failed[0]}}","nope","{{failed[1]}}"]}""", Served.Reader);
        Assert.Equal([failed[0], null, failed[1]], found.EnumerateArray().Select(job => job.ValueKind == JsonValueKind.Null ? null : job.GetProperty("id").GetString()));
        var outcomes = await served.DataAsync("POST", "/api/queues/emails/jobs/bulk", $$"""{"action":"retry","ids":["{{failed[0]}}","nope","{{failed[1]}}"]}""", Served.Operator);
        Assert.Equal(["Retried", "NotFound", "Retried"], outcomes.EnumerateArray().Select(outcome => outcome.GetProperty("status").GetString()));
        Assert.Equal("waiting", await lab.StateAsync(failed[1]));
        Assert.Equal(HttpStatusCode.Forbidden, (await served.SendAsync("POST", "/api/queues/emails/jobs/bulk", Served.Operator, $$"""{"action":"remove","ids":["{{failed[2]}}"]}""")).Status);
        Assert.Equal("failed", await lab.StateAsync(failed[2]));
        Assert.Equal("admin", (await served.DataAsync("GET", "/api/capabilities")).GetProperty("role").GetString());
    }

    [Fact]
    public async Task Keys_of_the_queue_are_no_jobs()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab);
        foreach (var id in new[] { "meta", "wait", "id", "events", "1%3Alogs", "repeat%3Ax" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await served.SendAsync("GET", $"/api/queues/emails/jobs/{id}")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await served.SendAsync("DELETE", $"/api/queues/emails/jobs/{id}")).Status);
        }

        Assert.True(await lab.Db.KeyExistsAsync(lab.Base + "meta"));
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("POST", "/api/queues/emails/jobs", body: """{"name":"x","opts":{"jobId":"meta"}}""")).Status);
    }

    private static void Check(string capture, Answer answer)
    {
        var (status, body) = Capture.Read("conveyor/" + capture);
        Assert.True(status == (int)answer.Status, $"{capture}: {(int)answer.Status} {answer.Text}");
        Capture.AssertShape(body, answer.Json);
    }

    private static void Same(string capture, Answer answer)
    {
        var (status, body) = Capture.Read("conveyor/" + capture);
        Assert.True(status == (int)answer.Status, $"{capture}: {(int)answer.Status} {answer.Text}");
        Assert.Equal(body.GetRawText(), answer.Text);
    }
}
