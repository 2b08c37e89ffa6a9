using System.Globalization;
using System.Text.Json.Nodes;
using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Schedulers are what BullMQ's own library would have made of them, they fire, and none is left that can't.</summary>
public sealed partial class SchedulerTests(Bench bench) : ParityTest(bench)
{
    private static readonly DateTimeOffset Later = new(2035, 5, 6, 7, 8, 9, 123, TimeSpan.Zero);

    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public Task By_a_pattern(string lib) => SameAsync(lib, new JobSchedulerSettings { Id = "nightly", Pattern = "0 3 * * *", TimeZone = "Europe/Berlin" },
        new { pattern = "0 3 * * *", tz = "Europe/Berlin" }, null);

    [Theory, MemberData(nameof(Full))]
    public Task By_a_pattern_with_all_that_can_be_set(string lib) => SameAsync(lib,
        new JobSchedulerSettings
        {
            Id = "a:b", Name = "report", Pattern = "15 30 6 1 * 1-5", Limit = 9, StartDate = Later, EndDate = Later.AddYears(1), Data = """{"kind":"weekly"}""",
            Options = """{"attempts":3,"priority":2,"removeOnComplete":true,"deduplication":{"id":"d"},"backoff":{"type":"fixed","delay":100}}""",
        },
        new { pattern = "15 30 6 1 * 1-5", limit = 9, startDate = Later.ToUnixTimeMilliseconds(), endDate = Later.AddYears(1).ToUnixTimeMilliseconds() },
        new { name = "report", data = new { kind = "weekly" }, opts = new { attempts = 3, priority = 2, removeOnComplete = true, deduplication = new { id = "d" }, backoff = new { type = "fixed", delay = 100 } } });

    [Theory, MemberData(nameof(Full))]
    public Task By_an_interval_from_a_date_on(string lib) => SameAsync(lib, new JobSchedulerSettings { Id = "hourly", Every = TimeSpan.FromHours(1), StartDate = Later, Limit = 3 },
        new { every = 3_600_000, limit = 3, startDate = Later.ToUnixTimeMilliseconds() }, null);

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public Task By_an_interval_with_an_offset(string lib) => SameAsync(lib, new JobSchedulerSettings { Id = "daily", Every = TimeSpan.FromDays(1), Offset = TimeSpan.FromMinutes(7) },
        new { every = 86_400_000, offset = 420_000 }, null);

    [Theory, MemberData(nameof(Full))]
    public Task Changed_from_an_interval_to_a_pattern(string lib) => SameAsync(lib, new JobSchedulerSettings { Id = "x", Pattern = "0 0 1 1 *", TimeZone = "UTC" }, new { pattern = "0 0 1 1 *", tz = "UTC" }, null,
        lab => lab.DoAsync("upsertScheduler", new { id = "x", repeat = new { every = 60_000, startDate = Later.ToUnixTimeMilliseconds() } }));

    [Theory, MemberData(nameof(Full))]
    public Task With_other_data_at_the_same_times(string lib) => SameAsync(lib, new JobSchedulerSettings { Id = "x", Every = TimeSpan.FromMinutes(1), StartDate = Later, Data = """{"n":2}""" },
        new { every = 60_000, startDate = Later.ToUnixTimeMilliseconds() }, new { name = "x", data = new { n = 2 } },
        lab => lab.DoAsync("upsertScheduler", new { id = "x", repeat = new { every = 60_000, startDate = Later.ToUnixTimeMilliseconds() }, template = new { name = "x", data = new { n = 1 } } }));

    [Theory, MemberData(nameof(Full))]
    public Task Removed(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.DoAsync("upsertScheduler", new { id = "x", repeat = new { every = 60_000, startDate = Later.ToUnixTimeMilliseconds() } });
            await lab.DoAsync("upsertScheduler", new { id = "y", repeat = new { pattern = "0 0 1 1 *" } });
        },
        async server => Assert.Equal([JobOutcomeStatus.Removed, JobOutcomeStatus.NotFound], (await Schedulers(server).RemoveSchedulersAsync("emails", ["x", "none"], Ct)).Select(o => o.Status)),
        lab => lab.DoAsync("removeScheduler", new { args = new[] { "x" } }), reference: Versions.ScriptsFor(lib));

    [Theory, MemberData(nameof(Full))]
    public async Task It_fires_again_and_again_with_real_workers(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        await SetAsync(server, new JobSchedulerSettings { Id = "often", Name = "tick", Every = TimeSpan.FromMilliseconds(100), Data = """{"n":1}""" });
        await SetAsync(server, new JobSchedulerSettings { Id = "seconds", Name = "tock", Pattern = "* * * * * *" });
        await lab.DoAsync("startWorker");
        await Wait.UntilAsync(async () => (await CountsAsync(lab)) is (>= 5, >= 2), "both have run", 20);
        // Changed while it runs, it goes on with the new data.
        await SetAsync(server, new JobSchedulerSettings { Id = "often", Name = "tuck", Every = TimeSpan.FromMilliseconds(120), Data = """{"n":2}""" });
        await Wait.UntilAsync(async () => (await RanAsync(lab)).Count(n => n == "tuck") >= 3, "it has run again", 20);
        Assert.Equal(JobOutcomeStatus.Removed, (await Schedulers(server).RemoveSchedulersAsync(lab.Queue, ["often"], Ct)).Single().Status);
        await Task.Delay(300, Ct);
        // A busy machine may still be at the last one, which a worker had before.
        await Wait.UntilAsync(async () => (await lab.IdsAsync("waiting")).Length + (await lab.IdsAsync("active")).Length == 0, "no run is under way", 20);
        var after = (await RanAsync(lab)).Count(n => n == "tuck");
        await Task.Delay(500, Ct);
        Assert.Equal(after, (await RanAsync(lab)).Count(n => n == "tuck"));
        Assert.Equal("seconds", Assert.Single(await ListAsync(server)).Id);
        await lab.DoAsync("stopWorker");
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task What_it_is_like_and_when_it_runs(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("upsertScheduler", new
        {
            id = "p", repeat = new { pattern = "0 0 1 1 *", tz = "Europe/Berlin", limit = 3, endDate = Later.ToUnixTimeMilliseconds() },
            template = new { name = "report", data = new { a = 1 }, opts = new { attempts = 2 } },
        });
        await lab.DoAsync("upsertScheduler", new { id = "e", repeat = new { every = 60_000, startDate = Later.ToUnixTimeMilliseconds(), endDate = Later.AddMinutes(1).ToUnixTimeMilliseconds() } });
        var all = await ListAsync(await lab.ServerAsync(), 5);
        Assert.Equal(["p", "e"], all.Select(s => s.Id));
        var p = all[0];
        Assert.Equal(("report", "0 0 1 1 *", "Europe/Berlin", 3L, 1L, JobSchedulerState.Scheduled, Later), (p.Name, p.Pattern, p.TimeZone, p.Limit, p.IterationCount, p.State, p.EndDate!.Value));
        Assert.Equal(("""{"a":1}""", """{"attempts":2}""", null), (p.GetDataText(), p.GetOptionsText(), p.Problem));
        Assert.Equal(3, p.NextRuns.Count);
        Assert.Equal(p.Next, p.NextRuns[0]);
        Assert.All(p.NextRuns, run => Assert.Equal((12, 31, 23), (run.Month, run.Day, run.Hour)));
        Assert.Equal($"repeat:p:{p.Next!.Value.ToUnixTimeMilliseconds()}", p.NextJobId);
        Assert.Equal([Later, Later.AddMinutes(1)], all[1].NextRuns);
        Assert.Equal((null, null), (all[1].GetDataText(), all[1].GetOptionsText()));
        Assert.Equal(["e"], (await ListAsync(await lab.ServerAsync(), 0, "e*")).Select(s => s.Id));
        Assert.Equal(["p"], (await ListAsync(await lab.ServerAsync(), 0, "p", "none")).Select(s => s.Id));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task One_that_runs_beyond_all_times_is_shown_and_hides_no_other(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("upsertScheduler", new { id = "never", repeat = new { every = 500_000_000_000_000 } });
        await lab.DoAsync("upsertScheduler", new { id = "late", repeat = new { pattern = "0 0 1 1 *", tz = "Asia/Tokyo", startDate = 253_402_200_000_000 } });
        await lab.DoAsync("upsertScheduler", new { id = "e", repeat = new { every = 60_000 } });
        var all = await ListAsync(await lab.ServerAsync(), 5);
        Assert.Equal(["e", "late", "never"], all.Select(s => s.Id).Order());
        Assert.Single(all.Single(s => s.Id == "never").NextRuns);
        Assert.Equal(5, all.Single(s => s.Id == "e").NextRuns.Count);
        var begins = new JobSchedulerSettings { Id = "x", Pattern = "0 0 1 1 *", TimeZone = "Europe/Berlin", StartDate = DateTimeOffset.MaxValue };
        Assert.Equal("InvalidSchedule", (await ErrorOfAsync(async () => await SetAsync(await lab.ServerAsync(), begins))).ErrorId);
    }

    [Fact]
    public async Task Its_state_is_told()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("upsertScheduler", new { id = "due", repeat = new { every = 3_600_000 } });
        await lab.DoAsync("upsertScheduler", new { id = "stuck", repeat = new { pattern = "0 0 1 1 *" } });
        await lab.DoAsync("upsertScheduler", new { id = "once", repeat = new { every = 3_600_000, limit = 1 }, template = new { opts = new { priority = 1 } } });
        await lab.DoAsync("upsertScheduler", new { id = "taken", repeat = new { every = 3_600_000, limit = 1 }, template = new { opts = new { lifo = true } } });
        await lab.Db.ExecuteAsync("ZADD", lab.Base + "repeat", "1000", "hashless");
        await lab.DoAsync("take");
        var server = await lab.ServerAsync();
        var stuck = Assert.Single(await ListAsync(server, 0, "stuck")).NextJobId!;
        await lab.Db.ExecuteAsync("ZREM", lab.Base + "delayed", stuck);
        await lab.Db.ExecuteAsync("DEL", lab.Base + stuck);
        Assert.Equal("hashless Stuck, due Due, once Due, stuck Stuck, taken Running", Show(await ListAsync(server)));
        // Setting it anew mends it.
        await SetAsync(server, new JobSchedulerSettings { Id = "stuck", Pattern = "0 0 1 1 *" });
        await SetAsync(server, new JobSchedulerSettings { Id = "hashless", Pattern = "0 0 1 1 *" });
        await lab.DoAsync("work");
        Assert.Equal("due Scheduled, hashless Scheduled, once Ended, stuck Scheduled", Show((await ListAsync(server)).Where(s => s.Id != "taken")));
    }

    [Fact]
    public async Task Repeatable_jobs_of_old_are_shown_and_left_alone()
    {
        await using var lab = Bench.Lab("bullmq4");
        await lab.DoAsync("repeatable", new { name = "old", repeat = new { pattern = "0 3 * * *", tz = "UTC" } });
        await lab.DoAsync("repeatable", new { name = "often", repeat = new { every = 60_000 } });
        await lab.DoAsync("repeatable", new { lib = "bullmq5", name = "five", repeat = new { pattern = "0 4 * * *" } });
        await lab.DoAsync("repeatable", new { lib = "bullmq5", name = "keyed", repeat = new { every = 70_000, key = "mine" } });
        await lab.DoAsync("repeatable", new { lib = "bullmq5", name = "named", repeat = new { every = 80_000 }, opts = new { jobId = "j" } });
        await lab.DoAsync("repeatable", new { lib = "bullmq5", name = "at once", repeat = new { every = 90_000, immediately = true, endDate = Later.ToUnixTimeMilliseconds() } });
        var server = await lab.ServerAsync();
        var all = await ListAsync(server, 3);
        Assert.All(all, s => Assert.Equal(JobSchedulerState.Legacy, s.State));
        Assert.Equal(["at once 00:01:30,,", "five ,0 4 * * *,", "keyed 00:01:10,,", "named 00:01:20,,", "often 00:01:00,,", "old ,0 3 * * *,UTC"], all.Select(s => $"{s.Name} {s.Every},{s.Pattern},{s.TimeZone}").Order());
        await lab.Db.HashSetAsync(lab.Base + "meta", "version", "bullmq:5.81.5");
        var before = await Keyspace.ReadAsync(lab.Db);
        foreach (var old in all)
        {
            Assert.Contains("read-only", (await Schedulers(server).RemoveSchedulersAsync(lab.Queue, [old.Id], Ct)).Single().Message);
            Assert.Contains((await ErrorOfAsync(() => SetAsync(server, new JobSchedulerSettings { Id = old.Id, Every = TimeSpan.FromDays(1) }))).ErrorId, (string[])["LegacyScheduler", "InvalidSchedulerId"]);
            Assert.Equal("LegacyScheduler", (await ErrorOfAsync(() => Schedulers(server).RunSchedulerAsync(lab.Queue, old.Id, Ct))).ErrorId);
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "after all the refusals");
    }

    [Fact]
    public async Task Run_now_adds_a_job_and_leaves_the_schedule()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("upsertScheduler", new
        {
            id = "p", repeat = new { pattern = "0 0 1 1 *" }, template = new { name = "report", data = new { a = 1 }, opts = new { attempts = 4, removeOnComplete = false, deduplication = new { id = "d" } } },
        });
        var server = await lab.ServerAsync();
        var before = Assert.Single(await ListAsync(server));
        var outcome = await Schedulers(server).RunSchedulerAsync(lab.Queue, "p", Ct);
        Assert.Equal(JobOutcomeStatus.Added, outcome.Status);
        var job = (await server.JobAsync(lab.Queue, outcome.NewId!, JobParts.Data | JobParts.Options))!;
        Assert.Equal(("report", """{"a":1}"""), (job.Name, job.GetDataText()));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"attempts":4,"removeOnComplete":false}"""), JsonNode.Parse(job.GetOptionsText()!)), job.GetOptionsText());
        Assert.Equal(2, (await WorkAsync(lab, "bullmq", lab.Queue, Succeed)).Length);
        Assert.Equal((before.Next, JobSchedulerState.Scheduled), (Assert.Single(await ListAsync(server)).Next, (await ListAsync(server))[0].State));
        Assert.Equal("SchedulerNotFound", (await ErrorOfAsync(() => Schedulers(server).RunSchedulerAsync(lab.Queue, "none", Ct))).ErrorId);
    }

    [Fact]
    public async Task A_run_that_has_been_is_passed_over()
    {
        await using var lab = Bench.Lab();
        var server = await lab.ServerAsync();
        var settings = new JobSchedulerSettings { Id = "y", Pattern = "0 0 1 1 *" };
        await SetAsync(server, settings);
        var first = Assert.Single(await ListAsync(server)).Next!.Value;
        // The run was brought forward, has completed and is kept; its scheduler is set up again.
        await server.ChangeAsync(lab.Queue, new JobChange.Promote(), $"repeat:y:{first.ToUnixTimeMilliseconds()}");
        await lab.DoAsync("work");
        await Schedulers(server).RemoveSchedulersAsync(lab.Queue, ["y"], Ct);
        await SetAsync(server, settings);
        var scheduler = Assert.Single(await ListAsync(server));
        Assert.Equal((JobSchedulerState.Scheduled, first.Year + 1), (scheduler.State, scheduler.Next!.Value.Year));
    }

    [Fact]
    public async Task In_a_queue_paused_by_BullMQ_5_it_survives_the_resume()
    {
        await using var lab = Bench.Lab("bullmq5");
        await lab.AddAsync();
        await lab.DoAsync("pause");
        await SetAsync(await lab.ServerAsync(), new JobSchedulerSettings { Id = "x", Every = TimeSpan.FromHours(1) });
        await lab.DoAsync("resume");
        Assert.Equal(2, (await WorkAsync(lab, "bullmq5", lab.Queue, Succeed)).Length);
    }

    private async Task SameAsync(string lib, JobSchedulerSettings ours, object repeat, object? template, Func<Lab, Task>? seed = null)
    {
        await using var mine = Bench.Lab(lib);
        await mine.AddAsync();
        await (seed?.Invoke(mine) ?? Task.CompletedTask);
        await using var other = await mine.CopyAsync(Versions.ScriptsFor(lib));
        var start = DateTimeOffset.UtcNow;
        var theirs = (await other.DoAsync("upsertScheduler", new { id = ours.Id, repeat, template }))!.GetValue<string>();
        var outcome = await SetAsync(await mine.ServerAsync(), ours);
        Assert.Equal((theirs, seed is null ? JobOutcomeStatus.Added : JobOutcomeStatus.Updated), (outcome.NewId, outcome.Status));
        var skip = theirs[theirs.LastIndexOf(':')..];
        Keyspace.AssertSame(await Keyspace.ReadAsync(other.Db, start, skip), await Keyspace.ReadAsync(mine.Db, start, skip), lib);
        Assert.Equal(await JobAsync(other, theirs), await JobAsync(mine, theirs));
    }

    /// <summary>The job's hash, with what depends on the moment turned into what does not.</summary>
    private static async Task<string> JobAsync(Lab lab, string id)
    {
        var hash = (await lab.Db.HashGetAllAsync(lab.Base + id)).ToDictionary(e => (string)e.Name!, e => (string)e.Value!);
        var timestamp = long.Parse(hash["timestamp"], CultureInfo.InvariantCulture);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - timestamp, 0, 5000);
        var options = JsonNode.Parse(hash["opts"])!.AsObject();
        // BullMQ looks at the clock before and in the script: a busy machine takes its time in between.
        Assert.InRange(options["timestamp"]!.GetValue<long>(), timestamp - 1000, timestamp);
        options["delay"] = Rounded(options["delay"]!.GetValue<long>() + timestamp);
        options["timestamp"] = 0;
        hash["delay"] = $"{Rounded(long.Parse(hash["delay"], CultureInfo.InvariantCulture) + timestamp)}";
        hash["timestamp"] = "";
        hash["opts"] = string.Join(',', options.Select(o => $"{o.Key}={o.Value?.ToJsonString()}").Order(StringComparer.Ordinal));
        return string.Join('\n', hash.Select(h => $"{h.Key}={h.Value}").Order(StringComparer.Ordinal));
    }

    // BullMQ looks at the clock twice, and Lua writes numbers in JSON with 14 figures.
    private static long Rounded(long value) => (value + 500) / 1000;

    private static IJobSchedulers Schedulers(IJobServer server) => (IJobSchedulers)server;

    private static Task<JobOutcome> SetAsync(IJobServer server, JobSchedulerSettings settings) => Schedulers(server).SetSchedulerAsync("emails", settings, Ct);

    private static async Task<List<JobScheduler>> ListAsync(IJobServer server, int runs = 0, params string[] ids)
    {
        var all = new List<JobScheduler>();
        await foreach (var page in Schedulers(server).GetSchedulersAsync("emails", ids, runs, Ct))
        {
            all.AddRange(page);
        }

        return all;
    }

    private static string Show(IEnumerable<JobScheduler> schedulers) => string.Join(", ", schedulers.OrderBy(s => s.Id != "hashless" || s.State != JobSchedulerState.Stuck).ThenBy(s => s.Id).Select(s => $"{s.Id} {s.State}"));

    private static async Task<List<string>> RanAsync(Lab lab) => [.. (await lab.DoAsync("ran"))!.AsArray().Select(r => r!["name"]!.GetValue<string>())];

    private static async Task<(int Ticks, int Tocks)> CountsAsync(Lab lab)
    {
        var ran = await RanAsync(lab);
        return (ran.Count(n => n == "tick"), ran.Count(n => n == "tock"));
    }
}
