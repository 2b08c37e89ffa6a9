using static JobAdmin.Client.Tests.BullMq.Transfers;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>What is imported into a queue that is in use.</summary>
public sealed partial class TransferTests
{
    public static TheoryData<string> All => Versions.All;

    [Theory, MemberData(nameof(All))]
    public async Task New_jobs_come_behind_imported_ones_of_the_same_priority(string lib)
    {
        await using var lab = bench.Lab(lib);
        foreach (var id in new[] { "one", "two", "three" })
        {
            await lab.AddAsync(opts: new { jobId = id, priority = 5 });
        }

        var records = (await ExportAsync(await lab.ServerAsync(), "emails")).Where(r => !r.Contains("\"key\"")).ToList();
        await using var other = bench.Lab(lib);
        await ImportAsync(await other.ServerAsync(), records);
        await other.AddAsync(opts: new { jobId = "new", priority = 5 });
        var ran = await other.DoAsync("work", new { behave = new { @do = "ok" }, opts = new { concurrency = 1, drainDelay = 1 } });
        Assert.Equal(["one", "two", "three", "new"], ran!.AsArray().Select(r => r!["id"]!.ToString()));
    }

    /// <summary>With the mark of a pause alone, a resume of BullMQ 4 and 5 would lose what was waiting.</summary>
    [Theory, MemberData(nameof(All))]
    public async Task Settings_of_a_paused_queue_stop_one_that_runs_only_by_force_and_lose_nothing(string lib)
    {
        var records = await PausedAsync(lib, "imported");
        await using var lab = bench.Lab(lib);
        await lab.AddAsync(opts: new { jobId = "own" });
        var server = await lab.ServerAsync();
        Assert.Equal("It is there already, and differs.", (await ImportAsync(server, records)).Single(o => o.Id == "meta").Message);
        Assert.False((await server.QueueAsync("emails")).IsPaused);
        Assert.Equal(["imported", "own"], await lab.IdsAsync("wait"));

        Assert.Equal(JobOutcomeStatus.Updated, (await ImportAsync(server, records, overwrite: true)).Single(o => o.Id == "meta").Status);
        Assert.True((await server.QueueAsync("emails")).IsPaused);
        await lab.AddAsync(opts: new { jobId = "later" });
        await lab.DoAsync("resume");
        Assert.Equal(["later", "imported", "own"], await lab.IdsAsync("wait"));
    }

    /// <summary>A queue that was removed under its application has jobs again, and no settings.</summary>
    [Theory, MemberData(nameof(All))]
    public async Task A_paused_queue_comes_back_beside_jobs_that_were_added_meanwhile(string lib)
    {
        var records = await PausedAsync(lib, "imported");
        await using var lab = bench.Lab(lib);
        await lab.AddAsync(opts: new { jobId = "own" });
        await lab.Db.KeyDeleteAsync(lab.Base + "meta");
        var server = await lab.ServerAsync();
        await ImportAsync(server, records);
        Assert.True((await server.QueueAsync("emails")).IsPaused);
        await lab.DoAsync("resume");
        Assert.Equal(["imported", "own"], await lab.IdsAsync("wait"));
    }

    [Fact]
    public async Task A_queue_that_is_there_keeps_the_version_of_its_own_library()
    {
        await using var lab = bench.Lab("bullmq5");
        await lab.AddAsync();
        var records = await ExportAsync(await lab.ServerAsync(), "emails");
        await using var other = bench.Lab("bullmq");
        await other.DoAsync("counts");
        var server = await other.ServerAsync();
        Assert.Equal(JobOutcomeStatus.AlreadyExists, (await ImportAsync(server, records, overwrite: true)).Single(o => o.Id == "meta").Status);
        Assert.Equal("bullmq:6.7.0", (string?)await other.Db.HashGetAsync(other.Base + "meta", "version"));

        await other.Db.HashDeleteAsync(other.Base + "meta", "version");
        await ImportAsync(server, records, overwrite: true);
        Assert.False(await other.Db.HashExistsAsync(other.Base + "meta", "version"));
    }

    private async Task<List<string>> PausedAsync(string lib, string id)
    {
        await using var lab = bench.Lab(lib);
        await lab.AddAsync(opts: new { jobId = id });
        await lab.DoAsync("pause");
        return await ExportAsync(await lab.ServerAsync(), "emails");
    }
}
