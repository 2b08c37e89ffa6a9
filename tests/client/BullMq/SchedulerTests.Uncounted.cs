using System.Text.Json.Nodes;
using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Schedulers as BullMQ 5.16 to 5.35 wrote them, whose hashes count no runs and look like those of repeatable jobs.</summary>
public sealed partial class SchedulerTests
{
    private const string Digest = "0123456789abcdef0123456789abcdef";

    [Fact]
    public async Task Those_from_before_5_36_are_shown_with_what_their_next_jobs_say()
    {
        await using var lab = await UncountedAsync();
        var all = (await ListAsync(await lab.ServerAsync())).ToDictionary(s => s.Id);
        Assert.All(all.Values, s => Assert.Equal(s.Id == "lost" ? JobSchedulerState.Stuck : JobSchedulerState.Scheduled, s.State));
        // 5.34 keeps data and options in the hash, 5.16 in the job alone; the limit is in the job in both.
        Assert.Equal(("""{"a":1}""", """{"attempts":3}""", 5L, 2L), (all["late"].GetDataText(), all["late"].GetOptionsText(), all["late"].Limit!.Value, all["late"].IterationCount!.Value));
        Assert.Equal(("""{"b":2}""", """{"priority":2}""", TimeSpan.FromHours(1)), (all["early"].GetDataText(), all["early"].GetOptionsText(), all["early"].Every));
        // An interval took the place of a pattern, which stayed in the hash.
        Assert.Equal((null, TimeSpan.FromHours(1), (string?)null), (all[Digest].Pattern, all[Digest].Every, all[Digest].GetOptionsText()));
    }

    [Fact]
    public async Task Those_from_before_5_36_are_removed_as_BullMQ_does()
    {
        await using var mine = await UncountedAsync();
        await using var other = await mine.CopyAsync("bullmq5");
        string[] ids = ["late", "none", "early", "lost", Digest, "late"];
        foreach (var id in ids)
        {
            await other.DoAsync("removeScheduler", new { args = new[] { id } });
        }

        var outcomes = await Schedulers(await mine.ServerAsync()).RemoveSchedulersAsync(mine.Queue, ids, Ct);
        Assert.Equal("Removed NotFound Removed Removed Removed NotFound", string.Join(' ', outcomes.Select(o => o.Status)));
        Keyspace.AssertSame(await Keyspace.ReadAsync(other.Db), await Keyspace.ReadAsync(mine.Db), "after the removal");
    }

    [Fact]
    public async Task Those_from_before_5_36_are_changed_and_run()
    {
        await using var lab = await UncountedAsync();
        var server = await lab.ServerAsync();
        var job = (await server.JobAsync(lab.Queue, (await Schedulers(server).RunSchedulerAsync(lab.Queue, "early", Ct)).NewId!, JobParts.Data | JobParts.Options))!;
        Assert.Equal(("early job", """{"b":2}"""), (job.Name, job.GetDataText()));
        Assert.Equal(2, JsonNode.Parse(job.GetOptionsText()!)!["priority"]!.GetValue<int>());
        foreach (var id in (string[])["late", "lost", Digest])
        {
            Assert.Equal(JobOutcomeStatus.Updated, (await SetAsync(server, new JobSchedulerSettings { Id = id, Pattern = "0 0 1 1 *", TimeZone = "UTC" })).Status);
            var now = Assert.Single(await ListAsync(server, 0, id));
            Assert.Equal((JobSchedulerState.Scheduled, 1L, "0 0 1 1 *"), (now.State, now.IterationCount, now.Pattern));
        }
    }

    [Fact]
    public async Task The_hashes_of_those_and_of_repeatable_jobs_are_no_jobs()
    {
        await using var lab = await UncountedAsync();
        await lab.DoAsync("repeatable", new { name = "keyed", repeat = new { every = 70_000, key = "mine" } });
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        string[] ids = ["repeat:late", "repeat:early", "repeat:mine"];
        foreach (var id in ids)
        {
            Assert.Null(await server.JobAsync(lab.Queue, id, JobParts.None));
            Assert.Equal(JobOutcomeStatus.NotFound, (await server.ChangeAsync(lab.Queue, new JobChange.Remove(), id)).Single().Status);
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "after what was refused");
    }

    /// <summary>A queue with schedulers by the hand of 5.16 and 5.34.</summary>
    private async Task<Lab> UncountedAsync()
    {
        var lab = Bench.Lab("bullmq5");
        await lab.AddAsync();
        await WriteAsync(lab, "late", "name late pattern 0_3_*_*_* tz UTC opts {\"attempts\":3} data {\"a\":1}", """{"a":1}""", """{"attempts":3,"repeat":{"pattern":"0 3 * * *","tz":"UTC","limit":5,"offset":0,"count":2}}""");
        await WriteAsync(lab, "early", "name early_job every 3600000", """{"b":2}""", """{"attempts":0,"priority":2,"repeat":{"every":3600000,"count":1}}""");
        await WriteAsync(lab, Digest, "name n pattern 0_3_*_*_* every 3600000", "{}", """{"repeat":{"every":3600000,"offset":0,"count":1}}""");
        await WriteAsync(lab, "lost", "name lost every 3600000", "{}", null);
        return lab;
    }

    private static async Task WriteAsync(Lab lab, string id, string hash, string data, string? options)
    {
        var next = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        var fields = hash.Split(' ').Select(part => part.Replace('_', ' ')).ToArray();
        await lab.Db.ExecuteAsync("HSET", [lab.Base + "repeat:" + id, .. fields]);
        await lab.Db.ExecuteAsync("ZADD", lab.Base + "repeat", next, id);
        if (options is null)
        {
            return;
        }

        var job = $"repeat:{id}:{next}";
        var all = JsonNode.Parse(options)!.AsObject();
        (all["jobId"], all["delay"], all["timestamp"], all["prevMillis"], all["repeatJobKey"]) = (job, 3_600_000, next - 3_600_000, next, id);
        await lab.Db.ExecuteAsync("HSET", lab.Base + job, "name", fields[1], "data", data, "opts", all.ToJsonString(), "timestamp", next - 3_600_000, "delay", 3_600_000, "priority", 0, "rjk", id);
        await lab.Db.ExecuteAsync("ZADD", lab.Base + "delayed", next * 4096, job);
    }
}
