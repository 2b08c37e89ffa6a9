using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Pausing and resuming leave what BullMQ's own leave, and never lose a job where BullMQ's would.</summary>
public sealed class PauseTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> Renaming => Versions.Renaming;

    [Theory, MemberData(nameof(All))]
    public Task Pause(string lib) => CompareAsync(lib, SeedAsync, server => SetAsync(server, true), lab => lab.DoAsync("pause"));

    [Theory, MemberData(nameof(All))]
    public Task Pause_of_an_empty_queue(string lib) => CompareAsync(lib, lab => lab.DoAsync("counts"), server => SetAsync(server, true), lab => lab.DoAsync("pause"));

    [Theory, MemberData(nameof(All))]
    public Task Resume(string lib) => CompareAsync(lib,
        async lab =>
        {
            await SeedAsync(lab);
            await lab.DoAsync("pause");
            await lab.AddAsync();
        },
        server => SetAsync(server, false), lab => lab.DoAsync("resume"),
        // A queue that does not tell its version gets the newest resume, which wakes the workers of BullMQ 5 and later as well.
        work: Succeed, skip: lib == "bullmq4" ? [":marker"] : null);

    [Theory, MemberData(nameof(All))]
    public Task Resume_of_an_empty_queue(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("counts");
            await lab.DoAsync("pause");
        },
        server => SetAsync(server, false), lab => lab.DoAsync("resume"), skip: lib == "bullmq4" ? [":marker"] : null);

    [Theory, MemberData(nameof(Full))]
    public async Task What_is_so_already_changes_nothing(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await SeedAsync(lab);
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        Assert.False(await server.SetPausedAsync("emails", false, null, false, Ct));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "resume of a running queue");
        await SetAsync(server, true);
        before = await Keyspace.ReadAsync(lab.Db);
        Assert.False(await server.SetPausedAsync("emails", true, null, false, Ct));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "pause of a paused queue");
        Assert.True((await server.QueueAsync("emails")).IsPaused);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_worker_stops_and_goes_on(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("startWorker");
        await lab.AddAsync();
        await lab.DoAsync("waitState", new { id = "1", state = "completed" });
        var server = await lab.ServerAsync();
        await SetAsync(server, true);
        await lab.AddAsync();
        await Task.Delay(300, Ct);
        Assert.Single((await lab.DoAsync("ran"))!.AsArray());
        await SetAsync(server, false);
        await lab.DoAsync("waitState", new { id = "2", state = "completed" });
    }

    [Theory, MemberData(nameof(Renaming))]
    public async Task With_jobs_in_both_lists_a_pause_is_refused_and_a_resume_joins_them(string lib)
    {
        // A producer of BullMQ 6 goes on adding to the waiting list of a queue that a BullMQ 5 paused.
        await using var lab = Bench.Lab(lib);
        await SeedAsync(lab);
        await lab.DoAsync("pause");
        await lab.DoAsync("add", new { lib = "bullmq", skipMeta = true, name = "newer" });
        Assert.Equal((2, 1), ((long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "paused"), (long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "wait")));
        var server = await lab.ServerAsync();
        Assert.NotEmpty((await server.QueueAsync("emails")).Warnings);
        await SetAsync(server, false);
        Assert.Equal(0, (long)await lab.Db.ExecuteAsync("EXISTS", lab.Base + "paused"));
        Assert.Equal(3, (long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "wait"));
        // The oldest still goes first, the prioritized after those without a priority.
        Assert.Equal(["1", "2", "5", "3"], (await WorkAsync(lab, lib, "emails", Succeed)).Select(r => r.Split(' ')[0]));

        await lab.AddAsync();
        await lab.DoAsync("pause");
        await lab.DoAsync("add", new { lib = "bullmq", skipMeta = true, name = "newer" });
        await lab.Db.ExecuteAsync("HDEL", lab.Base + "meta", "paused");
        var before = await Keyspace.ReadAsync(lab.Db);
        var error = await ErrorOfAsync(() => server.SetPausedAsync("emails", true, null, false, Ct));
        Assert.Equal("MixedPause", error.ErrorId);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a refused pause");
        Assert.True(await server.SetPausedAsync("emails", true, null, force: true, Ct));
        Assert.Equal((1, 1), ((long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "paused"), (long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "wait")));
    }

    [Fact]
    public async Task A_long_paused_list_is_joined_whole()
    {
        await using var lab = Bench.Lab("bullmq5");
        await lab.DoAsync("addMany", new { count = 10_000 });
        await lab.DoAsync("pause");
        await lab.DoAsync("add", new { lib = "bullmq", skipMeta = true });
        await SetAsync(await lab.ServerAsync(), false);
        Assert.Equal(10_001, (long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "wait"));
        Assert.Equal(0, (long)await lab.Db.ExecuteAsync("EXISTS", lab.Base + "paused"));
        // The oldest still goes first.
        Assert.Equal("1", (string?)await lab.Db.ExecuteAsync("LINDEX", lab.Base + "wait", -1));
    }

    [Fact]
    public async Task One_job_name_alone_can_not_be_paused()
    {
        await using var lab = Bench.Lab();
        await SeedAsync(lab);
        var server = await lab.ServerAsync();
        Assert.Equal("NotSupported", (await ErrorOfAsync(() => server.SetPausedAsync("emails", true, "job", false, Ct))).ErrorId);
    }

    private static async Task SeedAsync(Lab lab)
    {
        await lab.AddAsync();
        await lab.AddAsync();
        await lab.AddAsync(opts: new { priority = 2 });
        await lab.AddAsync(opts: new { delay = 600_000 });
    }

    private static async Task SetAsync(IJobServer server, bool paused) => Assert.True(await server.SetPausedAsync("emails", paused, null, false, Ct));
}
