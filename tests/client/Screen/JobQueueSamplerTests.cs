using JobAdmin.Watching;

namespace JobAdmin.Client.Tests.Screen;

/// <summary>Rates: from events where the server has them, from counts elsewhere.</summary>
public sealed class JobQueueSamplerTests(Bench bench)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_between_two_looks_give_rates()
    {
        var clock = new StepClock();
        var server = new FakeQueues();
        var sampler = new JobQueueSampler([new WatchedServer(server, null)], TimeSpan.FromSeconds(2), clock);
        Assert.True(sampler.NeedsTwoLooks);
        server.Queue("mails", new JobCounts { Waiting = 10, Paused = 2, Completed = 100, Failed = 1 }, isPaused: true);
        var first = Assert.Single(await sampler.ReadAsync(_ => { }, Ct));
        Assert.Equal((12, null), (first.Waiting, first.FinishedPerSecond));
        clock.Now += TimeSpan.FromSeconds(4);
        server.Queue("mails", new JobCounts { Waiting = 6, Paused = 2, Completed = 110, Failed = 3 });
        var second = Assert.Single(await sampler.ReadAsync(_ => { }, Ct));
        Assert.Equal((2.0, 2.5, 0.5, 3.0), (second.AddedPerSecond, second.CompletedPerSecond, second.FailedPerSecond, second.FinishedPerSecond));
        Assert.Equal(TimeSpan.FromSeconds(8), second.TimeLeft);
        clock.Now += TimeSpan.FromSeconds(1);
        server.Queue("mails", new JobCounts { Waiting = 60, Completed = 0, Failed = 0 });
        var third = Assert.Single(await sampler.ReadAsync(_ => { }, Ct));
        Assert.Equal((52.0, 0.0, null), (third.AddedPerSecond, third.FinishedPerSecond, third.TimeLeft));
    }

    [Fact]
    public async Task One_server_of_several_may_be_away()
    {
        var (good, bad) = (new FakeQueues("good"), new FakeQueues("bad") { Error = new JobServerException("ConnectionFailed", JobErrorKind.Connection, "away") });
        good.Queue("mails", new JobCounts());
        var sampler = new JobQueueSampler([new WatchedServer(good, null), new WatchedServer(bad, null)], TimeSpan.FromSeconds(2), TimeProvider.System);
        var problems = new List<JobServerException>();
        Assert.Equal("good", Assert.Single(await sampler.ReadAsync(problems.Add, Ct)).Connection);
        Assert.Equal("away", Assert.Single(problems).Message);
        await Assert.ThrowsAsync<JobServerException>(() => new JobQueueSampler([new WatchedServer(bad, null)], TimeSpan.FromSeconds(2), TimeProvider.System).ReadAsync(_ => { }, Ct));
    }

    [Theory, InlineData("bullmq4"), InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Events_give_rates(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 20 });
        await lab.CompleteNextAsync(6);
        await lab.FailNextAsync(3);
        var rate = Assert.Single(await ((IJobRates)await lab.ServerAsync()).GetRatesAsync([lab.Queue, "gone"], TimeSpan.FromSeconds(100), Ct));
        Assert.Equal((0.2, 0.06, 0.03, 100), (Math.Round(rate.AddedPerSecond, 3), Math.Round(rate.CompletedPerSecond, 3), Math.Round(rate.FailedPerSecond, 3), (int)rate.Span.TotalSeconds));
    }

    [Fact]
    public async Task Of_a_flood_the_newest_part_is_looked_at()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 3000 });
        var rate = Assert.Single(await ((IJobRates)await lab.ServerAsync()).GetRatesAsync([lab.Queue], TimeSpan.FromDays(1), Ct));
        Assert.InRange(rate.Span.TotalMinutes, 0, 10);
        // Half of the events are "added", half "waiting".
        Assert.InRange(rate.AddedPerSecond * rate.Span.TotalSeconds, 400, 600);
    }

    private sealed class StepClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
