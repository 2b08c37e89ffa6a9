using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Promotions without a look at the jobs leave what BullMQ's promoteJobs leaves.</summary>
public sealed class PromoteAllTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public Task All_that_are_delayed_whatever_their_priority(string lib) => CompareAsync(lib, AddSomeAsync, server => PromotedAsync(server, 5), lab => lab.DoAsync("promoteAll"), work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public Task In_a_paused_queue(string lib) => CompareAsync(lib,
        async lab =>
        {
            await AddSomeAsync(lab);
            await lab.DoAsync("pause");
        },
        server => PromotedAsync(server, 5),
        lab => lab.DoAsync("promoteAll"));

    [Theory, MemberData(nameof(Full))]
    public Task At_the_limit_of_concurrency(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("take");
            await AddSomeAsync(lab);
            await lab.DoAsync("setConcurrency", new { args = new[] { 1 } });
        },
        server => PromotedAsync(server, 5),
        lab => lab.DoAsync("promoteAll"));

    [Theory, MemberData(nameof(Full))]
    public Task None(string lib) => CompareAsync(lib, lab => lab.AddAsync(), server => PromotedAsync(server, 0), lab => lab.DoAsync("promoteAll"));

    [Theory, InlineData("bullmq"), InlineData("bullmq5")]
    public async Task In_slices_and_no_more_than_is_asked(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.DoAsync("seed", new { delayed = 1300 });
        var server = (IQueuePromotion)await lab.ServerAsync();
        var calls = await lab.Db.CallsAsync("evalsha");
        Assert.Equal(1200, (await server.PromoteQueueAsync("emails", 1200, Ct).RunAsync()).Done);
        Assert.InRange(await lab.Db.CallsAsync("evalsha") - calls, 2, 100);
        Assert.Equal((100, 1200), ((long)await lab.Db.SortedSetLengthAsync(lab.Base + "delayed"), (int)await lab.Db.ListLengthAsync(lab.Base + "wait")));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.PromoteQueueAsync("emails", long.MaxValue, stop.Token).RunAsync());
        Assert.Equal(100, await lab.Db.SortedSetLengthAsync(lab.Base + "delayed"));
    }

    [Fact]
    public async Task Not_in_a_queue_of_BullMQ_4()
    {
        await using var lab = Bench.Lab("bullmq4");
        await lab.AddAsync(opts: new { delay = 600_000 });
        var server = (IQueuePromotion)await lab.ServerAsync();
        Assert.Equal("NotSupported", (await Assert.ThrowsAsync<JobServerException>(() => server.PromoteQueueAsync("emails", 10, Ct).RunAsync())).ErrorId);
        Assert.Equal(1, await lab.Db.SortedSetLengthAsync(lab.Base + "delayed"));
    }

    private static async Task AddSomeAsync(Lab lab)
    {
        await lab.AddAsync(opts: new { priority = 4 });
        foreach (var (delay, priority) in new[] { (900_000, 0), (600_000, 0), (700_000, 4), (600_000, 1), (10_000_000, 0) })
        {
            await lab.AddAsync(opts: new { delay, priority });
        }

        await lab.AddAsync();
    }

    private static async Task PromotedAsync(IJobServer server, long count)
    {
        Assert.Equal(count, (await ((IQueuePromotion)server).PromoteQueueAsync("emails", long.MaxValue, Ct).RunAsync()).Done);
    }
}
