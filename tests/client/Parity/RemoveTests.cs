namespace JobAdmin.Client.Tests.Parity;

/// <summary>Removals leave what BullMQ's own leave.</summary>
public sealed class RemoveTests(Bench bench) : ParityTest(bench)
{
    private static readonly object Family = new
    {
        name = "parent", queueName = "emails", opts = new { jobId = "top" }, children = new object[]
        {
            new { name = "child", queueName = "emails", opts = new { jobId = "near" } },
            new { name = "child", queueName = "others", opts = new { jobId = "far" }, children = new object[] { new { name = "grandchild", queueName = "others", opts = new { jobId = "farther" } } } },
        },
    };

    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string, string> EveryState
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var lib in (string[])["bullmq4", "bullmq560", "bullmq5", "bullmq62", "bullmq"])
            {
                foreach (var state in (string[])["waiting", "prioritized", "delayed", "failed", "completed", "paused"])
                {
                    data.Add(lib, state);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(EveryState))]
    public Task A_job_of_every_state(string lib, string state) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("log", new { id = "1", args = new[] { "a line" } });
            _ = state switch
            {
                "failed" => await lab.FailNextAsync(),
                "completed" => await lab.CompleteNextAsync(),
                _ => [],
            };
            await lab.AddAsync(opts: state switch { "prioritized" => new { priority = 2 }, "delayed" => new { delay = 600_000 }, _ => (object)new { } });
            if (state == "paused")
            {
                await lab.DoAsync("pause");
            }
        },
        server => RemovedAsync(server, state is "failed" or "completed" ? "1" : "2"),
        lab => lab.DoAsync("remove", new { id = state is "failed" or "completed" ? "1" : "2" }));

    [Theory, MemberData(nameof(Full))]
    public Task A_parent_with_its_children(string lib) => CompareAsync(lib,
        lab => lab.FlowAsync(Family, "others"),
        server => RemovedAsync(server, "top"),
        lab => lab.DoAsync("remove", new { id = "top" }),
        reference: Versions.ScriptsFor(lib),
        // Two children of one parent go in the order of a Redis set, which is another one in a copy of it.
        skip: [":events"]);

    [Theory, MemberData(nameof(Full))]
    public Task A_parent_with_finished_children(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FlowAsync(Family, "others");
            await lab.CompleteNextAsync();
        },
        server => RemovedAsync(server, "top"),
        lab => lab.DoAsync("remove", new { id = "top" }),
        reference: Versions.ScriptsFor(lib));

    [Theory, MemberData(nameof(Full))]
    public Task A_parent_without_its_children(string lib) => CompareAsync(lib,
        lab => lab.FlowAsync(Family, "others"),
        server => RemovedAsync(server, "top", keepChildren: true),
        lab => lab.DoAsync("remove", new { id = "top", args = new[] { new { removeChildren = false } } }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["others"]);

    [Theory, MemberData(nameof(Full))]
    public Task The_last_child_sets_its_parent_free(string lib) => CompareAsync(lib,
        lab => lab.FlowAsync(new { name = "parent", queueName = "parents", children = new object[] { new { name = "child", queueName = "emails", opts = new { jobId = "only" } } } }, "parents"),
        server => RemovedAsync(server, "only"),
        lab => lab.DoAsync("remove", new { id = "only" }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["parents"]);

    [Theory, MemberData(nameof(Full))]
    public Task A_failed_child_that_its_parent_ignored(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.FlowAsync(new { name = "parent", queueName = "parents", children = new object[]
            {
                new { name = "child", queueName = "emails", opts = new { jobId = "ignored", ignoreDependencyOnFailure = true } },
                new { name = "child", queueName = "emails", opts = new { jobId = "other" } },
            } }, "parents");
            await lab.FailNextAsync();
        },
        server => RemovedAsync(server, "ignored"),
        lab => lab.DoAsync("remove", new { id = "ignored" }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["parents"]);

    [Theory, MemberData(nameof(Full))]
    public Task The_owner_of_a_deduplication_key(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { deduplication = new { id = "once" } });
            await lab.AddAsync(opts: new { deduplication = new { id = "once" } });
            await lab.AddAsync(opts: new { delay = 600_000, deduplication = new { id = "other", ttl = 600_000 } });
        },
        server => RemovedAsync(server, "1"),
        lab => lab.DoAsync("remove", new { id = "1" }));

    [Theory, MemberData(nameof(Full))]
    public async Task The_next_run_of_a_scheduler_stays(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" } });
        var id = (await lab.IdsAsync("delayed")).Single();
        await UntouchedAsync(lab, id, JobOutcomeStatus.SchedulerOwned);
        await Assert.ThrowsAsync<PeerException>(() => lab.DoAsync("remove", new { id }));
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_job_that_a_worker_has_stays(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        await lab.DoAsync("take");
        await UntouchedAsync(lab, "1", JobOutcomeStatus.Locked);
        await Assert.ThrowsAsync<PeerException>(() => lab.DoAsync("remove", new { id = "1" }));
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_parent_whose_child_a_worker_has_stays(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.FlowAsync(Family, "others");
        await lab.DoAsync("take", new { queue = "others" });
        await UntouchedAsync(lab, "top", JobOutcomeStatus.Locked);
        await Assert.ThrowsAsync<PeerException>(() => lab.DoAsync("remove", new { id = "top" }));
    }

    [Theory, MemberData(nameof(All))]
    public Task Many_at_once(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("addMany", new { count = 150 });
            await lab.FailNextAsync(100);
        },
        async server =>
        {
            string[] ids = [.. Enumerable.Range(1, 120).Select(n => $"{n}"), "5", "gone"];
            var outcomes = await server.ChangeAsync("emails", new JobChange.Remove(), ids);
            Assert.Equal(ids, outcomes.Select(o => o.Id));
            Assert.All(outcomes.Take(120), o => Assert.Equal(JobOutcomeStatus.Removed, o.Status));
            Assert.All(outcomes.Skip(120), o => Assert.Equal(JobOutcomeStatus.NotFound, o.Status));
        },
        async lab =>
        {
            foreach (var n in Enumerable.Range(1, 120))
            {
                await lab.DoAsync("remove", new { id = $"{n}" });
            }
        },
        work: Succeed);

    // What was found of one job must not be told of the next: of another state, with a lock, with relatives, or of a name that begins another key.
    [Theory, MemberData(nameof(Full))]
    public async Task Jobs_of_all_kinds_in_one_call(string lib)
    {
        await CompareAsync(lib,
            async lab =>
            {
                await lab.AddAsync(opts: new { jobId = "de", deduplication = new { id = "de", ttl = 600_000 } });
                await lab.FailNextAsync();
                await lab.DoAsync("addMany", new { count = 6 });
                await lab.FailNextAsync(3);
                await lab.CompleteNextAsync(2);
                await lab.DoAsync("take");
                await lab.AddAsync(opts: new { jobId = "later", delay = 600_000 });
                await lab.AddAsync(opts: new { jobId = "ranked", priority = 3 });
                await lab.AddAsync(opts: new { jobId = "first" });
                await lab.FlowAsync(Family, "others");
                await lab.FailNextAsync();
                await lab.AddAsync(opts: new { jobId = "waits" });
            },
            async server =>
            {
                var outcomes = await server.ChangeAsync("emails", new JobChange.Remove(KeepChildren: true), All());
                Assert.Equal(All().Select(id => id == "7" ? JobOutcomeStatus.Locked : JobOutcomeStatus.Removed), outcomes.Select(o => o.Status));
            },
            async lab =>
            {
                foreach (var id in All().Where(id => id != "7"))
                {
                    await lab.DoAsync("remove", new { id, args = new[] { new { removeChildren = false } } });
                }
            },
            reference: Versions.ScriptsFor(lib));

        static string[] All() => ["2", "5", "de", "later", "6", "ranked", "7", "3", "near", "first", "waits", "top", "4"];
    }

    [Fact]
    public async Task The_owner_of_a_deduplication_key_that_a_newer_one_has_taken_over()
    {
        await CompareAsync("bullmq",
            async lab =>
            {
                await lab.FailedAsync(new { deduplication = new { id = "once" } });
                await lab.AddAsync(opts: new { deduplication = new { id = "once" } });
            },
            server => RemovedAsync(server, "1"),
            lab => lab.DoAsync("remove", new { id = "1" }));
    }

    private static async Task UntouchedAsync(Lab lab, string id, JobOutcomeStatus expected)
    {
        var before = await Keyspace.ReadAsync(lab.Db);
        var outcome = Assert.Single(await (await lab.ServerAsync()).ChangeAsync("emails", new JobChange.Remove(), id));
        Assert.Equal(expected, outcome.Status);
        Assert.NotNull(outcome.Message);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a refused removal");
    }

    private static async Task RemovedAsync(IJobServer server, string id, bool keepChildren = false)
    {
        var outcome = Assert.Single(await server.ChangeAsync("emails", new JobChange.Remove(keepChildren), id));
        Assert.Equal((id, JobOutcomeStatus.Removed, (string?)null), (outcome.Id, outcome.Status, outcome.Message));
    }
}
