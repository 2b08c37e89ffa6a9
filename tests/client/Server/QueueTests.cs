using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Server;

/// <summary>Queues are found whatever they and their prefix are called, and shown as they are.</summary>
public sealed class QueueTests(Bench bench)
{
    public static TheoryData<string> Prefixes => ["bull", "{bull}", "my app", "a:b", "{tag}:jobs", "glob*?[x]", "ünï", "bull:emails"];

    [Theory, MemberData(nameof(Prefixes))]
    public async Task Found_by_their_prefix_and_worked_on(string prefix)
    {
        await using var lab = bench.Lab(prefix: prefix);
        foreach (var queue in (string[])["emails", "Chat room", "glob*", "ü-1", "meta", "id"])
        {
            await lab.DoAsync("seed", new { queue, failed = 2, waiting = 1 });
        }

        // What other prefixes hold is not theirs.
        await lab.DoAsync("add", new { prefix = prefix + "2", queue = "other" });
        await lab.DoAsync("add", new { prefix = prefix + ":inner", queue = "nested" });
        await lab.DoAsync("add", new { prefix = "x" + prefix, queue = "another" });
        var server = await lab.ServerAsync();
        var queues = await server.QueuesAsync();
        Assert.Equal(((string[])["emails", "Chat room", "glob*", "ü-1", "meta", "id"]).Order(StringComparer.Ordinal), queues.Select(q => q.Name).Order(StringComparer.Ordinal));
        Assert.All(queues, q => Assert.Equal((2, 1, prefix, QueueLayout.BullMq6), (q.Failed, q.Waiting, q.Prefix, q.Layout)));
        Assert.Equal(2, (await server.RetryAsync("Chat room", "1", "2")).Count(o => o.Status == JobOutcomeStatus.Retried));
        await lab.DoAsync("work", new { queue = "Chat room" });
        Assert.Equal(3, (await server.QueueAsync("Chat room")).Completed);
        await server.RemoveQueueAsync("emails", force: false, Ct).RunAsync();
        Assert.Equal(5, (await server.QueuesAsync()).Count);
        Assert.DoesNotContain((await Keyspace.ReadAsync(lab.Db)).Keys, k => k.StartsWith(prefix + ":emails:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_and_patterns()
    {
        await using var lab = bench.Lab();
        foreach (var queue in (string[])["mail-in", "mail-out", "chat"])
        {
            await lab.DoAsync("add", new { queue });
        }

        var server = await lab.ServerAsync();
        Assert.Equal(["mail-in", "mail-out"], (await server.QueuesAsync("mail-*")).Select(q => q.Name));
        Assert.Equal(["chat"], (await server.QueuesAsync("chat")).Select(q => q.Name));
        Assert.Empty(await server.QueuesAsync("none*"));
        var error = await ErrorOfAsync(() => server.QueuesAsync("none"));
        Assert.Equal(("QueueNotFound", JobErrorKind.NotFound), (error.ErrorId, error.Kind));
    }

    [Theory]
    [InlineData("bullmq4", QueueLayout.BullMq4)]
    [InlineData("bullmq560", QueueLayout.BullMq5)]
    [InlineData("bullmq5", QueueLayout.BullMq5)]
    [InlineData("bullmq62", QueueLayout.BullMq6)]
    [InlineData("bullmq", QueueLayout.BullMq6)]
    public async Task Layouts(string lib, QueueLayout layout)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 1, delayed = 2, waiting = 1 });
        var queue = await (await lab.ServerAsync()).QueueAsync("emails");
        Assert.Equal(layout, queue.Layout);
        Assert.Equal(lib == "bullmq4", queue.Warnings.Any(w => w.Contains("BullMQ 4", StringComparison.Ordinal)));
        Assert.Equal((1, 2, 1), (queue.Failed, queue.Delayed, queue.Waiting));
        Assert.False(queue.IsPaused);
        Assert.NotNull(queue.LastActivity);
        Assert.InRange(queue.OldestWaiting!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Wake_up_marks_of_version_4_are_no_jobs()
    {
        await using var lab = bench.Lab("bullmq4");
        await lab.AddAsync(opts: new { delay = 600_000 });
        var server = await lab.ServerAsync();
        Assert.Equal((0, 1), ((await server.QueueAsync("emails")).Waiting, (await server.QueueAsync("emails")).Delayed));
        Assert.Equal(["1"], await server.IdsAsync(new JobQuery { Queue = "emails" }));
    }

    [Fact]
    public async Task Classic_Bull_is_read_and_never_changed()
    {
        await using var lab = bench.Lab("bull");
        await lab.AddAsync(new { @do = "fail" });
        await lab.DoAsync("work");
        await lab.AddAsync();
        var before = await Keyspace.ReadAsync(lab.Db, null, ":stalled-check");
        var server = await lab.ServerAsync();
        var queue = await server.QueueAsync("emails");
        Assert.Equal((QueueLayout.Bull, 1, 1), (queue.Layout, queue.Failed, queue.Waiting));
        Assert.NotEmpty(queue.Warnings);
        Assert.Equal(["1", "2"], (await server.IdsAsync(new JobQuery { Queue = "emails" })).Order());
        foreach (var attempt in (Func<Task>[])[() => server.RetryAsync("emails", "1"), () => server.ChangeAsync("emails", new JobChange.Remove(), "1"),
            () => server.SetPausedAsync("emails", true, null, force: true, Ct), () => server.ClearAsync("emails", force: true, states: JobState.Failed),
            () => server.RemoveQueueAsync("emails", force: true, Ct).RunAsync()])
        {
            Assert.Equal("UnsupportedLayout", (await ErrorOfAsync(attempt)).ErrorId);
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, null, ":stalled-check"), "classic Bull");
    }

    [Fact]
    public async Task Pro_queues_are_destroyed_by_force_only()
    {
        await using var lab = bench.Lab();
        await lab.FailedAsync();
        await lab.Db.ExecuteAsync("HSET", lab.Base + "meta", "version", "bullmq-pro:7.1.0");
        var server = await lab.ServerAsync();
        Assert.Equal(QueueLayout.BullMqPro, (await server.QueueAsync("emails")).Layout);
        Assert.Equal("UnsupportedLayout", (await ErrorOfAsync(() => server.ClearAsync("emails", states: JobState.Failed))).ErrorId);
        Assert.Equal("UnsupportedLayout", (await ErrorOfAsync(() => server.RemoveQueueAsync("emails", force: false, Ct).RunAsync())).ErrorId);
        Assert.Equal(1, (await server.ClearAsync("emails", force: true, states: JobState.Failed)).Done);
    }

    [Fact]
    public async Task Limits_workers_and_pause()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("setConcurrency", new { args = new[] { 3 } });
        await lab.DoAsync("setRateLimit", new { args = new[] { 10, 5000 } });
        await lab.DoAsync("rateLimit", new { args = new[] { 60_000 } });
        await lab.DoAsync("startWorker");
        await lab.DoAsync("startWorker", new { @as = "second", opts = new { name = "named" } });
        var queue = await (await lab.ServerAsync()).QueueAsync("emails");
        Assert.Equal((3, 10, TimeSpan.FromSeconds(5)), (queue.Concurrency, queue.RateLimitMax, queue.RateLimitDuration));
        Assert.InRange(queue.RateLimitedFor!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Equal(2, queue.Workers);
    }
}
