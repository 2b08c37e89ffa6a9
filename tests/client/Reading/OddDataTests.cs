using System.Text;
using System.Text.Json;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>Odd ids, huge and broken data: everything is shown as far as it can be read, and handled all the same.</summary>
public sealed class OddDataTests(Bench bench) : ParityTest(bench)
{
    private static readonly string[] OddIds =
    [
        "a b", "ünïcödé-\U0001F600", "quote'\"`", "back\\slash", "glob*?[a]^", "{tag}", "line\nbreak", "tab\t", "%s%d", "$env_X", "-1x", "1e5", "0x10", " 1", "1 ", "a:b:c", "meta ",
        "<b>&amp;</b>", "null", "\u0001\u007f", new string('x', 2000), "../..", "#", "\u00a0", "e\u0301",
    ];

    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public Task Ids_of_every_kind(string lib) => CompareAsync(lib,
        async lab =>
        {
            foreach (var id in OddIds)
            {
                Assert.Equal(id, await lab.AddAsync(opts: new { jobId = id }));
            }

            await lab.FailNextAsync(OddIds.Length - 5);
        },
        async server =>
        {
            var query = new JobQuery { Queue = "emails", OldestFirst = true, States = [JobState.Failed, JobState.Waiting] };
            Assert.Equal(OddIds.Order(StringComparer.Ordinal), (await server.IdsAsync(query)).Order(StringComparer.Ordinal));
            var jobs = await server.GetJobsByIdAsync("emails", OddIds, JobParts.All, Ct);
            Assert.Equal(OddIds, jobs.Select(j => j!.Id));
            Assert.All(await server.RetryAsync("emails", OddIds[..10]), o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
            Assert.All(await server.ChangeAsync("emails", new JobChange.Remove(), OddIds[10..20]), o => Assert.Equal(JobOutcomeStatus.Removed, o.Status));
        },
        async lab =>
        {
            foreach (var id in OddIds[..10])
            {
                await lab.DoAsync("retry", new { id });
            }

            foreach (var id in OddIds[10..20])
            {
                await lab.DoAsync("remove", new { id });
            }
        },
        work: Succeed);

    [Fact]
    public async Task Ten_megabytes_of_data()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync(opts: new { attempts = 1 });
        var text = new string('x', 10_000_000);
        await lab.Db.ExecuteAsync("HSET", lab.Base + "1", "data", JsonSerializer.Serialize(new { text }));
        for (var n = 0; n < 4; n++)
        {
            var id = await lab.AddAsync();
            await lab.Db.ExecuteAsync("HSET", lab.Base + id, "data", JsonSerializer.Serialize(new { text }));
        }

        await lab.FailNextAsync(2);
        var server = await lab.ServerAsync();
        Assert.Equal(5, (await server.ListAsync(new JobQuery { Queue = "emails" })).Count);
        var jobs = await server.ListAsync(new JobQuery { Queue = "emails", Parts = JobParts.Data });
        Assert.Equal(5, jobs.Count);
        Assert.All(jobs, j => Assert.Equal(10_000_000, j.GetData()!.Value.GetProperty("text").GetString()!.Length));
        Assert.Equal(JobOutcomeStatus.Retried, (await server.RetryAsync("emails", "1"))[0].Status);
        Assert.Equal(10_000_000 + 11, (await server.JobAsync("emails", "1", JobParts.Data))!.GetDataText()!.Length);
    }

    [Fact]
    public async Task Data_that_are_no_text()
    {
        await using var lab = Bench.Lab();
        await lab.FailedAsync();
        byte[] raw = [0, 255, 254, 1, 128, 34];
        await lab.Db.ExecuteAsync("HSET", lab.Base + "1", "data", raw, "returnvalue", raw, "name", raw, "failedReason", raw);
        var server = await lab.ServerAsync();
        foreach (var job in (QueueJob[])[Assert.Single(await server.ListAsync(new JobQuery { Queue = "emails", Parts = JobParts.All })), (await server.JobAsync("emails", "1", JobParts.All))!])
        {
            Assert.Null(job.GetData());
            Assert.NotNull(job.Problem);
            Assert.Equal(Encoding.UTF8.GetString(raw), job.GetDataText());
            Assert.Equal(Encoding.UTF8.GetString(raw), job.Name);
        }

        await server.RetryAsync("emails", "1");
        Assert.Equal(raw, (byte[])(await lab.Db.ExecuteAsync("HGET", lab.Base + "1", "data"))!);
    }

    [Fact]
    public async Task Broken_fields_are_named_and_the_rest_is_shown()
    {
        await using var lab = Bench.Lab();
        await lab.FailedAsync();
        await lab.FailedAsync();
        await lab.Db.ExecuteAsync("HSET", lab.Base + "1", "data", "{\"a\":", "opts", "nonsense", "stacktrace", "{}", "timestamp", "yesterday", "atm", "many", "progress", "{half", "returnvalue", "[");
        await lab.Db.ExecuteAsync("HSET", lab.Base + "2", "timestamp", "99999999999999999999", "finishedOn", "-5", "processedOn", "1.5e12", "delay", "-1", "priority", "");
        var server = await lab.ServerAsync();
        var jobs = await server.ListAsync(new JobQuery { Queue = "emails", Parts = JobParts.All, OldestFirst = true });
        Assert.Equal(["1", "2"], jobs.Select(j => j.Id));
        Assert.Contains("data", jobs[0].Problem, StringComparison.Ordinal);
        Assert.Contains("timestamp", jobs[0].Problem, StringComparison.Ordinal);
        Assert.Contains("stack trace", jobs[0].Problem, StringComparison.Ordinal);
        Assert.Equal(("boom", "{\"a\":", "{half"), (jobs[0].FailedReason, jobs[0].GetDataText(), jobs[0].Progress));
        Assert.Null(jobs[0].GetOptions());
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_500_000_000_000), jobs[1].ProcessedOn);
        Assert.Null(jobs[1].Timestamp);
        // Neither keeps them from being retried.
        Assert.All(await server.RetryAsync("emails", "1", "2"), o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
    }

    [Fact]
    public async Task Counts_beyond_what_fits_are_the_largest_there_is()
    {
        await using var lab = Bench.Lab();
        await lab.JobsAsync("failed", 2000);
        await lab.Db.ExecuteAsync("HSET", lab.Base + "1", "atm", "9999999999", "ats", "9999999999", "stc", "9999999999");
        var server = await lab.ServerAsync();
        var listed = await server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] });
        Assert.All([listed.Single(j => j.Id == "1"), (await server.JobAsync("emails", "1"))!],
            job => Assert.Equal((int.MaxValue, int.MaxValue, int.MaxValue), (job.AttemptsMade, job.AttemptsStarted, job.StalledCount)));
    }

    [Fact]
    public async Task Deep_json_and_numbers_beyond_double()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        var deep = string.Concat(Enumerable.Repeat("[", 500)) + "12345678901234567890.123" + string.Concat(Enumerable.Repeat("]", 500));
        await lab.Db.ExecuteAsync("HSET", lab.Base + "1", "data", deep);
        var job = (await (await lab.ServerAsync()).JobAsync("emails", "1", JobParts.Data))!;
        Assert.Equal(deep, job.GetDataText());
        Assert.Null(job.Problem);
        Assert.Equal(deep, job.GetData()!.Value.GetRawText());
    }

    [Fact]
    public async Task Ids_without_a_hash_are_passed_over()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 3, waiting = 3 });
        await lab.Db.ExecuteAsync("DEL", lab.Base + "2", lab.Base + "5");
        var server = await lab.ServerAsync();
        Assert.Equal(["1", "3", "4", "6"], (await server.IdsAsync(new JobQuery { Queue = "emails" })).Order());
        Assert.Null(await server.JobAsync("emails", "2"));
        Assert.Equal(JobOutcomeStatus.NotFound, (await server.ChangeAsync("emails", new JobChange.Stop("no"), "5"))[0].Status);
        // What is left of them can be cleared.
        Assert.Equal(JobOutcomeStatus.Removed, (await server.ChangeAsync("emails", new JobChange.Remove(), "2"))[0].Status);
        Assert.Equal(2, (await server.ClearAsync("emails", states: JobState.Failed)).Done);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task An_id_that_is_the_name_of_one_of_the_queues_own_keys_is_not_found(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 2, completed = 2, active = 1, waiting = 2, prioritized = 1, delayed = 1 });
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" }, template = new { name = "report", data = new { a = 1 } } });
        await lab.FlowAsync(new { name = "parent", queueName = "emails", children = new object[] { new { name = "child", queueName = "children" } } });
        string[] ids = ["meta", "id", "wait", "active", "failed", "completed", "delayed", "prioritized", "waiting-children", "events", "marker", "pc", "repeat", "repeat:nightly", "stalled", ""];
        var before = await Keyspace.ReadAsync(lab.Db);
        var server = await lab.ServerAsync();
        Assert.All(await server.GetJobsByIdAsync("emails", ids, JobParts.All, Ct), Assert.Null);
        foreach (var change in (JobChange[])[new JobChange.Remove(), new JobChange.Retry(), new JobChange.Promote(), new JobChange.Stop("no"), new JobChange.Remove(KeepChildren: true)])
        {
            Assert.All(await server.ChangeAsync("emails", change, ids), o => Assert.Equal(JobOutcomeStatus.NotFound, o.Status));
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "changes of what are no jobs");
    }

    [Fact]
    public async Task A_job_whose_key_is_of_another_type_hides_no_other()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 5, waiting = 5 });
        foreach (var id in (string[])["2", "8"])
        {
            await lab.Db.ExecuteAsync("DEL", lab.Base + id);
            await lab.Db.ExecuteAsync("SET", lab.Base + id, "foreign");
        }

        var server = await lab.ServerAsync();
        Assert.Equal(["1", "10", "3", "4", "5", "6", "7", "9"], (await server.IdsAsync(new JobQuery { Queue = "emails" })).Order(StringComparer.Ordinal));
        var filter = new JobFilter { Names = ["j*"] };
        Assert.Equal(8, (await server.IdsAsync(new JobQuery { Queue = "emails", Filter = filter })).Count);
        Assert.Equal(4, (await server.ChangeMatchingJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], Filter = filter }, new JobChange.Retry(), Ct).RunAsync()).Count);
    }

    [Fact]
    public async Task A_hash_that_no_state_knows_is_shown_by_id()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.Db.ExecuteAsync("HSET", lab.Base + "lost", "name", "x", "timestamp", "1700000000000");
        await lab.Db.ExecuteAsync("HSET", lab.Base + "empty", "foo", "bar");
        var server = await lab.ServerAsync();
        Assert.Equal((JobState.Unknown, "unknown", "x"), (await server.JobAsync("emails", "lost")) is { } job ? (job.State, job.RawState, job.Name) : default);
        Assert.Null(await server.JobAsync("emails", "empty"));
        Assert.Equal(JobOutcomeStatus.SkippedWrongState, (await server.RetryAsync("emails", "lost"))[0].Status);
        Assert.Equal(JobOutcomeStatus.SkippedWrongState, (await server.ChangeAsync("emails", new JobChange.Promote(), "lost"))[0].Status);
    }
}
