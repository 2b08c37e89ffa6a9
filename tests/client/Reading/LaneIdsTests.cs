using System.Net;
using System.Text;
using JobAdmin.Client.BullMq;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>Pages of ids by plain commands: the same as by script, wherever the place is.</summary>
public sealed class LaneIdsTests(Bench bench)
{
    private const int Size = 100;

    /// <summary>Scores: each of its own, seven together, so many together as a page holds, and all the same.</summary>
    [Theory, InlineData(1, false), InlineData(7, true), InlineData(Size - 1, false), InlineData(Size, true), InlineData(Size + 1, false), InlineData(2000, true), InlineData(2000, false)]
    public async Task All_ids_come_once_and_in_order(int together, bool newestFirst)
    {
        await using var lab = bench.Lab();
        await AddAsync(lab, 950, together);
        using var lane = Lane(lab);
        var pager = await PagerAsync(lab, newestFirst);
        var ids = new LaneIds(lane, pager, Size);
        var first = await pager.NextAsync(SetCursor.Start, 10, 10, Ct);
        var all = JobRows.ReadIds(first.Rows, first.Matches);
        for (var (cursor, more) = (first.Cursor, true); more;)
        {
            (cursor, more) = await TakeAsync(ids, lane, cursor, long.MaxValue, all);
        }

        Assert.Equal(await ExpectedAsync(lab, newestFirst), all);
    }

    [Fact]
    public async Task No_more_come_than_are_wanted()
    {
        await using var lab = bench.Lab();
        await AddAsync(lab, 300, 1);
        using var lane = Lane(lab);
        var pager = await PagerAsync(lab, newestFirst: true);
        var ids = new LaneIds(lane, pager, Size);
        var all = new List<string>();
        var (cursor, more) = await TakeAsync(ids, lane, new SetCursor("1299", "299"), 5, all);
        Assert.Equal(["298", "297", "296", "295", "294"], all);
        Assert.Equal((new SetCursor("1294", "294"), true), (cursor, more));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task An_entry_that_has_gone_is_gone_on_behind(bool newestFirst)
    {
        await using var lab = bench.Lab();
        await AddAsync(lab, 300, 3);
        using var lane = Lane(lab);
        var pager = await PagerAsync(lab, newestFirst);
        var ids = new LaneIds(lane, pager, Size);
        var before = await ExpectedAsync(lab, newestFirst);
        foreach (var at in new[] { 100, 101, 102, 150 })
        {
            var score = (await lab.Db.SortedSetScoreAsync(lab.Base + "failed", before[at]))!.Value;
            await lab.Db.SortedSetRemoveAsync(lab.Base + "failed", before[at]);
            var all = new List<string>();
            await TakeAsync(ids, lane, new SetCursor($"{score}", before[at]), 50, all);
            // Entries with its score that stand before it are looked at once more.
            Assert.InRange(all.Count, 48, 50);
            Assert.Equal(before.Skip(at + 1).Take(all.Count), all);
            await lab.Db.SortedSetAddAsync(lab.Base + "failed", before[at], score);
        }
    }

    /// <summary>It is found again further on: what stands before it there is new.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task An_entry_that_has_moved_ahead_hides_none(bool newestFirst)
    {
        await using var lab = bench.Lab();
        await AddAsync(lab, 300, 1);
        using var lane = Lane(lab);
        var pager = await PagerAsync(lab, newestFirst);
        var ids = new LaneIds(lane, pager, Size);
        foreach (var by in new[] { 20, 60, 200 })
        {
            await lab.Db.SortedSetAddAsync(lab.Base + "failed", "150", newestFirst ? 1150.5 - by : 1149.5 + by);
            var all = new List<string>();
            await TakeAsync(ids, lane, new SetCursor("1150", "150"), 50, all);
            Assert.Equal(50, all.Count);
            Assert.Equal(Enumerable.Range(1, 50).Select(n => $"{(newestFirst ? 150 - n : 150 + n)}").Take(all.Contains("150") ? 49 : 50), all.Where(id => id != "150"));
        }
    }

    [Fact]
    public async Task Times_bound_them()
    {
        await using var lab = bench.Lab();
        await AddAsync(lab, 300, 1);
        using var lane = Lane(lab);
        var pager = await PagerAsync(lab, newestFirst: false, "1100", "1149");
        var ids = new LaneIds(lane, pager, Size);
        var all = new List<string>();
        var (_, more) = await TakeAsync(ids, lane, new SetCursor("1110", "110"), long.MaxValue, all);
        Assert.False(more);
        Assert.Equal(Enumerable.Range(111, 39).Select(n => $"{n}"), all);
    }

    private static async Task<(SetCursor Cursor, bool More)> TakeAsync(LaneIds ids, RowLane lane, SetCursor cursor, long count, List<string> all)
    {
        await Task.Yield();
        ids.Ask(cursor, count);
        lane.Send();
        LanePage? page = null;
        for (var i = 0; i < 2 && page is null; i++)
        {
            Assert.True(ids.IsAsked);
            Assert.True(ids.TryRead(out page));
        }

        Assert.NotNull(page);
        Assert.False(ids.IsAsked);
        all.AddRange(page.Ids.Select(id => Encoding.UTF8.GetString(id.Of(page.Bytes))));
        return (page.Cursor, page.More);
    }

    private static Task AddAsync(Lab lab, int count, int together) =>
        lab.JobsAsync("failed", Enumerable.Range(1, count).Select(n => ($"{n}", 1000d + (together == 1 ? n : n / together), "job", (string?)"boom")));

    private static RowLane Lane(Lab lab) =>
        RowLane.Open(lab.Options(), new IPEndPoint(IPAddress.Loopback, lab.Redis.Port), lab.Base, Ct, anyLine: true)!;

    /// <summary>A pager whose script the server has.</summary>
    private static async Task<SetPager> PagerAsync(Lab lab, bool newestFirst, string low = "-inf", string high = "+inf")
    {
        var runner = new ScriptRunner(lab.Db, readOnlyScripts: true, new RedisErrors("test"));
        var pager = new SetPager(runner, new QueueKeys(lab.Prefix, lab.Queue), JobState.Failed, newestFirst, new FilterText(new JobFilter(), scoreIsTime: true), JobParts.None, idsOnly: true) { Low = low, High = high };
        await pager.NextAsync(SetCursor.Start, 1, 1, Ct);
        return pager;
    }

    private static async Task<List<string>> ExpectedAsync(Lab lab, bool newestFirst) =>
        [.. (await lab.Db.SortedSetRangeByRankAsync(lab.Base + "failed", order: newestFirst ? StackExchange.Redis.Order.Descending : StackExchange.Redis.Order.Ascending)).Select(id => (string)id!)];
}
