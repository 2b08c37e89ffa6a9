using System.Globalization;
using JobAdmin.Client.BullMq;
using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Settings, workers, metrics and logs, checked with BullMQ's own library.</summary>
public sealed class QueueFactsTests(Bench bench) : ParityTest(bench)
{
    private const long Minute = 60_000;

    [Theory, InlineData("bullmq560"), InlineData("bullmq5"), InlineData("bullmq62"), InlineData("bullmq")]
    public Task Concurrency_and_rate_limit_are_set(string lib) => CompareAsync(lib, lab => lab.AddAsync(),
        server => SetAsync(server, new JobQueueSettings { Concurrency = 3, RateLimitMax = 10, RateLimitDuration = TimeSpan.FromSeconds(1) }),
        async lab =>
        {
            await lab.DoAsync("setConcurrency", new { args = new[] { 3 } });
            await lab.DoAsync("setRateLimit", new { args = new[] { 10, 1000 } });
        },
        work: Succeed);

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public Task And_taken_away(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("setConcurrency", new { args = new[] { 3 } });
            await lab.DoAsync("setRateLimit", new { args = new[] { 10, 1000 } });
        },
        server => SetAsync(server, new JobQueueSettings { Concurrency = 0, RateLimitMax = 0 }),
        async lab =>
        {
            await lab.DoAsync("call", new { method = "removeGlobalConcurrency" });
            await lab.DoAsync("call", new { method = "removeGlobalRateLimit" });
        });

    [Fact]
    public Task A_rate_limit_is_let_go() => CompareAsync("bullmq",
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("rateLimit", new { args = new[] { 60_000 } });
        },
        server => SetAsync(server, new JobQueueSettings { ReleaseRateLimit = true }), lab => lab.DoAsync("call", new { method = "removeRateLimitKey" }), work: Succeed);

    [Fact]
    public async Task The_events_are_bounded_and_cut_at_once()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("addMany", new { count = 2000 });
        var notes = await SetAsync(await lab.ServerAsync(), new JobQueueSettings { MaxEvents = 100 });
        Assert.Contains("when it next starts", Assert.Single(notes));
        Assert.InRange((long)await lab.Db.ExecuteAsync("XLEN", lab.Base + "events"), 100, 300);
        Assert.Equal("100", (string?)await lab.Db.HashGetAsync(lab.Base + "meta", "opts.maxLenEvents"));
    }

    [Fact]
    public async Task Half_a_rate_limit_is_refused_and_completed_by_what_is_there()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        Assert.Equal("RateLimitIncomplete", (await ErrorOfAsync(() => SetAsync(server, new JobQueueSettings { RateLimitMax = 5 }))).ErrorId);
        await SetAsync(server, new JobQueueSettings { RateLimitMax = 5, RateLimitDuration = TimeSpan.FromSeconds(2) });
        await SetAsync(server, new JobQueueSettings { RateLimitMax = 7 });
        var queue = await server.QueueAsync(lab.Queue);
        Assert.Equal((7, TimeSpan.FromSeconds(2)), (queue.RateLimitMax, queue.RateLimitDuration));
    }

    [Fact]
    public async Task A_version_that_knows_no_such_limit_is_told()
    {
        await using var lab = Bench.Lab("bullmq4");
        await lab.FailedAsync();
        Assert.Equal("NotSupported", (await ErrorOfAsync(async () => await SetAsync(await lab.ServerAsync(), new JobQueueSettings { Concurrency = 1 }))).ErrorId);
        await using var early = Bench.Lab("bullmq5");
        await early.AddAsync();
        await early.Db.HashSetAsync(early.Base + "meta", "version", "bullmq:5.59.1");
        var server = await early.ServerAsync();
        Assert.Equal("NotSupported", (await ErrorOfAsync(() => SetAsync(server, new JobQueueSettings { RateLimitMax = 1, RateLimitDuration = TimeSpan.FromSeconds(1) }))).ErrorId);
        await SetAsync(server, new JobQueueSettings { Concurrency = 1 });
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Workers_are_found_by_queue_and_name(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        await lab.DoAsync("startWorker", new { opts = new { name = "w-1" } });
        await lab.DoAsync("startWorker", new { @as = "second" });
        await lab.DoAsync("startWorker", new { queue = "other" });
        var server = (IJobWorkers)await lab.ServerAsync();
        var workers = await server.GetWorkersAsync(lab.Queue, Ct);
        Assert.Equal([null, "w-1"], workers.Select(w => w.Name).Order());
        Assert.All(workers, w => Assert.True(w.Queue == lab.Queue && w.Host!.StartsWith("127.0.0.1:", StringComparison.Ordinal) && w.Age is { TotalSeconds: < 60 } && w.Idle <= w.Age));
        Assert.Equal(["emails", "emails", "other"], (await server.GetWorkersAsync(null, Ct)).Select(w => w.Queue));
        Assert.Equal(2, (await (await lab.ServerAsync()).QueueAsync(lab.Queue)).Workers);
    }

    [Fact]
    public async Task A_plain_queue_name_that_could_be_base64_is_told_apart()
    {
        await using var lab = Bench.Lab(queue: "YWJj");
        await lab.AddAsync();
        using var client = await lab.Redis.ConnectAsync($",defaultDatabase={lab.Number},name=bull:YWJj:w:net");
        await client.GetDatabase(lab.Number).KeyExistsAsync("x");
        var server = (IJobWorkers)await lab.ServerAsync();
        Assert.Contains(await server.GetWorkersAsync("YWJj", Ct), w => w.Name == "net");
        Assert.All(await server.GetWorkersAsync(null, Ct), w => Assert.Equal("YWJj", w.Queue));
        await lab.DoAsync("add", new { queue = "abc" });
        Assert.All(await server.GetWorkersAsync(null, Ct), w => Assert.Equal("abc", w.Queue));
    }

    [Theory]
    [InlineData("bull:ZW1haWxz", "ZW1haWxz", "emails", null)]
    [InlineData("bull:ZW1haWxz:w:a:b", "ZW1haWxz", "emails", "a:b")]
    [InlineData("bull:emails:w:net", "emails", null, "net")]
    [InlineData("bull:mail", "mail", null, null)]
    public void A_workers_name_is_read(string client, string written, string? decoded, string? name) =>
        Assert.Equal(new WorkerName(written, decoded, name), WorkerName.Parse(client, "bull"));

    [Theory, InlineData("bull:ZW1haWxz:qe"), InlineData("bullet:ZW1haWxz"), InlineData("bull:"), InlineData("other"), InlineData("")]
    public void Another_clients_name_is_none(string client) => Assert.Null(WorkerName.Parse(client, "bull"));

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Metrics_are_what_the_workers_counted(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        var server = (IJobMetrics)await lab.ServerAsync();
        Assert.Null(await server.GetTotalsAsync(lab.Queue, Ct));
        Assert.Empty(await server.GetMetricsAsync(new JobMetricQuery { Queue = lab.Queue }, Ct));
        Assert.False(await server.AreMetricsEnabledAsync(Ct));
        await CountedAsync(lab, 1);
        await BackdateAsync(lab, 3);
        await CountedAsync(lab, 4);
        await BackdateAsync(lab, 1);
        await CountedAsync(lab, 2);
        Assert.Equal(new JobMetricTotals(7, 0), await server.GetTotalsAsync(lab.Queue, Ct));
        Assert.True(await server.AreMetricsEnabledAsync(Ct));
        var points = await server.GetMetricsAsync(new JobMetricQuery { Queue = lab.Queue }, Ct);
        // BullMQ gives the same points, newest first, and leaves out the minute that is not over.
        IEnumerable<string> theirs = Lab.Strings((await lab.DoAsync("call", new { method = "getMetrics", args = new[] { "completed" } }))!["data"]);
        Assert.Equal(theirs.Reverse(), points.SkipLast(1).Select(p => p.Completed.ToString(CultureInfo.InvariantCulture)));
        Assert.Equal(7, points.Sum(p => p.Completed));
        var last = (long)await lab.Db.HashGetAsync(lab.Base + "metrics:completed", "prevTS");
        Assert.Equal(last / Minute * Minute, points[^1].Time.ToUnixTimeMilliseconds());
        Assert.All(points.Zip(points.Skip(1)), pair => Assert.Equal(TimeSpan.FromMinutes(1), pair.Second.Time - pair.First.Time));
        var hours = await server.GetMetricsAsync(new JobMetricQuery { Queue = lab.Queue, Step = TimeSpan.FromHours(1) }, Ct);
        Assert.Equal(7, hours.Sum(p => p.Completed));
        Assert.All(hours, p => Assert.Equal(0, p.Time.Minute));
        Assert.Equal(7, Assert.Single(await server.GetSparklinesAsync([lab.Queue], Ct)).Points.Sum());
        Assert.Empty(await server.GetMetricsAsync(new JobMetricQuery { Queue = lab.Queue, To = DateTimeOffset.UtcNow.AddHours(-2) }, Ct));
    }

    [Fact]
    public async Task Part_of_a_log()
    {
        await using var lab = Bench.Lab();
        var id = await lab.AddAsync();
        await lab.AddAsync();
        for (var n = 1; n <= 5; n++)
        {
            await lab.DoAsync("log", new { id, args = new[] { $"line {n}" } });
        }

        var server = (IJobLogs)await lab.ServerAsync();
        await IsAsync(1, 5, "line 1", "line 2", 0, 2, false);
        await IsAsync(4, 5, "line 4", "line 5", 0, 2, true);
        await IsAsync(3, 5, "line 3", "line 4", 1, 2, true);
        await IsAsync(2, 5, "line 2", "line 3", 1, 2, false);
        Assert.Empty((await server.GetLogAsync(lab.Queue, id, 9, 5, false, Ct))!.Lines);
        Assert.Empty((await server.GetLogAsync(lab.Queue, id, 9, 5, true, Ct))!.Lines);
        Assert.Equal(0, (await server.GetLogAsync(lab.Queue, "2", 0, 5, false, Ct))!.Total);
        Assert.Null(await server.GetLogAsync(lab.Queue, "none", 0, 5, false, Ct));

        async Task IsAsync(long first, long total, string one, string two, long skip, int count, bool fromEnd)
        {
            var page = (await server.GetLogAsync(lab.Queue, id, skip, count, fromEnd, Ct))!;
            Assert.Equal((first, total), (page.First, page.Total));
            Assert.Equal([one, two], page.Lines);
        }
    }

    private static Task<IReadOnlyList<string>> SetAsync(IJobServer server, JobQueueSettings settings) => ((IJobQueueSettings)server).SetQueueAsync("emails", settings, Ct);

    private static async Task CountedAsync(Lab lab, int count)
    {
        await lab.DoAsync("addMany", new { count = count - (count == 1 ? 1 : 0) });
        await lab.DoAsync("run", new { count, opts = new { metrics = new { maxDataPoints = 100 } } });
    }

    /// <summary>Makes as if the last job had finished some minutes earlier.</summary>
    private static async Task BackdateAsync(Lab lab, int minutes)
    {
        var last = (long)await lab.Db.HashGetAsync(lab.Base + "metrics:completed", "prevTS");
        await lab.Db.HashSetAsync(lab.Base + "metrics:completed", "prevTS", last - (minutes * Minute));
    }
}
