using JobAdmin.Client.BullMq;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>A script that has taken too long says so, and what it had no time for is sent again.</summary>
public sealed class SliceTests(Bench bench)
{
    [Fact]
    public async Task A_script_can_tell_how_long_it_takes()
    {
        await using var lab = bench.Lab();
        if (!await HasClockAsync(lab))
        {
            return;
        }

        var spin = ScriptCatalog.Own("clock").Text + "local n = 0 while not isLate() and n < 100000000 do n = n + 1 end return { isLate() and 1 or 0, elapsed() }";
        var answer = (long[])(await lab.Db.ExecuteAsync("EVAL", spin, 0))!;
        Assert.Equal(1, answer[0]);
        Assert.InRange(answer[1], 15_000, long.MaxValue);
    }

    [Theory, InlineData("bullmq"), InlineData("bullmq5")]
    public async Task Removing_parents_with_many_children_goes_on_where_a_call_has_ended(string lib)
    {
        await using var own = await RedisServer.StartAsync();
        await using var connection = await own.ConnectAsync();
        await using var lab = bench.Lab(own, connection, lib);
        string[] parents = [.. Enumerable.Range(0, 12).Select(i => $"p{i}")];
        await AddFlowsAsync(lab, parents);
        var server = await lab.ServerAsync();
        var before = await lab.Db.CallsAsync("evalsha");
        var outcomes = await server.ChangeAsync("books", new JobChange.Remove(), [.. parents, "none"]);
        Assert.Equal([.. parents, "none"], outcomes.Select(o => o.Id));
        Assert.Equal([.. parents.Select(_ => JobOutcomeStatus.Removed), JobOutcomeStatus.NotFound], outcomes.Select(o => o.Status));
        // Redis 7.2, where a script has no clock, is asked for all at once.
        Assert.InRange(await lab.Db.CallsAsync("evalsha") - before, await HasClockAsync(lab) ? 2 : 1, parents.Length + 2);
        Assert.Empty((string[])(await lab.Db.ExecuteAsync("KEYS", "bull:*:p*"))!);
    }

    [Theory, InlineData("bullmq"), InlineData("bullmq5")]
    public async Task A_child_that_went_along_is_not_missing_in_a_later_call(string lib)
    {
        await using var lab = bench.Lab(lib);
        await AddFlowsAsync(lab, ["p0", "p1"]);
        var server = await lab.ServerAsync();
        var remove = new JobChange.Remove();
        await server.ChangeAsync("books", remove, "p0");
        var outcomes = await server.ChangeAsync("images", remove, ["p0-0", "p0-199", "p1-0", "none"]);
        Assert.Equal([JobOutcomeStatus.Removed, JobOutcomeStatus.Removed, JobOutcomeStatus.Removed, JobOutcomeStatus.NotFound], outcomes.Select(o => o.Status));
        Assert.Equal(JobOutcomeStatus.NotFound, Assert.Single(await server.ChangeAsync("images", new JobChange.Remove(), "p0-1")).Status);
    }

    private static async Task AddFlowsAsync(Lab lab, string[] parents)
    {
        foreach (var parent in parents)
        {
            object[] children = [.. Enumerable.Range(0, 200).Select(i => Node($"{parent}-{i}", "images"))];
            await lab.DoAsync("addFlow", new { flow = Node(parent, "books", children) });
        }
    }

    private static async Task<bool> HasClockAsync(Lab lab) =>
        (long)await lab.Db.ExecuteAsync("EVAL", "return ((redis.REDIS_VERSION_NUM or 0) < 0x70200 or rawget(_G, 'os')) and 1 or 0", 0) == 1;
}
