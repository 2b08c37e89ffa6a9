using System.Text.Json.Nodes;
using JobAdmin.Client.Tests.Parity;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Schedulers of BullMQ 5.19 to 5.58.7, whose workers reckon the next run of an interval from what the job of the last one says.</summary>
public sealed partial class SchedulerTests
{
    private const long Interval = 3_600_000, Offset = 1_020_000;

    [Fact]
    public async Task An_interval_is_due_an_offset_after_the_run_that_its_job_is_named_by()
    {
        await using var lab = await EarlyAsync("every 3600000 ic 3", """{"a":1}""", new { every = Interval, limit = 5, offset = Offset, count = 3 }, Offset);
        var one = Assert.Single(await ListAsync(await lab.ServerAsync(), 3));
        Assert.Equal((Offset, 5L, 3L), (one.Offset!.Value.TotalMilliseconds, one.Limit!.Value, one.IterationCount!.Value));
        Assert.Equal(Offset, one.Next!.Value.ToUnixTimeMilliseconds() % Interval);
        Assert.Equal(one.Next.Value.AddHours(1), one.NextRuns[1]);
        Assert.Equal(one.Next.Value.ToUnixTimeMilliseconds() - Offset, long.Parse(one.NextJobId!.Split(':')[2]));
    }

    /// <summary>The next run stays when it was, and the worker that takes it finds what it reckons from.</summary>
    [Theory, InlineData("every 3600000 ic 3"), InlineData("every 3600000 ic 3 offset 1020000"), InlineData("every 3600000")]
    public async Task One_that_is_changed_goes_on_as_it_was(string hash)
    {
        await using var lab = await EarlyAsync(hash, """{"a":1}""", new { every = Interval, offset = Offset, count = 3 }, Offset);
        var server = await lab.ServerAsync();
        var before = Assert.Single(await ListAsync(server)).Next!.Value.ToUnixTimeMilliseconds();
        await SetAsync(server, new JobSchedulerSettings { Id = "early", Every = TimeSpan.FromMilliseconds(Interval), Data = """{"b":2}""" });
        var now = Assert.Single(await ListAsync(server));
        Assert.Equal((before, Offset), (now.Next!.Value.ToUnixTimeMilliseconds(), (long)now.Offset!.Value.TotalMilliseconds));
        Assert.Equal([now.NextJobId!], (await lab.Db.SortedSetRangeByRankAsync(lab.Base + "delayed")).Select(id => (string)id!));
        Assert.Equal((before, Offset), await SaidAsync(lab, now.NextJobId!));
        Assert.Equal(1, await lab.Db.SortedSetLengthAsync(lab.Base + "repeat"));
    }

    [Theory]
    [InlineData("bullmq:5.20.0", true)]
    [InlineData("bullmq:5.58.7", true)]
    [InlineData("bullmq:5.18.2", false)]
    [InlineData("bullmq:5.58.8", false)]
    public async Task The_job_of_a_new_one_says_when_it_runs_where_workers_reckon_from_it(string version, bool said)
    {
        await using var lab = Bench.Lab("bullmq5");
        await lab.AddAsync();
        await lab.Db.HashSetAsync(lab.Base + "meta", "version", version);
        var server = await lab.ServerAsync();
        await SetAsync(server, new JobSchedulerSettings { Id = "new", Every = TimeSpan.FromMilliseconds(Interval) });
        var now = Assert.Single(await ListAsync(server));
        var run = now.Next!.Value.ToUnixTimeMilliseconds();
        Assert.Equal(said ? (run, run % Interval) : (null, null), await SaidAsync(lab, now.NextJobId!));
    }

    private static async Task<(long? Run, long? Offset)> SaidAsync(Lab lab, string job)
    {
        var options = JsonNode.Parse((string)(await lab.Db.HashGetAsync(lab.Base + job, "opts"))!)!;
        return ((long?)options["prevMillis"]?.GetValue<double>(), (long?)options["repeat"]!["offset"]?.GetValue<double>());
    }

    /// <summary>A queue with a scheduler by the hand of 5.36, 5.57 or 5.34.</summary>
    private async Task<Lab> EarlyAsync(string hash, string data, object rule, long offset)
    {
        var lab = Bench.Lab("bullmq5");
        await lab.AddAsync();
        await lab.Db.HashSetAsync(lab.Base + "meta", "version", "bullmq:5.45.2");
        var slot = ((DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / Interval) + 1) * Interval;
        await lab.Db.ExecuteAsync("HSET", [lab.Base + "repeat:early", "name", "early", .. hash.Split(' '), "data", data]);
        await lab.Db.ExecuteAsync("ZADD", lab.Base + "repeat", slot, "early");
        var job = $"repeat:early:{slot}";
        var options = new JsonObject { ["jobId"] = job, ["delay"] = 1, ["timestamp"] = slot, ["prevMillis"] = slot, ["repeatJobKey"] = "early", ["repeat"] = System.Text.Json.JsonSerializer.SerializeToNode(rule) };
        await lab.Db.ExecuteAsync("HSET", lab.Base + job, "name", "early", "data", data, "opts", options.ToJsonString(), "timestamp", slot, "delay", 1, "priority", 0, "rjk", "early");
        await lab.Db.ExecuteAsync("ZADD", lab.Base + "delayed", (slot + offset) * 4096, job);
        return lab;
    }
}
