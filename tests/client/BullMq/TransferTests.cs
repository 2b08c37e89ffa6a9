using System.Text;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.BullMq.Transfers;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>What is exported comes back the same, byte by byte.</summary>
public sealed partial class TransferTests(Bench bench)
{
    // Wake-up calls and history are the server's own affair; the id counter of a queue that was only imported stands at its highest id.
    /// <summary>Exports a queue, empties the database, imports, and finds everything as it was.</summary>
    private static async Task<IReadOnlyList<JobOutcome>> ComesBackTheSameAsync(Lab lab, string what)
    {
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db, skip: Skip);
        var records = await ExportAsync(server, "emails");
        await lab.Db.ExecuteAsync("FLUSHDB");
        var outcomes = await ImportAsync(server, records);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), what);
        return outcomes;
    }

    private static readonly string[] Skip = [":events", ":marker", ":stalled-check", ":stalled"];

    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public async Task A_queue_with_everything_comes_back_the_same(string lib)
    {
        await using var lab = bench.Lab(lib);
        await SeedAsync(lab);
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db, skip: Skip);
        var records = await ExportAsync(server, "emails", "parents");
        await lab.Db.ExecuteAsync("FLUSHDB");
        var outcomes = await ImportAsync(server, records);
        Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Added, o.Status));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), lib);

        // Again: nothing is to be done. And BullMQ's own worker takes it from there.
        Assert.All(await ImportAsync(server, records), o => Assert.True(o.Status == JobOutcomeStatus.AlreadyExists && o.Message is null, $"{o} {o.Message}"));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), lib);
        var ran = await lab.DoAsync("work", new { behave = new { @do = "ok" }, skipMeta = true, opts = new { concurrency = 1, drainDelay = 1 } });
        Assert.Equal(["front", "7", "8", "done", "prio", "pending"], ran!.AsArray().Select(r => r!["id"]!.ToString()).Where(id => !id.StartsWith("repeat", StringComparison.Ordinal)));
    }

    /// <summary>BullMQ takes an id with two colons, whatever stands behind the last one.</summary>
    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Jobs_whose_ids_end_like_a_part_of_another(string lib)
    {
        await using var lab = bench.Lab(lib);
        foreach (var id in new[] { "a:b:logs", "order:1:failed", "x:y:processed" })
        {
            Assert.Equal(id, await lab.AddAsync(opts: new { jobId = id }));
        }

        Assert.All(await ComesBackTheSameAsync(lab, lib), o => Assert.Equal(JobOutcomeStatus.Added, o.Status));
        Assert.Equal(3, (await lab.DoAsync("work", new { behave = new { @do = "ok" } }))!.AsArray().Count);
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task A_paused_queue(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { waiting = 5, prioritized = 2, failed = 2 });
        await lab.DoAsync("pause");
        await ComesBackTheSameAsync(lab, lib);
        await lab.DoAsync("resume");
        Assert.Equal(7, (await lab.DoAsync("work", new { behave = new { @do = "ok" } }))!.AsArray().Count);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_and_what_expires()
    {
        await using var lab = bench.Lab();
        await lab.FailedAsync();
        byte[] bytes = [0, 0xff, 0xfe, (byte)'"', 0xed, 0xa0, 0x80];
        await lab.Db.HashSetAsync(lab.Base + "1", [new(bytes, bytes), new("base64:x", "base64:y"), new("data", "\"\\ud800 \u2028 é\"")]);
        await lab.Db.ListRightPushAsync(lab.Base + "1:logs", [bytes, "a\nb"]);
        await lab.Db.HashSetAsync(lab.Base + "1:processed", bytes, bytes);
        await lab.Db.KeyExpireAsync(lab.Base + "1", DateTime.UtcNow.AddHours(1));
        await lab.Db.KeyExpireAsync(lab.Base + "1:logs", DateTime.UtcNow.AddHours(2));
        var until = (await ExpiryAsync(lab, "1"), await ExpiryAsync(lab, "1:logs"));
        await ComesBackTheSameAsync(lab, "bytes");
        Assert.Equal(until, (await ExpiryAsync(lab, "1"), await ExpiryAsync(lab, "1:logs")));
    }

    [Fact]
    public async Task Ten_megabytes_and_many_logs()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync(new { text = new string('é', 5_000_000) });
        await lab.AddAsync();
        for (var n = 0; n < 10_000; n += 1000)
        {
            await lab.Db.ListRightPushAsync(lab.Base + "2:logs", [.. Enumerable.Range(n, 1000).Select(i => (RedisValue)$"line {i}")]);
        }

        await ComesBackTheSameAsync(lab, "big");
    }

    [Fact]
    public async Task What_is_there_and_differs_stays_unless_it_is_to_be_overwritten()
    {
        await using var lab = bench.Lab();
        await lab.FailedAsync(reason: "one");
        await lab.FailedAsync(reason: "two");
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        var records = await ExportAsync(server, "emails");
        await lab.Db.HashSetAsync(lab.Base + "1", "data", "{\"changed\":true}");
        await server.RetryAsync("emails", "2");
        await lab.DoAsync("take", new { count = 1 });
        var before = await Keyspace.ReadAsync(lab.Db, skip: Skip);
        var outcomes = await ImportAsync(server, records);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), "not overwritten");
        Assert.Equal(2, outcomes.Count(o => o.Message == "It is there already, and differs."));

        outcomes = await ImportAsync(server, records, overwrite: true);
        Assert.Equal(JobOutcomeStatus.Updated, outcomes.Single(o => o.Id == "1").Status);
        Assert.Equal(JobOutcomeStatus.Updated, outcomes.Single(o => o.Id == "2").Status);
        Assert.Equal(JobOutcomeStatus.Locked, outcomes.Single(o => o.Id == "3").Status);
        Assert.Equal(["1", "2"], await lab.IdsAsync("failed", asc: true));
        Assert.Empty(await lab.IdsAsync("wait"));
        Assert.Equal(["3"], await lab.IdsAsync("active"));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Under_another_name_and_prefix_the_links_follow(string lib)
    {
        await using var lab = bench.Lab(lib);
        await AddFlowAsync(lab);
        await lab.DoAsync("run", new { count = 1, result = "done" });
        var records = await ExportAsync(await lab.ServerAsync(), "emails", "parents");
        await using var other = bench.Lab(lib, prefix: "{moved}", queue: "mails");
        var server = await other.ServerAsync();
        var outcomes = await ImportAsync(server, records, names: new() { ["emails"] = "mails" });
        Assert.All(outcomes, o => Assert.True(o.Succeeded, $"{o}: {o.Message}"));
        await other.DoAsync("work", new { behave = new { @do = "ok" } });
        Assert.Equal("completed", (await other.DoAsync("waitState", new { queue = "mails", id = "pending", state = "completed" }))!.ToString());
        var parent = await other.DoAsync("work", new { queue = "parents", behave = new { @do = "ok" } });
        Assert.Equal("parent", Assert.Single(parent!.AsArray())!["id"]!.ToString());
        Assert.All((await Keyspace.ReadAsync(other.Db)).Keys, key => Assert.StartsWith("{moved}:", key));
    }

    [Fact]
    public async Task The_next_job_gets_an_id_of_its_own()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("seed", new { failed = 3, waiting = 2, active = 1 });
        var records = (await ExportAsync(await lab.ServerAsync(), "emails")).Where(r => !r.Contains("\"key\"")).ToList();
        await using var other = bench.Lab();
        await ImportAsync(await other.ServerAsync(), records);
        Assert.Equal("7", await other.AddAsync());

        // The active job's worker is not there any more: it is next.
        Assert.Equal(["4", "5", "6", "7"], await other.FailNextAsync(9));
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_cleared_state_comes_back_from_its_backup(string lib)
    {
        await using var lab = bench.Lab(lib);
        await SeedAsync(lab, scheduler: false);
        var server = await lab.ServerAsync();
        // The link of a child to its parent in another queue is cut, and not mended.
        string[] skip = [.. Skip, "bull:parents:parent:dependencies", "bull:parents:wait", "bull:parents:waiting-children"];
        var before = await Keyspace.ReadAsync(lab.Db, skip: skip);
        var kept = new List<string>();
        foreach (var state in new[] { JobState.Waiting, JobState.Failed, JobState.Completed, JobState.Prioritized })
        {
            await ((IJobTransfer)server).ClearQueueAsync(new ClearQuery { Queue = "emails", States = [state] }, false, slice => KeepAsync(kept, slice), Ct).RunAsync();
        }

        Assert.Empty(await lab.IdsAsync("wait"));
        Assert.Empty(await lab.IdsAsync("failed"));
        await ImportAsync(server, kept);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: skip), lib);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_removed_queue_comes_back_from_its_backup(string lib)
    {
        await using var lab = bench.Lab(lib);
        await SeedAsync(lab, flow: false);
        await lab.Db.HashSetAsync(lab.Base + "orphan", "name", "lost");
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db, skip: Skip);
        var kept = new List<string>();
        await ((IJobTransfer)server).RemoveQueueAsync("emails", false, slice => KeepAsync(kept, slice), Ct).RunAsync();
        Assert.Empty((await Keyspace.ReadAsync(lab.Db)).Keys);
        await ImportAsync(server, kept);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), lib);
    }

    [Theory]
    [InlineData("{\"queue\":", "it is not JSON")]
    [InlineData("[]", "it is no JSON object")]
    [InlineData("{}", "it names no queue")]
    [InlineData("{\"queue\":\"a:b\",\"id\":\"1\"}", "it names no queue")]
    [InlineData("{\"queue\":\"q\"}", "it names neither a job nor a key")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"done\"}", "'done' is no state")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"failed\",\"hash\":{\"a\":\"b\"}}", "its score is missing")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"failed\",\"score\":\"x\",\"hash\":{\"a\":\"b\"}}", "'score' is no number")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"wait\"}", "its hash is missing")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"wait\",\"hash\":{}}", "its hash is empty")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"wait\",\"hash\":{\"a\":[1]}}", "a value is neither text nor base64")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1\",\"state\":\"wait\",\"hash\":{\"a\":{\"base64\":\"?\"}}}", "a value is of the wrong kind")]
    [InlineData("{\"queue\":\"q\",\"id\":\"meta\",\"state\":\"wait\"}", "'meta' is the name of a key")]
    [InlineData("{\"queue\":\"q\",\"id\":\"1:logs\",\"state\":\"wait\"}", "'1:logs' is the name of a key")]
    [InlineData("{\"queue\":\"q\",\"id\":\"repeat:a:logs\",\"state\":\"wait\"}", "'repeat:a:logs' is the name of a key")]
    [InlineData("{\"queue\":\"q\",\"id\":\"metrics:completed:data\",\"state\":\"wait\"}", "'metrics:completed:data' is the name of a key")]
    [InlineData("{\"queue\":\"q\",\"key\":\"meta\",\"type\":\"stream\",\"value\":{}}", "'stream' is no type of key")]
    public async Task A_line_that_is_no_record(string line, string why)
    {
        await using var lab = bench.Lab();
        var server = (IJobTransfer)await lab.ServerAsync();
        var error = Assert.Throws<JobServerException>(() => server.ReadRecord(Encoding.UTF8.GetBytes(line)));
        Assert.Equal("InvalidRecord", error.ErrorId);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_connection_takes_nothing()
    {
        await using var lab = bench.Lab("bullmq4");
        await lab.FailedAsync();
        var server = await lab.ServerAsync();
        var records = await ExportAsync(server, "emails");
        await using var reader = await ConnectAsync(lab.Options() with { ReadOnly = true });
        Assert.Equal("ReadOnlyConnection", (await ErrorOfAsync(() => ImportAsync(reader, records))).ErrorId);
    }

    private static async Task SeedAsync(Lab lab, bool flow = true, bool scheduler = true)
    {
        await lab.DoAsync("seed", new { failed = 3, completed = 3, waiting = 2, prioritized = 0, delayed = 3, names = new[] { "send", "résumé" }, reasons = new[] { "boom", "ö" } });
        await lab.DoAsync("log", new { id = "1", args = new[] { "a line" } });
        await lab.DoAsync("updateProgress", new { id = "7", args = new object[] { new { percent = 5 } } });
        await lab.AddAsync(opts: new { jobId = "prio", priority = 5, deduplication = new { id = "once" } });
        await lab.AddAsync(opts: new { jobId = "front", lifo = true, deduplication = new { id = "hour", ttl = 3_600_000 } });
        if (scheduler)
        {
            await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { every = 3_600_000 }, template = new { name = "tick", data = new { n = 1 } } });
        }

        if (flow)
        {
            await AddFlowAsync(lab);
        }
    }

    private static Task AddFlowAsync(Lab lab) => lab.DoAsync("addFlow", new
    {
        flow = new
        {
            name = "parent",
            queueName = "parents",
            opts = new { jobId = "parent" },
            children = new object[]
            {
                new { name = "child", queueName = lab.Queue, opts = new { jobId = "done", priority = 1 } },
                new { name = "child", queueName = lab.Queue, opts = new { jobId = "pending", priority = 9 } },
            },
        },
    });

    private static async Task<long> ExpiryAsync(Lab lab, string key) => (long)await lab.Db.ExecuteAsync("PEXPIRETIME", lab.Base + key);
}
