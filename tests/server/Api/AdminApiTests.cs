using System.Net;
using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>The first page, against what its real server answered.</summary>
public sealed class AdminApiTests(Bench bench) : ServerTest(bench)
{
    [Theory]
    [InlineData("bullmq")]
    [InlineData("bullmq5")]
    public async Task Answers_have_the_shape_of_the_real_servers(string lib)
    {
        await using var lab = Bench.Lab(lib, queue: "deep-research");
        await lab.DoAsync("seed", new { failed = 1, completed = 3, active = 1, waiting = 3, delayed = 1 });
        await using var served = await Served.StartAsync(lab);

        var list = await served.SendAsync("GET", "/api/admin/jobs");
        Check("01-list-default", list);
        Assert.Equal(9, list.Json.GetProperty("jobs").GetArrayLength());
        Assert.Equal("deep-research", list.Json.GetProperty("queue").GetString());
        var added = list.Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("timestamp").GetInt64()).ToList();
        Assert.Equal(added.OrderDescending(), added);

        var failed = await served.SendAsync("GET", "/api/admin/jobs?status=failed");
        Check("02-list-failed", failed);
        var job = Assert.Single(failed.Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal("boom", job.GetProperty("failedReason").GetString());
        Check("03-list-limit2", await served.SendAsync("GET", "/api/admin/jobs?limit=2&status=waiting"));

        var id = job.GetProperty("id").GetString();
        Check("13-get-failed", await served.SendAsync("GET", $"/api/admin/jobs/{id}"));
        var active = (await lab.IdsAsync("active")).Single();
        Check("15-get-active", await served.SendAsync("GET", $"/api/admin/jobs/{active}"));
        Same("16-get-missing", await served.SendAsync("GET", "/api/admin/jobs/does-not-exist"));
        Same("17-get-wrong-queue", await served.SendAsync("GET", $"/api/admin/jobs/{id}?queue=chat"));
        Same("18-retry-active-400", await served.SendAsync("POST", $"/api/admin/jobs/{active}/retry"));
        Check("19-retry-failed-200", await served.SendAsync("POST", $"/api/admin/jobs/{id}/retry"));
        Assert.Equal("waiting", await lab.StateAsync(id!));
        Same("20-retry-again-400", await served.SendAsync("POST", $"/api/admin/jobs/{id}/retry"));
        Same("22-retry-missing-404", await served.SendAsync("POST", "/api/admin/jobs/nope/retry"));
        Same("11-noauth", await served.SendAsync("GET", "/api/admin/jobs", key: null));
    }

    [Fact]
    public async Task Queues_that_are_turned_off_say_so()
    {
        await using var lab = Bench.Lab();
        await using var served = await Served.StartAsync(lab, options => options with { Enabled = false }, ready: false);
        Same("27-disabled-list", await served.SendAsync("GET", "/api/admin/jobs"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await served.SendAsync("GET", "/api/queues")).Status);
        Same("11-noauth", await served.SendAsync("GET", "/api/admin/jobs", key: "wrong"));
    }

    [Fact]
    public async Task Every_queue_of_bullmq_is_served_and_the_four_of_the_page_always()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync(new { to = "a@example.com" });
        await using var served = await Served.StartAsync(lab);
        Assert.Single((await served.SendAsync("GET", "/api/admin/jobs?queue=emails")).Json.GetProperty("jobs").EnumerateArray());
        Assert.Equal(0, (await served.SendAsync("GET", "/api/admin/jobs?queue=chat")).Json.GetProperty("counts").GetProperty("waiting").GetInt32());
        var missing = await served.SendAsync("GET", "/api/admin/jobs?queue=invalid-queue");
        Assert.Equal((HttpStatusCode.NotFound, "Queue 'invalid-queue' not found"), (missing.Status, missing.Error));
        Assert.Equal(0, (await served.SendAsync("GET", "/api/admin/jobs?queue=emails&limit=0")).Json.GetProperty("jobs").GetArrayLength());
        var wrong = await served.SendAsync("GET", "/api/admin/jobs?queue=emails&status=paused");
        Assert.Equal((HttpStatusCode.BadRequest, true), (wrong.Status, wrong.Error!.Contains("status", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Long_lists_are_whole()
    {
        await using var lab = Bench.Lab();
        await lab.JobsAsync("failed", 2500);
        await using var served = await Served.StartAsync(lab);
        var ids = (await served.SendAsync("GET", "/api/admin/jobs?queue=emails&status=failed&limit=2600")).Json.GetProperty("jobs").EnumerateArray().Select(job => job.GetProperty("id").GetString()).ToList();
        Assert.Equal(2500, ids.Distinct().Count());
        Assert.Equal(HttpStatusCode.BadRequest, (await served.SendAsync("GET", "/api/admin/jobs?queue=emails&limit=100001")).Status);
    }

    private static void Check(string capture, Answer answer)
    {
        var (status, body) = Capture.Read("bioagents/" + capture);
        Assert.Equal(status, (int)answer.Status);
        Assert.Equal("application/json", answer.Type);
        Capture.AssertShape(body, answer.Json);
        var names = (body.TryGetProperty("jobs", out var jobs) ? jobs[0] : body).EnumerateObject().Select(p => p.Name);
        var ours = (answer.Json.TryGetProperty("jobs", out var list) ? list[0] : answer.Json).EnumerateObject().Select(p => p.Name);
        // Which job comes first differs; what a job may show does not.
        Assert.Empty(ours.Except(names).Except(["processedOn", "finishedOn", "failedReason"]));
    }

    private static void Same(string capture, Answer answer)
    {
        var (status, body) = Capture.Read("bioagents/" + capture);
        Assert.Equal(status, (int)answer.Status);
        Assert.Equal(body.GetRawText(), answer.Text);
    }
}
