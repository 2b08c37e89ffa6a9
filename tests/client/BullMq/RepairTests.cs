using JobAdmin.Client.Tests.Parity;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Damage of every kind, made on real queues beside what a live worker holds, found, repaired, and worked off by BullMQ itself.</summary>
public sealed class RepairTests(Bench bench) : ParityTest(bench)
{
    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Active_jobs_without_a_worker_go_back_and_those_with_one_stay(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 5 });
        await lab.DoAsync("take", new { count = 4 });
        await lab.AddAsync(opts: new { priority = 3 });
        await lab.DoAsync("take", new { count = 2 });
        await lab.Db.KeyDeleteAsync([lab.Base + "2:lock", lab.Base + "3:lock", lab.Base + "6:lock"]);
        var found = await FindAsync(lab, JobDefectKind.LostActive);
        Assert.Equal(["2", "3", "6"], Ids(found));
        Assert.All(found, d => Assert.Equal((JobState.Active, JobDefectStatus.Found), (d.State, d.Status)));
        // One is taken up again before it is repaired, one has run since.
        await lab.Db.StringSetAsync(lab.Base + "3:lock", "another:1");
        var done = await RepairAsync(lab, found);
        Assert.Equal([JobDefectStatus.Repaired, JobDefectStatus.InUse, JobDefectStatus.Repaired], done.Select(d => d.Status));
        Assert.Equal(("waiting", "active", "prioritized"), (await lab.StateAsync("2"), await lab.StateAsync("3"), await lab.StateAsync("6")));
        Assert.Equal([JobDefectStatus.Gone, JobDefectStatus.InUse, JobDefectStatus.Gone], (await RepairAsync(lab, found)).Select(d => d.Status));
        Assert.Equal(["2 job attempt 0 ok", "6 job attempt 0 ok"], await WorkAsync(lab, lib, lab.Queue, Succeed));
        Assert.Equal("active", await lab.StateAsync("1"));
    }

    [Theory, InlineData("bullmq5", false), InlineData("bullmq", false), InlineData("bullmq5", true), InlineData("bullmq", true)]
    public async Task A_job_is_put_back_as_its_worker_would(string lib, bool paused)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 3 });
        await lab.DoAsync("take", new { count = 2 });
        if (paused)
        {
            await lab.DoAsync("pause");
        }

        await using var other = await lab.CopyAsync();
        await other.DoAsync("putBack", new { id = "2" });
        await lab.Db.KeyDeleteAsync(lab.Base + "2:lock");
        var found = await FindAsync(lab, JobDefectKind.LostActive);
        Assert.Equal(["2"], Ids(found));
        await RepairAsync(lab, found);
        Keyspace.AssertSame(await Keyspace.ReadAsync(other.Db), await Keyspace.ReadAsync(lab.Db), lib);
    }

    [Fact]
    public async Task Who_was_taken_a_moment_ago_is_not_lost_at_a_single_look()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("addMany", new { count = 2 });
        await lab.DoAsync("take", new { count = 2 });
        await lab.Db.KeyDeleteAsync([lab.Base + "1:lock", lab.Base + "2:lock"]);
        await lab.Db.HashSetAsync(lab.Base + "2", "processedOn", DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds());
        Assert.Equal(["2"], Ids(await FindAsync(lab, JobDefectKind.LostActive, TimeSpan.Zero)));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Ids_without_a_job_are_taken_out_of_every_state(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 3, completed = 2, active = 3, waiting = 3, prioritized = 2, delayed = 2 });
        await lab.FlowAsync(new { name = "parent", queueName = lab.Queue, opts = new { jobId = "p" }, children = new[] { new { name = "child", queueName = lab.Queue, opts = new { delay = 1 } } } });
        await lab.DoAsync("addMany", new { count = 1 });
        // Of each state the first; of failed ones one more, of which something wrote a remnant; an active one that a worker still holds.
        string[] gone = ["1", "4", "6", "7", "9", "12", "14", "p"];
        await lab.Db.KeyDeleteAsync([.. gone.Select(id => (RedisKey)(lab.Base + id)), lab.Base + "2", lab.Base + "6:lock"]);
        await lab.Db.HashIncrementAsync(lab.Base + "2", "atm");
        await lab.Db.ListRightPushAsync(lab.Base + "2:logs", "line");
        var found = await FindAsync(lab, JobDefectKind.MissingJob);
        Assert.Equal(["1", "12", "14", "2", "4", "6", "9", "p"], Ids(found).Order(StringComparer.Ordinal));
        Assert.Equal("is failed, and only a remnant of the job is there", found.Single(d => d.Id == "2").Message);
        var done = await RepairAsync(lab, found);
        Assert.All(done, d => Assert.Equal(JobDefectStatus.Repaired, d.Status));
        Assert.Empty(await FindAsync(lab, JobDefectKind.MissingJob));
        Assert.False(await lab.Db.KeyExistsAsync(lab.Base + "2"));
        Assert.False(await lab.Db.KeyExistsAsync(lab.Base + "2:logs"));
        Assert.Equal(1, await lab.Db.SortedSetLengthAsync(lab.Base + "failed"));
        // The worker that holds 7 is not disturbed.
        Assert.NotNull(await lab.Db.ListPositionAsync(lab.Base + "active", "7") is >= 0 ? "there" : null);
        Assert.DoesNotContain(await WorkAsync(lab, lib, lab.Queue, Succeed), ran => ran.Contains("null", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_id_that_came_back_to_life_stays()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync(opts: new { jobId = "once" });
        await lab.Db.KeyRenameAsync(lab.Base + "once", lab.Base + "elsewhere");
        var found = await FindAsync(lab, JobDefectKind.MissingJob);
        await lab.Db.KeyRenameAsync(lab.Base + "elsewhere", lab.Base + "once");
        Assert.Equal(JobDefectStatus.Gone, Assert.Single(await RepairAsync(lab, found)).Status);
        Assert.Equal("waiting", await lab.StateAsync("once"));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task The_mark_that_wakes_workers_is_set_right(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        await lab.AddAsync(opts: new { delay = 3_600_000 });
        Assert.Empty(await FindAsync(lab, JobDefectKind.Marker));
        var right = await Keyspace.ReadAsync(lab.Db);
        await lab.Db.KeyDeleteAsync(lab.Base + "marker");
        await RepairOneAsync("*idle workers is missing");
        Keyspace.AssertSame(right, await Keyspace.ReadAsync(lab.Db), lib);
        await lab.Db.SortedSetAddAsync(lab.Base + "marker", "1", DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds());
        await RepairOneAsync("*later than the first of them is due");
        Keyspace.AssertSame(right, await Keyspace.ReadAsync(lab.Db), lib);
        await lab.DoAsync("pause");
        Assert.Empty(await FindAsync(lab, JobDefectKind.Marker));
        await lab.Db.SortedSetAddAsync(lab.Base + "marker", "0", 0);
        await RepairOneAsync("the queue is paused*");
        Assert.False(await lab.Db.KeyExistsAsync(lab.Base + "marker"));

        async Task RepairOneAsync(string message)
        {
            var found = await FindAsync(lab, JobDefectKind.Marker);
            Assert.Matches("^" + message.Replace("*", ".*", StringComparison.Ordinal) + "$", Assert.Single(found).Message);
            Assert.Equal(JobDefectStatus.Repaired, Assert.Single(await RepairAsync(lab, found)).Status);
        }
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task A_busy_queue_has_no_damage(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("startWorker", new { opts = new { concurrency = 3 } });
        await lab.DoAsync("addMany", new { count = 300, data = new { ms = 3 } });
        await lab.DoAsync("addMany", new { count = 30, opts = new { delay = 500 } });
        await lab.DoAsync("addMany", new { count = 50, opts = new { removeOnComplete = true } });
        await lab.FlowAsync(new { name = "parent", queueName = lab.Queue, children = Enumerable.Range(0, 40).Select(_ => new { name = "child", queueName = lab.Queue, data = new { ms = 5 } }) });
        for (var look = 0; look < 4; look++)
        {
            Assert.Empty(await FindAsync(lab, null));
        }

        await lab.DoAsync("idle", new { delayed = true, timeout = 30_000 });
        Assert.Empty(await FindAsync(lab, null));
        Assert.Equal(421, (await lab.DoAsync("stopWorker"))!.AsArray().Count);
    }

    [Theory, InlineData("bullmq5", true), InlineData("bullmq5", false), InlineData("bullmq", true), InlineData("bullmq", false)]
    public async Task Jobs_in_both_lists_are_joined_when_that_is_insisted_on(string lib, bool paused)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 6 });
        foreach (var id in (string[])["1", "2", "3"])
        {
            await lab.Db.ListRemoveAsync(lab.Base + "wait", id);
            await lab.Db.ListLeftPushAsync(lab.Base + "paused", id);
        }

        if (paused)
        {
            await lab.Db.HashSetAsync(lab.Base + "meta", "paused", "1");
            await lab.Db.KeyDeleteAsync(lab.Base + "marker");
        }

        var found = await FindAsync(lab, JobDefectKind.Lists);
        var refused = await Assert.ThrowsAsync<JobServerException>(() => RepairAsync(lab, found));
        Assert.Equal("MixedPause", refused.ErrorId);
        Assert.Equal(JobDefectStatus.Repaired, Assert.Single(await RepairAsync(lab, found, force: true)).Status);
        Assert.Equal(0, await lab.Db.ListLengthAsync(lab.Base + (paused ? "wait" : "paused")));
        Assert.Empty(await FindAsync(lab, null));
        if (paused)
        {
            await lab.DoAsync("resume");
        }

        Assert.Equal(6, (await WorkAsync(lab, lib, lab.Queue, Succeed)).Length);
    }

    [Fact]
    public async Task What_can_not_be_told_or_must_not_be_changed_is_refused()
    {
        await using var lab = Bench.Lab("bullmq4");
        // A finished job tells BullMQ 4 from later ones.
        await lab.FailedAsync();
        var id = await lab.AddAsync();
        await lab.DoAsync("take");
        await lab.Db.KeyDeleteAsync($"{lab.Base}{id}:lock");
        var found = await FindAsync(lab, JobDefectKind.LostActive);
        Assert.Equal("NotSupported", (await Assert.ThrowsAsync<JobServerException>(() => RepairAsync(lab, found))).ErrorId);
        await using var readOnly = await ConnectAsync(lab.Options() with { ReadOnly = true });
        Assert.Single(await FindAsync(readOnly, lab.Queue, JobDefectKind.LostActive));
        Assert.Equal("ReadOnlyConnection", (await Assert.ThrowsAsync<JobServerException>(() => ((IJobRepair)readOnly).RepairAsync(lab.Queue, JobDefectKind.LostActive, found, false, null, Ct))).ErrorId);
        await using var old = Bench.Lab("bull");
        await old.AddAsync();
        Assert.Equal("UnsupportedLayout", (await Assert.ThrowsAsync<JobServerException>(() => FindAsync(old, JobDefectKind.MissingJob))).ErrorId);
    }

    internal static Task<List<JobDefect>> FindAsync(Lab lab, JobDefectKind? kind, TimeSpan? interval = null) => FindAsync(lab.ServerAsync(), lab.Queue, kind, interval);

    private static Task<List<JobDefect>> FindAsync(IJobServer server, string queue, JobDefectKind? kind) => FindAsync(Task.FromResult(server), queue, kind, null);

    internal static async Task<IReadOnlyList<JobDefect>> RepairAsync(Lab lab, IReadOnlyList<JobDefect> found, bool force = false, Func<JobExportSlice, Task>? keep = null) =>
        await ((IJobRepair)await lab.ServerAsync()).RepairAsync(lab.Queue, found[0].Kind, found, force, keep, Ct);

    internal static List<string?> Ids(IEnumerable<JobDefect> found) => [.. found.Select(d => d.Id).Order(StringComparer.Ordinal)];

    private static async Task<List<JobDefect>> FindAsync(Task<IJobServer> server, string queue, JobDefectKind? kind, TimeSpan? interval)
    {
        var query = new JobDefectQuery { Queue = queue, Kinds = kind is { } one ? [one] : [], StalledInterval = interval ?? TimeSpan.FromMilliseconds(40) };
        var all = new List<JobDefect>();
        await foreach (var page in ((IJobRepair)await server).FindDefectsAsync(query, null, Ct))
        {
            Assert.NotEmpty(page);
            all.AddRange(page);
        }

        return all;
    }
}
