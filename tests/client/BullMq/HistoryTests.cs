using System.Globalization;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>A queue's past as its stream tells it, made by BullMQ itself.</summary>
public sealed class HistoryTests(Bench bench)
{
    [Theory, InlineData("bullmq4"), InlineData("bullmq560"), InlineData("bullmq5"), InlineData("bullmq62"), InlineData("bullmq")]
    public async Task Everything_is_read_in_order(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 700, name = "mail" });
        await lab.CompleteNextAsync(3);
        await lab.FailNextAsync(2);
        var history = await ReadAsync(lab, new JobHistoryQuery { Queue = lab.Queue });
        Assert.Equal(700, history.Events.Count(e => e is { Kind: JobHistoryKind.Added, Name: "mail" }));
        Assert.Equal((5, 3, 2), (Count(history, JobHistoryKind.Active), Count(history, JobHistoryKind.Completed), Count(history, JobHistoryKind.Failed)));
        Assert.Equal(history.Events.OrderBy(e => e.Milliseconds).Select(e => e.Milliseconds), history.Events.Select(e => e.Milliseconds));
        Assert.Equal("1", history.Events[0].Id);
        Assert.Equal((false, false), (history.IsCut, history.IsTrimmed));
        Assert.Equal((long)await lab.Db.ExecuteAsync("XLEN", lab.Base + "events"), history.Scanned);
    }

    [Fact]
    public async Task The_newest_part_is_read_when_there_is_more()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 700 });
        var history = await ReadAsync(lab, new JobHistoryQuery { Queue = lab.Queue, Most = 200 });
        Assert.Equal((true, false, 200L), (history.IsCut, history.IsTrimmed, history.Scanned));
        Assert.Equal("700", history.Events[^1].Id);
        Assert.True(history.Since >= DateTimeOffset.FromUnixTimeMilliseconds(history.Events[0].Milliseconds).AddMilliseconds(-1));
        var rest = await ReadAsync(lab, new JobHistoryQuery { Queue = lab.Queue, To = history.Since });
        Assert.DoesNotContain(rest.Events, e => e.Milliseconds >= history.Since!.Value.ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_trimmed_history_says_so()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 100 });
        await lab.Db.ExecuteAsync("XTRIM", lab.Base + "events", "MAXLEN", "50");
        var history = await ReadAsync(lab, new JobHistoryQuery { Queue = lab.Queue, From = DateTimeOffset.UtcNow.AddHours(-1) });
        Assert.True(history.IsTrimmed);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(history.Events[0].Milliseconds), history.Since);
        var later = await ReadAsync(lab, new JobHistoryQuery { Queue = lab.Queue, From = DateTimeOffset.UtcNow.AddMinutes(1) });
        Assert.Empty(later.Events);
        Assert.False(later.IsTrimmed);
    }

    [Fact]
    public async Task Large_return_values_stay_on_the_server()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 30 });
        var large = new string('x', 500_000);
        await lab.DoAsync("run", new { count = 30, result = large });
        var history = await ReadAsync(lab, new JobHistoryQuery { Queue = lab.Queue });
        Assert.Equal(30, Count(history, JobHistoryKind.Completed));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task The_last_pause_is_found_behind_everything_else(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.AddAsync();
        await lab.DoAsync("pause");
        await lab.DoAsync("resume");
        await lab.DoAsync("pause");
        var paused = (string)((StackExchange.Redis.RedisResult[])((StackExchange.Redis.RedisResult[])(await lab.Db.ExecuteAsync("XREVRANGE", lab.Base + "events", "+", "-", "COUNT", "1"))!)[0]!)[0]!;
        await lab.DoAsync("addMany", new { count = 1500 });
        var found = await ((IJobHistory)await lab.ServerAsync()).FindPauseAsync(lab.Queue, 10_000, Ct);
        Assert.Equal(JobHistoryKind.Paused, found.Events[^1].Kind);
        Assert.Equal(paused.Split('-')[0], found.Events[^1].Milliseconds.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<JobHistory> ReadAsync(Lab lab, JobHistoryQuery query) => await ((IJobHistory)await lab.ServerAsync()).ReadHistoryAsync(query, Ct);

    private static int Count(JobHistory history, JobHistoryKind kind) => history.Events.Count(e => e.Kind == kind);
}
