using System.Text;
using JobAdmin.Client.BullMq;
using JobAdmin.Client.Tests.Parity;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.BullMq.RepairTests;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Keys of jobs that are in no state, and parents whose children are gone: found and repaired, and nothing besides.</summary>
public sealed class OrphanTests(Bench bench) : ParityTest(bench)
{
    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Orphans_go_and_everything_else_stays_byte_by_byte(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await FillAsync(lab);
        await using var pristine = await lab.CopyAsync();
        // Jobs that get lost: out of every state, one with logs, one of which only logs are left, one with a colon in its id, a scheduler's.
        await lab.AddAsync(name: "lost");
        await lab.AddAsync(opts: new { deduplication = new { id = "once" } }, name: "lost");
        await lab.AddAsync(opts: new { delay = 5000 }, name: "lost");
        var ids = await lab.IdsAsync("waiting");
        await lab.DoAsync("log", new { id = ids[0], args = new[] { "a line" } });
        var lost = (await FindByNameAsync(lab, "lost")).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(3, lost.Count);
        foreach (var id in lost)
        {
            await lab.Db.ListRemoveAsync(lab.Base + "wait", id);
            await lab.Db.SortedSetRemoveAsync(lab.Base + "delayed", id);
        }

        await lab.Db.ListRightPushAsync(lab.Base + "777:logs", "a line of a job that is gone");
        await lab.Db.HashSetAsync(lab.Base + "user:42", [new("name", "old"), new("data", "{}"), new("opts", "{}"), new("timestamp", "1700000000000")]);
        await lab.Db.HashSetAsync(lab.Base + "repeat:gone:1700000000000", [new("name", "old"), new("data", "{}"), new("opts", "{}"), new("timestamp", "1700000000000")]);
        await lab.Db.HashSetAsync(lab.Base + "888", [new("atm", "1"), new("processedOn", "1700000000000")]);
        var found = await FindAsync(lab, JobDefectKind.OrphanedKey);
        Assert.Equal([.. lost.Concat(["777", "user:42", "repeat:gone:1700000000000", "888"]).Order(StringComparer.Ordinal)], Ids(found));
        Assert.Equal("is gone, and a key of it is left", found.Single(d => d.Id == "777").Message);
        Assert.All(await RepairAsync(lab, found), d => Assert.Equal(JobDefectStatus.Repaired, d.Status));
        Assert.Empty(await FindAsync(lab, JobDefectKind.OrphanedKey));
        Keyspace.AssertSame(await Keyspace.ReadAsync(pristine.Db, null, ":events", "emails:id", ":marker"), await Keyspace.ReadAsync(lab.Db, null, ":events", "emails:id", ":marker"), lib);
    }

    [Fact]
    public async Task A_job_that_came_into_a_state_since_or_that_a_worker_has_stays()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("addMany", new { count = 3 });
        await lab.Db.KeyDeleteAsync(lab.Base + "wait");
        var found = await FindAsync(lab, JobDefectKind.OrphanedKey);
        Assert.Equal(["1", "2", "3"], Ids(found));
        await lab.Db.ListLeftPushAsync(lab.Base + "wait", "1");
        await lab.Db.StringSetAsync(lab.Base + "2:lock", "a-worker:1");
        Assert.Equal(["3"], Ids(await FindAsync(lab, JobDefectKind.OrphanedKey)));
        var done = (await RepairAsync(lab, found)).ToDictionary(d => d.Id!, d => d.Status);
        Assert.Equal((JobDefectStatus.Gone, JobDefectStatus.InUse, JobDefectStatus.Repaired), (done["1"], done["2"], done["3"]));
        Assert.Equal((true, true, false), (await lab.Db.KeyExistsAsync(lab.Base + "1"), await lab.Db.KeyExistsAsync(lab.Base + "2"), await lab.Db.KeyExistsAsync(lab.Base + "3")));
    }

    [Fact]
    public async Task What_is_kept_can_be_put_back()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("addMany", new { count = 3 });
        await lab.DoAsync("log", new { id = "2", args = new[] { "a line" } });
        await lab.Db.KeyDeleteAsync(lab.Base + "wait");
        var before = await Keyspace.ReadAsync(lab.Db);
        var kept = new List<ReadOnlyMemory<byte>>();
        await RepairAsync(lab, await FindAsync(lab, JobDefectKind.OrphanedKey), keep: slice =>
        {
            kept.AddRange(Encoding.UTF8.GetString(slice.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(line)));
            return Task.CompletedTask;
        });
        Assert.Equal(4, kept.Count);
        Assert.False(await lab.Db.KeyExistsAsync(lab.Base + "1"));
        var outcomes = await ((IJobTransfer)await lab.ServerAsync()).ImportAsync(new JobImport { Queue = lab.Queue, Prefix = lab.Prefix, Records = kept }, Ct);
        Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Added, o.Status));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "put back");
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task A_parent_waits_no_longer_for_children_that_are_gone_or_done(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await FlowAsync(lab, "some", 3);
        await FlowAsync(lab, "all", 2);
        await FlowAsync(lab, "sound", 2);
        await FlowAsync(lab, "empty", 1);
        await FlowAsync(lab, "failing", 1, fail: true);
        // A child of `some` completes and is not counted, one is gone; those of `all` are gone; `empty` has lost its set.
        await lab.DoAsync("work", new { queue = "some", opts = new { concurrency = 1 } });
        await lab.DoAsync("work", new { queue = "failing" });
        await lab.Db.SetAddAsync(lab.Base + "some:dependencies", ["bull:some:some-0", "bull:some:some-1"]);
        await lab.Db.HashDeleteAsync(lab.Base + "some:processed", ["bull:some:some-0", "bull:some:some-1"]);
        await lab.Db.KeyDeleteAsync("bull:some:some-1");
        await lab.Db.SortedSetRemoveAsync("bull:some:completed", "some-1");
        await lab.Db.ListRemoveAsync(lab.Base + "wait", "some");
        await lab.Db.SortedSetAddAsync(lab.Base + "waiting-children", "some", 1);
        await lab.Db.KeyDeleteAsync(["bull:all:all-0", "bull:all:all-1", "bull:all:wait", lab.Base + "empty:dependencies"]);
        var found = (await FindAsync(lab, JobDefectKind.Parent)).ToDictionary(d => d.Id!);
        Assert.Equal(["all", "empty", "some"], found.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("waits for 1 child that is gone and 1 that completed and was not counted", found["some"].Message);
        Assert.Equal(["bull:some:some-0", "bull:some:some-1"], found["some"].Keys.Order(StringComparer.Ordinal));
        Assert.Equal("waits for 2 children that are gone", found["all"].Message);
        Assert.Equal("waits for children, and has none left to wait for", found["empty"].Message);
        Assert.All(await RepairAsync(lab, [.. found.Values]), d => Assert.Equal(JobDefectStatus.Repaired, d.Status));
        Assert.Equal(("waiting", "waiting", "waiting-children", "waiting-children"),
            (await lab.StateAsync("some"), await lab.StateAsync("all"), await lab.StateAsync("sound"), await lab.StateAsync("failing")));
        Assert.Equal(3, (await lab.DoAsync("getChildrenValues", new { id = "some" }))!.AsObject().Count + 1);
        // BullMQ's own workers do the rest.
        Assert.Equal(3, (await WorkAsync(lab, lib, lab.Queue, Succeed)).Length);
        await lab.DoAsync("work", new { queue = "sound" });
        Assert.Equal(["sound flow attempt 0 ok"], await WorkAsync(lab, lib, lab.Queue, Succeed));
        Assert.Empty(await FindAsync(lab, null));
    }

    [Fact]
    public async Task A_parent_of_very_many_children_is_freed_slice_by_slice()
    {
        await using var lab = Bench.Lab();
        await FlowAsync(lab, "big", 1);
        await lab.Db.SetAddAsync(lab.Base + "big:dependencies", [.. Enumerable.Range(0, 20_000).Select(n => (RedisValue)$"bull:big:gone-{n}")]);
        var found = await FindAsync(lab, JobDefectKind.Parent);
        Assert.EndsWith("or more children that are gone, besides", found[0].Message[..found[0].Message.LastIndexOf("besides", StringComparison.Ordinal)] + "besides", StringComparison.Ordinal);
        var done = Assert.Single(await RepairAsync(lab, found));
        Assert.Equal("waits no longer for 20,000 of its children, and for 1 others still", done.Message.Replace('\u00a0', ' '));
        Assert.Equal("waiting-children", await lab.StateAsync("big"));
        await lab.DoAsync("work", new { queue = "big" });
        Assert.Equal("waiting", await lab.StateAsync("big"));
    }

    [Theory]
    [InlineData("42", "42"), InlineData("42:logs", "42"), InlineData("user:42", "user:42"), InlineData("user:42:processed", "user:42"), InlineData("repeat:nightly:1700000000000", "repeat:nightly:1700000000000")]
    [InlineData("repeat:nightly:1700000000000:logs", "repeat:nightly:1700000000000"), InlineData("repeat:nightly", null), InlineData("repeat:a:b", null), InlineData("meta", null), InlineData("metrics:failed", null)]
    [InlineData("metrics:completed:data", null), InlineData("de:once", null), InlineData("dn:once", null), InlineData("stalled-check", null), InlineData("repeat:1700000000000", null), InlineData("42:lock", "42"), InlineData("a:failed", "a")]
    public void A_key_tells_whose_it_is(string name, string? id) => Assert.Equal(id, BullMqServer.JobIdOf(name));

    private static async Task FillAsync(Lab lab)
    {
        await lab.DoAsync("seed", new { failed = 3, completed = 3, active = 2, waiting = 40, prioritized = 2, delayed = 2 });
        await lab.FlowAsync(new { name = "parent", queueName = lab.Queue, children = new[] { new { name = "child", queueName = "other" } } }, "other");
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { every = 3_600_000 } });
        await lab.DoAsync("upsertScheduler", new { id = "a:b", repeat = new { pattern = "0 0 3 * * *" } });
        await lab.AddAsync(opts: new { deduplication = new { id = "kept" } });
        // A job of its own, though it looks like a part of another.
        await lab.AddAsync(opts: new { jobId = "order:1:failed" });
        // What others keep under the same beginning: counts, an application's own, a queue whose prefix begins with ours.
        await lab.Db.HashSetAsync(lab.Base + "metrics:failed", [new("count", "3"), new("prevTS", "1700000000000"), new("prevCount", "3")]);
        await lab.Db.ListRightPushAsync(lab.Base + "metrics:failed:data", "3");
        await lab.Db.HashSetAsync(lab.Base + "settings", [new("colour", "blue"), new("name", "mine")]);
        await lab.Db.StringSetAsync(lab.Base + "note", "mine");
        await lab.DoAsync("addMany", new { prefix = $"{lab.Prefix}:{lab.Queue}", queue = "inner", count = 2 });
        await lab.DoAsync("log", new { prefix = $"{lab.Prefix}:{lab.Queue}", queue = "inner", id = "1", args = new[] { "a line" } });
        await lab.Db.KeyDeleteAsync($"{lab.Base}inner:wait");
    }

    private static Task FlowAsync(Lab lab, string id, int children, bool fail = false) => lab.FlowAsync(
        new
        {
            name = "flow", queueName = lab.Queue, opts = new { jobId = id },
            children = Enumerable.Range(0, children).Select(n => new { name = "child", queueName = id, data = fail ? (object)new { @do = "fail" } : new { result = n }, opts = new { jobId = $"{id}-{n}" } }),
        },
        id);

    private static async Task<List<string>> FindByNameAsync(Lab lab, string name)
    {
        var server = await lab.ServerAsync();
        return await server.IdsAsync(new JobQuery { Queue = lab.Queue, Filter = new JobFilter { Names = [name] } });
    }
}
