using static JobAdmin.Client.Tests.BullMq.Transfers;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>What is exported of a queue of BullMQ 4 comes back so that its workers, and later ones, run it.</summary>
public sealed partial class TransferTests
{
    [Theory, InlineData("bullmq4"), InlineData("bullmq560"), InlineData("bullmq5"), InlineData("bullmq")]
    public async Task A_removed_queue_of_BullMQ_4_comes_back_from_its_backup(string worker)
    {
        await using var lab = bench.Lab("bullmq4");
        await SeedOf4Async(lab);
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db, skip: Skip);
        var kept = new List<string>();
        await ((IJobTransfer)server).RemoveQueueAsync("emails", false, slice => KeepAsync(kept, slice), Ct).RunAsync();
        Assert.Empty((await Keyspace.ReadAsync(lab.Db)).Keys);
        Assert.All(await ImportAsync(server, kept), o => Assert.Equal(JobOutcomeStatus.Added, o.Status));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), worker);
        Assert.All(await ImportAsync(server, kept), o => Assert.True(o.Status == JobOutcomeStatus.AlreadyExists && o.Message is null, $"{o} {o.Message}"));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db, skip: Skip), worker);

        await using var other = bench.Lab(worker);
        await ImportAsync(await other.ServerAsync(), kept);
        var ran = await other.DoAsync("work", new { behave = new { @do = "ok" }, opts = new { concurrency = 1, drainDelay = 1 } });
        Assert.Equal(["5", "6", "prio"], ran!.AsArray().Select(r => r!["id"]!.ToString()));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Workers_of_BullMQ_4_that_wait_are_woken(bool prioritized)
    {
        await using var lab = bench.Lab("bullmq4");
        await lab.AddAsync(opts: prioritized ? new { jobId = "it", priority = 3 } : (object)new { jobId = "it", delay = 10 });
        var server = await lab.ServerAsync();
        var records = (await ExportAsync(server, "emails")).Where(r => !r.Contains("\"key\"")).ToList();
        await lab.Db.KeyDeleteAsync([lab.Base + "it", lab.Base + "prioritized", lab.Base + "delayed"]);
        await lab.Db.KeyDeleteAsync(lab.Base + "wait");
        await lab.DoAsync("startWorker", new { behave = new { @do = "ok" }, opts = new { drainDelay = 60 } });
        await Task.Delay(500, Ct);
        await ImportAsync(server, records);
        Assert.Equal("completed", (await lab.DoAsync("waitState", new { id = "it", state = "completed" }))!.ToString());
        await lab.DoAsync("stopWorker");
    }

    /// <summary>A file without settings, in more portions than one: the first makes the queue.</summary>
    [Fact]
    public async Task Jobs_of_BullMQ_4_make_a_queue_of_their_own_version()
    {
        await using var lab = bench.Lab("bullmq4");
        await SeedOf4Async(lab);
        var records = (await ExportAsync(await lab.ServerAsync(), "emails")).Where(r => !r.Contains("\"key\"")).ToList();
        const string Version = "bullmq:4.18.3";
        await using var other = bench.Lab("bullmq4", queue: "mails");
        var target = (IJobTransfer)await other.ServerAsync();
        foreach (var record in records)
        {
            var outcomes = await target.ImportAsync(new JobImport
            {
                Queue = "emails", Records = [System.Text.Encoding.UTF8.GetBytes(record)], Prefix = "bull", Names = new Dictionary<string, string> { ["emails"] = "mails" }, Library = Version,
            }, Ct);
            Assert.Equal(JobOutcomeStatus.Added, Assert.Single(outcomes).Status);
        }

        Assert.Equal(Version, (string?)await other.Db.HashGetAsync(other.Base + "meta", "version"));
        Assert.False(await other.Db.KeyExistsAsync(other.Base + "marker"));
        Assert.Equal(3, (await other.DoAsync("work", new { behave = new { @do = "ok" } }))!.AsArray().Count);
    }

    [Fact]
    public async Task A_paused_queue_of_BullMQ_4()
    {
        await using var lab = bench.Lab("bullmq4");
        await SeedOf4Async(lab);
        await lab.DoAsync("pause");
        await ComesBackTheSameAsync(lab, "paused");
        await lab.DoAsync("resume");
        Assert.Equal(3, (await lab.DoAsync("work", new { behave = new { @do = "ok" } }))!.AsArray().Count);
    }

    /// <summary>Also a queue that is paused has the pseudo id that wakes a worker for what is delayed.</summary>
    [Fact]
    public async Task A_paused_queue_of_BullMQ_4_with_nothing_but_delayed_jobs()
    {
        await using var lab = bench.Lab("bullmq4");
        await lab.Db.HashSetAsync(lab.Base + "meta", "version", "bullmq:4.18.3");
        await lab.DoAsync("pause");
        await lab.AddAsync(opts: new { jobId = "it", delay = 3_600_000 });
        await ComesBackTheSameAsync(lab, "paused");
    }

    private static async Task SeedOf4Async(Lab lab)
    {
        await lab.DoAsync("seed", new { failed = 2, completed = 2, waiting = 2, delayed = 1 });
        await lab.AddAsync(opts: new { jobId = "prio", priority = 5 });
        // As the last versions of 4 do, not the first ones.
        await lab.Db.HashSetAsync(lab.Base + "meta", "version", "bullmq:4.18.3");
    }
}
