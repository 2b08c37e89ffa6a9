using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests;

/// <summary>Stopped jobs are recorded as failed with the reason by the next worker, without being run and without further attempts.</summary>
public sealed class StopTests(Bench bench) : ParityTest(bench)
{
    private const string Reason = "stopped: \"wrong\" ünïcode list";

    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string, string> Pending
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var lib in (string[])["bullmq560", "bullmq5", "bullmq62", "bullmq"])
            {
                foreach (var state in (string[])["waiting", "prioritized", "delayed", "retrying"])
                {
                    data.Add(lib, state);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Pending))]
    public async Task A_pending_job_is_not_run(string lib, string state)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync(opts: state switch
        {
            "prioritized" => new { attempts = 3, priority = 2 },
            "delayed" => new { attempts = 3, delay = 600_000 },
            "retrying" => new { attempts = 3, backoff = 600_000 },
            _ => (object)new { attempts = 3 },
        });
        if (state == "retrying")
        {
            await lab.FailNextAsync();
        }

        await lab.AddAsync();
        var server = await lab.ServerAsync();
        var outcome = Assert.Single(await server.ChangeAsync("emails", new JobChange.Stop(Reason), "1"));
        Assert.Equal(JobOutcomeStatus.Stopped, outcome.Status);
        Assert.Equal(state == "retrying" ? JobState.Delayed : Enum.Parse<JobState>(state, ignoreCase: true), outcome.PreviousState);
        Assert.Equal(Reason, (await server.JobAsync("emails", "1"))!.DeferredFailure);

        Assert.Equal(["2 job attempt 0 ok"], await WorkAsync(lab, lib, "emails", Succeed));
        var job = (await server.JobAsync("emails", "1"))!;
        Assert.Equal((JobState.Failed, Reason), (job.State, job.FailedReason));
        Assert.Equal("failed", await lab.StateAsync("1"));

        // A later retry runs as usual.
        Assert.Equal(JobOutcomeStatus.Retried, (await server.RetryAsync("emails", "1"))[0].Status);
        Assert.StartsWith("1 job attempt", (await WorkAsync(lab, lib, "emails", Succeed)).Single());
        Assert.Equal("completed", await lab.StateAsync("1"));
        Assert.Null((await server.JobAsync("emails", "1"))!.DeferredFailure);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_child_fails_its_parent(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.FlowAsync(new { name = "parent", queueName = "parents", opts = new { jobId = "top" }, children = new object[]
        {
            new { name = "child", queueName = "emails", opts = new { jobId = "low", failParentOnFailure = true } },
        } }, "parents");
        var server = await lab.ServerAsync();
        Assert.Equal(JobOutcomeStatus.Stopped, (await server.ChangeAsync("emails", new JobChange.Stop("no more"), "low"))[0].Status);
        Assert.Empty(await WorkAsync(lab, lib, "emails", Succeed));
        Assert.Empty(await WorkAsync(lab, lib, "parents", Succeed));
        var parent = (await server.JobAsync("parents", "top"))!;
        Assert.Equal(JobState.Failed, parent.State);
        Assert.Contains("low", parent.FailedReason, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_parent_that_waits_for_children(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.FlowAsync(new { name = "parent", queueName = "emails", opts = new { jobId = "top" }, children = new object[] { new { name = "child", queueName = "children" } } }, "children");
        var server = await lab.ServerAsync();
        var outcome = (await server.ChangeAsync("emails", new JobChange.Stop("no more"), "top"))[0];
        Assert.Equal((JobOutcomeStatus.Stopped, JobState.WaitingChildren), (outcome.Status, outcome.PreviousState));
        Assert.Single(await WorkAsync(lab, lib, "children", Succeed));
        Assert.Empty(await WorkAsync(lab, lib, "emails", Succeed));
        Assert.Equal("no more", (await server.JobAsync("emails", "top"))!.FailedReason);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task An_active_job_ends_its_attempt_and_has_no_other(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync(new { @do = "fail", reason = "by itself", hold = true }, new { attempts = 3 });
        await lab.DoAsync("startWorker");
        await lab.DoAsync("waitState", new { id = "1", state = "active" });
        var server = await lab.ServerAsync();
        var outcome = (await server.ChangeAsync("emails", new JobChange.Stop("asked to"), "1"))[0];
        Assert.Equal((JobOutcomeStatus.StopRequested, JobState.Active), (outcome.Status, outcome.PreviousState));
        Assert.NotNull(outcome.Message);
        await lab.DoAsync("release");
        await lab.DoAsync("waitState", new { id = "1", state = "failed" });
        Assert.Single((await lab.DoAsync("stopWorker"))!.AsArray());
    }

    [Theory, MemberData(nameof(Full))]
    public async Task Jobs_that_can_not_be_stopped_stay_as_they_are(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.FailedAsync();
        await lab.AddAsync();
        await lab.CompleteNextAsync();
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" } });
        var run = (await lab.IdsAsync("delayed")).Single();
        var before = await Keyspace.ReadAsync(lab.Db);
        var outcomes = await (await lab.ServerAsync()).ChangeAsync("emails", new JobChange.Stop(Reason), "1", "2", "gone", run);
        Assert.Equal([JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.NotFound, JobOutcomeStatus.SchedulerOwned], outcomes.Select(o => o.Status));
        Assert.Equal([JobState.Failed, JobState.Completed], outcomes.Take(2).Select(o => o.PreviousState));
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "jobs that can't be stopped");
    }

    [Theory, MemberData(nameof(Full))]
    public async Task In_a_paused_queue_delayed_jobs_wait_with_the_others(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync(opts: new { delay = 600_000 });
        await lab.AddAsync();
        await lab.DoAsync("pause");
        await (await lab.ServerAsync()).ChangeAsync("emails", new JobChange.Stop("no"), "1");
        await lab.DoAsync("resume");
        Assert.Equal(["2 job attempt 0 ok"], await WorkAsync(lab, lib, "emails", Succeed));
        Assert.Equal("failed", await lab.StateAsync("1"));
    }

    [Theory, InlineData("bullmq4", null), InlineData("bullmq5", "bullmq:5.48.0")]
    public async Task Layouts_whose_workers_do_not_know_it_are_refused(string lib, string? version)
    {
        await using var lab = Bench.Lab(lib);
        await lab.FailedAsync();
        await lab.AddAsync();
        if (version is not null)
        {
            await lab.Db.ExecuteAsync("HSET", lab.Base + "meta", "version", version);
        }

        var before = await Keyspace.ReadAsync(lab.Db);
        var server = await lab.ServerAsync();
        var error = await ErrorOfAsync(() => server.ChangeAsync("emails", new JobChange.Stop("no"), "2"));
        Assert.Equal("NotSupported", error.ErrorId);
        Assert.Contains("Remove-Job", error.Advice, StringComparison.Ordinal);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a refused stop");
    }
}
