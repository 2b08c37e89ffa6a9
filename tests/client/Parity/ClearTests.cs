using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Clearing leaves what BullMQ's <c>clean</c> leaves, where that one can do it.</summary>
public sealed class ClearTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string, string> FinishedStates => Matrix("completed", "failed");

    public static TheoryData<string, string> PendingStates => Matrix("wait", "prioritized", "delayed");

    [Theory, MemberData(nameof(FinishedStates))]
    public Task All_of_a_finished_state(string lib, string state) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("seed", new { completed = 30, failed = 20, waiting = 3 });
            await lab.DoAsync("log", new { id = "1", args = new[] { "a line" } });
        },
        async server => Assert.Equal(state == "completed" ? 30 : 20, (await server.ClearAsync("emails", states: State(state))).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { 0, 0, state } }),
        work: Succeed);

    [Theory, MemberData(nameof(PendingStates))]
    public Task All_of_a_pending_state(string lib, string state) => CompareAsync(lib,
        lab => lab.DoAsync("seed", new { failed = 2, waiting = 20, prioritized = 20, delayed = 20 }),
        async server => Assert.Equal(20, (await server.ClearAsync("emails", states: State(state))).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { -1000, 0, state } }),
        work: Succeed);

    [Theory, MemberData(nameof(FinishedStates))]
    public Task By_age(string lib, string state) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("seed", new { completed = 20, failed = 20 });
            foreach (var id in Enumerable.Range(1, 40).Where(n => n % 2 == 0))
            {
                var hourAgo = DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds();
                await lab.Db.ExecuteAsync("HSET", lab.Base + id, "finishedOn", hourAgo);
                await lab.Db.ExecuteAsync("ZADD", lab.Base + (id <= 20 ? "failed" : "completed"), "XX", hourAgo, id);
            }
        },
        async server => Assert.Equal(10, (await server.ClearAsync("emails", new JobFilter { Before = DateTimeOffset.UtcNow.AddMinutes(-30) }, states: State(state))).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { 1_800_000, 0, state } }));

    [Theory, MemberData(nameof(Full))]
    public async Task Pending_jobs_by_age_wherever_the_young_ones_stand(string lib)
    {
        // BullMQ's own clean ends at the first page of young jobs; the old ones behind them have to go all the same.
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 600 });
        for (var id = 1; id <= 600; id += 3)
        {
            await lab.Db.ExecuteAsync("HSET", lab.Base + id, "timestamp", DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeMilliseconds());
        }

        var server = await lab.ServerAsync();
        Assert.Equal(200, (await server.ClearAsync("emails", new JobFilter { Before = DateTimeOffset.UtcNow.AddMinutes(-30) }, states: JobState.Waiting)).Done);
        Assert.Equal(Enumerable.Range(1, 600).Where(n => n % 3 != 1).Select(n => $"{n}"), await lab.IdsAsync("wait", asc: true));
        Assert.Equal(400, (await server.QueueAsync("emails")).Waiting);
    }

    [Theory, MemberData(nameof(Full))]
    public Task The_oldest_first_up_to_a_number(string lib) => CompareAsync(lib,
        lab => lab.DoAsync("seed", new { completed = 50 }),
        async server => Assert.Equal(15, (await server.ClearAsync("emails", max: 15, states: JobState.Completed)).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { 0, 15, "completed" } }));

    [Theory, MemberData(nameof(Full))]
    public Task The_next_run_of_a_scheduler_stays(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" } });
            await lab.AddAsync(opts: new { delay = 600_000 });
        },
        async server => Assert.Equal(1, (await server.ClearAsync("emails", states: JobState.Delayed)).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { -1000, 0, "delayed" } }));

    [Theory, MemberData(nameof(Full))]
    public Task Active_jobs_only_without_a_lock(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("seed", new { active = 6 });
            foreach (var id in (int[])[1, 3, 4])
            {
                await lab.Db.ExecuteAsync("DEL", $"{lab.Base}{id}:lock");
            }
        },
        async server => Assert.Equal(3, (await server.ClearAsync("emails", states: JobState.Active)).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { -1000, 0, "active" } }));

    [Theory, MemberData(nameof(Full))]
    public Task Children_of_parents_here_and_elsewhere(string lib) => CompareAsync(lib,
        async lab =>
        {
            foreach (var (queue, id) in (IEnumerable<(string, string)>)[("emails", "near"), ("parents", "far")])
            {
                await lab.FlowAsync(new { name = "parent", queueName = queue, opts = new { jobId = id }, children = new object[] { new { name = "child", queueName = "emails" } } }, "parents");
            }
        },
        async server => Assert.Equal(2, (await server.ClearAsync("emails", states: JobState.Waiting)).Done),
        lab => lab.DoAsync("clean", new { args = new object[] { -1000, 0, "wait" } }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["parents"]);

    [Theory, MemberData(nameof(Full))]
    public Task Owners_of_deduplication_keys(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { deduplication = new { id = "once" } });
            await lab.AddAsync(opts: new { delay = 600_000, deduplication = new { id = "later", ttl = 600_000 } });
        },
        async server => Assert.Equal(2, (await server.ClearAsync("emails", states: [JobState.Waiting, JobState.Delayed])).Done),
        async lab =>
        {
            await lab.DoAsync("clean", new { args = new object[] { -1000, 0, "wait" } });
            await lab.DoAsync("clean", new { args = new object[] { -1000, 0, "delayed" } });
        });

    [Theory, MemberData(nameof(Full))]
    public async Task By_name_and_reason(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 120, names = new[] { "mail", "sms", "Mail-öl" }, reasons = new[] { "timeout after 5 s", "refused" } });
        var server = await lab.ServerAsync();
        Assert.Equal(20, (await server.ClearAsync("emails", new JobFilter { Names = ["mail"], Reasons = ["Timeout*"] }, states: JobState.Failed)).Done);
        // Patterns that the server's own look can't decide.
        Assert.Equal(40, (await server.ClearAsync("emails", new JobFilter { Names = ["mail-?l"] }, states: JobState.Failed)).Done);
        Assert.Equal(5, (await server.ClearAsync("emails", new JobFilter { Names = ["s[lmn]s"], Reasons = ["timeout after ? s"] }, max: 5, states: JobState.Failed)).Done);
        Assert.Equal(0, (await server.ClearAsync("emails", new JobFilter { Reasons = ["*nobody said this*"] }, states: JobState.Failed)).Done);
        var left = await server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], OldestFirst = true });
        Assert.Equal(55, left.Count);
        Assert.Equal(20, left.Count(j => j is { Name: "mail", FailedReason: "refused" }));
        Assert.Equal(15, left.Count(j => j is { Name: "sms", FailedReason: "timeout after 5 s" }));
        Assert.Equal(20, left.Count(j => j is { Name: "sms", FailedReason: "refused" }));
        Assert.Equal(left.Count, await lab.Db.ExecuteAsync("ZCARD", lab.Base + "failed") is var n ? (int)n : 0);
    }

    [Theory, InlineData("bullmq560"), InlineData("bullmq5")]
    public async Task Waiting_jobs_of_a_paused_queue(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 30 });
        await lab.DoAsync("pause");
        Assert.Equal(30, (await (await lab.ServerAsync()).ClearAsync("emails", states: JobState.Waiting)).Done);
        Assert.Equal(["bull:emails:events", "bull:emails:id", "bull:emails:meta"], (await Keyspace.ReadAsync(lab.Db)).Keys);
    }

    [Theory, InlineData("bullmq560", false), InlineData("bullmq5", false), InlineData("bullmq5", true)]
    public async Task A_queue_is_paused_and_resumed_in_the_middle(string lib, bool withBackup)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 6000 });
        var server = await lab.ServerAsync();
        var query = new ClearQuery { Queue = "emails", States = [JobState.Waiting], Slice = 1000 };
        var kept = 0;
        Task KeepAsync(JobExportSlice slice) => Task.FromResult(kept += slice.Count);
        var (turn, done, late) = (0, 0L, (string?)null);
        await foreach (var progress in withBackup ? ((IJobTransfer)server).ClearQueueAsync(query, false, KeepAsync, Ct) : server.ClearQueueAsync(query, false, Ct))
        {
            done = progress.Done;
            if (turn < 3)
            {
                await lab.DoAsync(turn++ % 2 == 0 ? "pause" : "resume");
            }

            if (late is null)
            {
                await Task.Delay(3, Ct);
                late = await lab.AddAsync();
            }
        }

        Assert.Equal((6000, withBackup ? 6000 : 0), (done, kept));
        Assert.Equal([late!], await lab.IdsAsync("paused"));
    }

    [Fact]
    public async Task No_state_is_an_error_and_a_queue_that_is_not_there_too()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        Assert.Equal(JobErrorKind.InvalidInput, (await ErrorOfAsync(() => server.ClearAsync("emails"))).Kind);
        Assert.Equal("QueueNotFound", (await ErrorOfAsync(() => server.ClearAsync("nothing", states: JobState.Waiting))).ErrorId);
        Assert.Equal(0, (await server.ClearAsync("emails", states: JobState.Failed)).Done);
    }

    [Fact]
    public async Task Many_jobs_in_slices_while_others_come()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("addMany", new { count = 30_000 });
        var server = await lab.ServerAsync();
        long done = 0;
        var late = new List<string>();
        await foreach (var progress in server.ClearQueueAsync(new ClearQuery { Queue = "emails", States = [JobState.Waiting] }, false, Ct))
        {
            // The slices are what keeps Redis free for others.
            Assert.InRange(progress.Done - done, 0, 5000);
            done = progress.Done;
            if (late.Count < 5)
            {
                await Task.Delay(3, Ct);
                late.Add(await lab.AddAsync());
            }
        }

        Assert.Equal(30_000, done);
        Assert.Equal(late, await lab.IdsAsync("wait", asc: true));
        Assert.Equal(late.Order(), (await Keyspace.ReadAsync(lab.Db)).Keys.Select(k => k[lab.Base.Length..]).Where(k => k.All(char.IsAsciiDigit)));
    }

    private static TheoryData<string, string> Matrix(params string[] states)
    {
        var data = new TheoryData<string, string>();
        foreach (var lib in (string[])["bullmq4", "bullmq560", "bullmq5", "bullmq62", "bullmq"])
        {
            foreach (var state in states)
            {
                data.Add(lib, state);
            }
        }

        return data;
    }

    private static JobState State(string word) => word == "wait" ? JobState.Waiting : Enum.Parse<JobState>(word, ignoreCase: true);
}
