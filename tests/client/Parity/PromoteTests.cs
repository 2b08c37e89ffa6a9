namespace JobAdmin.Client.Tests.Parity;

/// <summary>Promotions leave what BullMQ's own leave.</summary>
public sealed class PromoteTests(Bench bench) : ParityTest(bench)
{
    private static readonly object Later = new { delay = 600_000 };

    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string> All => Versions.All;

    [Theory, MemberData(nameof(All))]
    public Task A_delayed_job(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: Later);
            await lab.AddAsync(opts: Later);
            await lab.AddAsync();
        },
        server => PromotedAsync(server, "1"),
        lab => lab.DoAsync("promote", new { id = "1" }),
        work: Succeed);

    [Theory, MemberData(nameof(All))]
    public Task A_delayed_job_with_priority(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { delay = 600_000, priority = 4 });
            await lab.AddAsync(opts: new { priority = 4 });
            await lab.AddAsync(opts: new { priority = 5 });
        },
        server => PromotedAsync(server, "1"),
        lab => lab.DoAsync("promote", new { id = "1" }),
        reference: Versions.ScriptsFor(lib), work: Succeed);

    [Theory, MemberData(nameof(All))]
    public Task In_a_paused_queue(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: Later);
            await lab.AddAsync();
            await lab.DoAsync("pause");
        },
        server => PromotedAsync(server, "1"),
        lab => lab.DoAsync("promote", new { id = "1" }));

    [Theory, MemberData(nameof(Full))]
    public Task At_the_limit_of_concurrency(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("take");
            await lab.AddAsync(opts: Later);
            await lab.DoAsync("setConcurrency", new { args = new[] { 1 } });
        },
        server => PromotedAsync(server, "2"),
        lab => lab.DoAsync("promote", new { id = "2" }));

    [Theory, MemberData(nameof(Full))]
    public Task A_job_that_waits_for_its_next_attempt(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { attempts = 3, backoff = 600_000 });
            await lab.FailNextAsync();
        },
        server => PromotedAsync(server, "1"),
        lab => lab.DoAsync("promote", new { id = "1" }),
        work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public Task The_next_run_of_a_scheduler(string lib) => CompareAsync(lib,
        lab => lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" }, template = new { name = "report", data = new { a = 1 } } }),
        async server =>
        {
            var id = Assert.Single(await server.IdsAsync(new JobQuery { Queue = "emails", States = [JobState.Delayed] }));
            await PromotedAsync(server, id);
        },
        async lab => await lab.DoAsync("promote", new { id = (await lab.IdsAsync("delayed")).Single() }),
        work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public async Task Outcomes_of_jobs_that_are_not_delayed(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.FailedAsync();
        await lab.AddAsync();
        await lab.AddAsync(opts: Later);
        var before = await Keyspace.ReadAsync(lab.Db);
        var server = await lab.ServerAsync();
        var outcomes = await server.ChangeAsync("emails", new JobChange.Promote(), "1", "2", "gone");
        Assert.Equal([JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.NotFound], outcomes.Select(o => o.Status));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "nothing to promote");
        outcomes = await server.ChangeAsync("emails", new JobChange.Promote(), "3", "3");
        Assert.Equal([JobOutcomeStatus.Promoted, JobOutcomeStatus.SkippedWrongState], outcomes.Select(o => o.Status));
        Assert.Equal(JobState.Delayed, outcomes[0].PreviousState);
    }

    [Theory]
    [InlineData("bullmq", false, false)]
    [InlineData("bullmq5", false, false)]
    [InlineData("bullmq4", false, false)]
    [InlineData("bullmq", true, false)]
    [InlineData("bullmq", false, true)]
    public async Task Of_all_delayed_jobs_those_that_came_back_since_are_left_alone(string lib, bool counted, bool named)
    {
        await using var lab = Bench.Lab(lib);
        for (var i = 1; i <= 30; i++)
        {
            await lab.AddAsync(opts: i % 5 == 0 ? new { delay = 600_000, priority = 4 } : Later);
        }

        string[] back = ["3", "12", "20", "30"];
        var now = DateTimeOffset.UtcNow;
        foreach (var id in back)
        {
            await lab.Db.HashSetAsync(lab.Base + id, "processedOn", now.AddMinutes(1).ToUnixTimeMilliseconds());
        }

        await lab.Db.HashSetAsync(lab.Base + "4", "processedOn", now.AddMinutes(-1).ToUnixTimeMilliseconds());
        var query = new JobQuery { Queue = "emails", States = [JobState.Delayed], First = counted ? 30 : null, Filter = new JobFilter { Names = named ? ["j*"] : null } };
        var server = await lab.ServerAsync();
        var outcomes = await server.ChangeMatchingJobsAsync(query, new JobChange.Promote(), Servers.Ct).RunAsync();
        Assert.All(outcomes, outcome => Assert.Equal(JobOutcomeStatus.Promoted, outcome.Status));
        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"{i}").Except(back).Order(), outcomes.Select(o => o.Id).Order());
        Assert.Equal(back.Order(), (await lab.IdsAsync("delayed")).Order());
        Assert.Equal(22, (await lab.IdsAsync("waiting")).Length);
    }

    private static async Task PromotedAsync(IJobServer server, string id)
    {
        var outcome = Assert.Single(await server.ChangeAsync("emails", new JobChange.Promote(), id));
        Assert.Equal((id, JobOutcomeStatus.Promoted, (string?)null), (outcome.Id, outcome.Status, outcome.Message));
    }
}
