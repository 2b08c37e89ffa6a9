using System.Globalization;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Retries leave what BullMQ's own leave.</summary>
public sealed class RetryTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> Renaming => Versions.Renaming;

    [Theory, MemberData(nameof(All))]
    public Task A_failed_job(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync();
            await lab.AddAsync();
            await lab.AddAsync();
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1" }),
        work: Succeed);

    [Theory, MemberData(nameof(All))]
    public Task A_completed_job(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.CompleteNextAsync();
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1", args = new[] { "completed" } }),
        work: Succeed);

    [Theory, MemberData(nameof(All))]
    public Task A_lifo_job_goes_to_the_front(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync(new { lifo = true });
            await lab.AddAsync();
            await lab.AddAsync();
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1" }),
        work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public Task A_prioritized_job_goes_where_the_newest_script_of_its_major_puts_it(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync(new { priority = 5 });
            await lab.AddAsync(opts: new { priority = 3 });
            await lab.AddAsync(opts: new { priority = 7 });
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1" }),
        reference: Versions.ScriptsFor(lib), work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public Task Attempts_are_kept(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { attempts = 2 });
            await lab.FailNextAsync(2);
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1" }),
        work: new { @do = "fail", reason = "again" });

    [Theory, InlineData("bullmq5"), InlineData("bullmq62"), InlineData("bullmq")]
    public Task Attempts_are_reset_when_asked_for(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { attempts = 2 });
            await lab.FailNextAsync(2);
        },
        async server => Assert.Equal(JobOutcomeStatus.Retried, (await server.ChangeAsync("emails", new JobChange.Retry(ResetAttempts: true), "1")).Single().Status),
        lab => lab.DoAsync("retry", new { id = "1", args = new object[] { "failed", new { resetAttemptsMade = true, resetAttemptsStarted = true } } }),
        work: new { @do = "fail", reason = "again" });

    [Theory, MemberData(nameof(Full))]
    public Task A_failed_child_is_waited_for_again(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FlowAsync(new { name = "parent", queueName = "parents", children = new object[]
            {
                new { name = "child", queueName = "emails", opts = new { jobId = "ignored", ignoreDependencyOnFailure = true } },
                new { name = "child", queueName = "emails", opts = new { jobId = "other" } },
            } }, "parents");
            await lab.FailNextAsync();
        },
        server => RetriedAsync(server, "ignored"),
        lab => lab.DoAsync("retry", new { id = "ignored" }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["parents"]);

    [Theory, MemberData(nameof(Full))]
    public Task A_child_that_failed_its_parent(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FlowAsync(new { name = "parent", queueName = "parents", children = new object[]
            {
                new { name = "child", queueName = "emails", opts = new { jobId = "deadly", failParentOnFailure = true } },
                new { name = "child", queueName = "emails", opts = new { jobId = "other" } },
            } }, "parents");
            await lab.FailNextAsync();
        },
        server => RetriedAsync(server, "deadly"),
        lab => lab.DoAsync("retry", new { id = "deadly" }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["parents"]);

    [Theory, MemberData(nameof(All))]
    public Task In_a_paused_queue_with_jobs(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync();
            await lab.AddAsync();
            await lab.DoAsync("pause");
        },
        server => RetriedAsync(server, "1"),
        async lab => await lab.DoAsync("retry", new { id = "1" }));

    [Theory, MemberData(nameof(Full))]
    public Task In_a_paused_queue_that_its_own_library_resumes(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync();
            await lab.AddAsync();
            await lab.DoAsync("pause");
        },
        async server =>
        {
            await RetriedAsync(server, "1");
            Assert.True(await server.SetPausedAsync("emails", false, null, false, Ct));
        },
        async lab =>
        {
            await lab.DoAsync("retry", new { id = "1" });
            await lab.DoAsync("resume");
        },
        work: Succeed);

    [Theory, MemberData(nameof(All))]
    public Task In_a_paused_queue_without_waiting_jobs(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync();
            await lab.DoAsync("pause");
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1" }));

    [Theory, MemberData(nameof(Renaming))]
    public async Task A_pause_of_an_older_worker_fleet_is_not_lost_when_the_version_says_6(string lib)
    {
        // A producer of BullMQ 6 next to workers of BullMQ 5: the version is 6's, the pause is 5's.
        await using var lab = Bench.Lab(lib);
        await lab.FailedAsync();
        await lab.AddAsync();
        await lab.DoAsync("pause");
        await lab.DoAsync("counts", new { lib = "bullmq" });
        await RetriedAsync(await lab.ServerAsync(), "1");
        await lab.DoAsync("resume", new { skipMeta = true });
        Assert.Equal(["2 job attempt 0 ok", "1 job attempt 1 ok"], await WorkAsync(lab, lib, "emails", Succeed));
    }

    [Theory, MemberData(nameof(Full))]
    public Task At_the_limit_of_concurrency_no_worker_is_woken(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FailedAsync();
            await lab.AddAsync();
            await lab.DoAsync("take");
            await lab.DoAsync("setConcurrency", new { args = new[] { 1 } });
        },
        server => RetriedAsync(server, "1"),
        lab => lab.DoAsync("retry", new { id = "1" }));

    [Theory, MemberData(nameof(Full))]
    public async Task Many_at_once_each_with_its_own_outcome(string lib)
    {
        await CompareAsync(lib,
            async lab =>
            {
                await lab.DoAsync("addMany", new { count = 250 });
                await lab.FailNextAsync(200);
                await lab.AddAsync(opts: new { delay = 600_000 });
                await lab.CompleteNextAsync(10);
            },
            async server =>
            {
                string[] ids = ["1", "gone", .. Enumerable.Range(2, 199).Select(n => $"{n}"), "230", "251", "205", "1"];
                var outcomes = await server.RetryAsync("emails", ids);
                Assert.Equal(ids, outcomes.Select(o => o.Id));
                Assert.All(outcomes.Where(o => int.TryParse(o.Id, out var n) && n <= 205).SkipLast(1), o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
                Assert.Equal(JobState.Failed, outcomes[0].PreviousState);
                Assert.Equal(JobState.Completed, outcomes[^2].PreviousState);
                Assert.Equal(JobOutcomeStatus.NotFound, outcomes[1].Status);
                // Waiting, delayed, and retried by the same call already.
                Assert.All((Index[])[^4, ^3, ^1], i => Assert.Equal(JobOutcomeStatus.SkippedWrongState, outcomes[i].Status));
            },
            async lab =>
            {
                foreach (var n in Enumerable.Range(1, 200))
                {
                    await lab.DoAsync("retry", new { id = $"{n}" });
                }

                await lab.DoAsync("retry", new { id = "205", args = new[] { "completed" } });
            });
    }

    [Theory, MemberData(nameof(Full))]
    public async Task All_that_match_oldest_first_and_none_twice(string lib)
    {
        await CompareAsync(lib,
            async lab =>
            {
                await lab.DoAsync("addBulk", new { jobs = Enumerable.Range(0, 300).Select(n => new { name = n % 3 == 0 ? "mail" : "sms", data = new { n } }) });
                await lab.FailNextAsync(300);
            },
            async server =>
            {
                var query = new JobQuery { Queue = "emails", States = [JobState.Failed], Filter = new JobFilter { Names = ["mail"] } };
                var outcomes = await server.ChangeMatchingJobsAsync(query, new JobChange.Retry(), Ct).RunAsync();
                Assert.Equal(100, outcomes.Count);
                Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
            },
            async lab =>
            {
                // Those that failed in the same millisecond stand in the order of their texts.
                foreach (var id in (await lab.IdsAsync("failed", asc: true)).Where(id => int.Parse(id, CultureInfo.InvariantCulture) % 3 == 1))
                {
                    await lab.DoAsync("retry", new { id });
                }
            });
    }

    [Fact]
    public async Task A_failed_id_without_a_hash_is_not_brought_back_to_life()
    {
        await using var lab = Bench.Lab();
        await lab.FailedAsync();
        await lab.Db.ExecuteAsync("DEL", lab.Base + "1");
        var outcome = Assert.Single(await (await lab.ServerAsync()).RetryAsync("emails", "1"));
        Assert.Equal(JobOutcomeStatus.NotFound, outcome.Status);
        Assert.Equal(0, (long)await lab.Db.ExecuteAsync("EXISTS", lab.Base + "1"));
        Assert.Equal(0, (long)await lab.Db.ExecuteAsync("LLEN", lab.Base + "wait"));
    }

    private static async Task RetriedAsync(IJobServer server, string id)
    {
        var outcome = Assert.Single(await server.RetryAsync("emails", id));
        Assert.Equal((id, JobOutcomeStatus.Retried, (string?)null), (outcome.Id, outcome.Status, outcome.Message));
    }
}
