using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>A removed queue leaves nothing, and takes nothing of others with it.</summary>
public sealed class RemoveQueueTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public async Task Nothing_is_left_and_others_stay(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await SeedAsync(lab);
        await using var other = await lab.CopyAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        var server = await lab.ServerAsync();
        var total = (await server.QueueAsync("emails")).GetCounts().Total;
        var progress = await server.RemoveQueueAsync("emails", force: false, Ct).RunAsync();
        Assert.Equal((total, total), (progress.Done, progress.Total));
        var left = await Keyspace.ReadAsync(lab.Db);
        Assert.DoesNotContain(left.Keys, k => k.StartsWith("bull:emails:", StringComparison.Ordinal) && !k.StartsWith("bull:emails:inner:", StringComparison.Ordinal));
        foreach (var key in before.Keys.Where(k => k.StartsWith("bull:emails:inner:", StringComparison.Ordinal) || k.StartsWith("bull:emails2:", StringComparison.Ordinal)
            || k.StartsWith("bull:children:", StringComparison.Ordinal)))
        {
            Assert.Equal(before[key], left[key]);
        }

        // A parent elsewhere is treated as BullMQ treats it: it no longer waits for a child that is gone.
        await other.DoAsync("pause");
        await other.DoAsync("obliterate", new { args = new[] { new { force = true } } });
        var theirs = await Keyspace.ReadAsync(other.Db);
        foreach (var key in theirs.Keys.Union(left.Keys).Where(k => k.StartsWith("bull:parents:", StringComparison.Ordinal)))
        {
            Assert.Equal(theirs[key], left[key]);
        }

        Assert.Empty(await server.QueuesAsync("emai*s"));
        Assert.Equal("QueueNotFound", (await ErrorOfAsync(() => server.QueuesAsync("emails"))).ErrorId);
        Assert.Equal(["1 job attempt 0 ok"], await AgainAsync(lab, lib));
    }

    [Theory, MemberData(nameof(Full))]
    public async Task With_active_jobs_only_by_force(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { active = 2, waiting = 2 });
        var before = await Keyspace.ReadAsync(lab.Db);
        var server = await lab.ServerAsync();
        Assert.Equal(JobErrorKind.InvalidState, (await ErrorOfAsync(() => server.RemoveQueueAsync("emails", force: false, Ct).RunAsync())).Kind);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a refused removal");
        await server.RemoveQueueAsync("emails", force: true, Ct).RunAsync();
        Assert.Empty((await Keyspace.ReadAsync(lab.Db)).Keys);
    }

    [Theory, InlineData("bullmq4"), InlineData("bullmq560"), InlineData("bullmq5")]
    public async Task A_paused_queue(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { waiting = 5, delayed = 2, prioritized = 2, failed = 1 });
        await lab.DoAsync("pause");
        await (await lab.ServerAsync()).RemoveQueueAsync("emails", force: true, Ct).RunAsync();
        Assert.Empty((await Keyspace.ReadAsync(lab.Db)).Keys);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task An_application_that_goes_on_has_a_queue_again(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        await server.RemoveQueueAsync("emails", force: false, Ct).RunAsync();
        // Its library does not write the queue's settings again; it is a queue of BullMQ all the same.
        var id = await lab.AddAsync();
        Assert.NotEqual(QueueLayout.Bull, (await server.QueueAsync("emails")).Layout);
        Assert.Equal(JobOutcomeStatus.Removed, Assert.Single(await server.ChangeAsync("emails", new JobChange.Remove(), id)).Status);
        await lab.AddAsync();
        Assert.Equal(1, (await server.RemoveQueueAsync("emails", force: false, Ct).RunAsync()).Done);
    }

    [Fact]
    public async Task Twenty_thousand_jobs_in_slices()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("addMany", new { count = 10_000 });
        await lab.DoAsync("addMany", new { count = 10_000, opts = new { priority = 3 } });
        var slices = 0;
        await foreach (var _ in (await lab.ServerAsync()).RemoveQueueAsync("emails", force: false, Ct))
        {
            slices++;
        }

        Assert.True(slices > 3);
        Assert.Empty((await Keyspace.ReadAsync(lab.Db)).Keys);
    }

    private static async Task SeedAsync(Lab lab)
    {
        await lab.DoAsync("seed", new { completed = 3, failed = 3, waiting = 3, prioritized = 3, delayed = 3 });
        await lab.DoAsync("log", new { id = "1", args = new[] { "a line" } });
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" } });
        await lab.DoAsync("upsertScheduler", new { id = "often", repeat = new { every = 60_000 } });
        await lab.AddAsync(opts: new { delay = 600_000, deduplication = new { id = "a:b", ttl = 900_000 } });
        await lab.AddAsync(opts: new { jobId = "odd id/ü*[x]?" });
        await lab.Db.ExecuteAsync("SET", lab.Base + "limiter", "3", "PX", "600000");
        await lab.Db.ExecuteAsync("HSET", lab.Base + "metrics:failed", "count", "3");
        await lab.Db.ExecuteAsync("LPUSH", lab.Base + "metrics:failed:data", "3");
        // An orphan: a hash that no state knows.
        await lab.Db.ExecuteAsync("HSET", lab.Base + "orphan", "name", "lost", "timestamp", "1");
        await lab.FlowAsync(new { name = "parent", queueName = "emails", children = new object[] { new { name = "child", queueName = "children" } } }, "children");
        await lab.FlowAsync(new { name = "parent", queueName = "parents", children = new object[] { new { name = "child", queueName = "emails" } } }, "parents");
        await lab.FlowAsync(new { name = "parent", queueName = "parents", children = new object[]
        {
            new { name = "child", queueName = "emails" }, new { name = "child", queueName = "children" },
        } });
        await lab.DoAsync("seed", new { queue = "emails2", failed = 1, waiting = 1 });
        // A prefix that begins with our queue's keys.
        await lab.DoAsync("seed", new { prefix = "bull:emails", queue = "inner", failed = 2, waiting = 2, delayed = 1, active = 1 });
        await lab.DoAsync("log", new { prefix = "bull:emails", queue = "inner", id = "1", args = new[] { "a line" } });
    }

    private static async Task<string[]> AgainAsync(Lab lab, string lib)
    {
        await lab.DoAsync("close");
        await lab.AddAsync();
        return await WorkAsync(lab, lib, "emails", Succeed);
    }
}
