using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>A watch goes on after whatever broke, misses nothing that is still there, and says so when something is not.</summary>
public sealed class WatchTests
{
    [Fact]
    public async Task Nothing_is_missed_and_it_is_soon_there_again()
    {
        var (strikes, events, runs) = (0, 0, 0);
        var (back, behindHoles) = (new List<double>(), new List<double>());
        foreach (var seed in Effort.Seeds(4, 60))
        {
            var random = new Random(seed * 104729);
            FaultPlan? plan = null;
            await using var redis = await MortalRedis.StartAsync();
            try
            {
                await FaultTests.SeedAsync(redis.Db, "failed", []);
                await using var server = await ConnectAsync(redis.Options());
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
                var seen = new List<int>();
                var times = new List<double>();
                var watching = WatchAsync(server, redis, seen, times, limit.Token);
                // The watch has begun when it sees something.
                for (var i = 0; i < 500 && seen.Count == 0; i++)
                {
                    await AddAsync(redis, -1);
                    await Task.Delay(20, Ct);
                }

                plan = new FaultPlan(redis, random, 6000, 30_000);
                for (var n = 1; n <= 300; n++)
                {
                    await AddAsync(redis, n);
                    await Task.Delay(3, Ct);
                }

                await redis.Proxy.DisarmAsync();
                await AddAsync(redis, int.MaxValue);
                await watching.WaitAsync(TimeSpan.FromSeconds(60), Ct);
                Assert.Equal(Enumerable.Range(1, 300), seen.Where(n => n > 0 && n < int.MaxValue));
                // A connection that swallows everything has to be found out first, whenever the server returns behind it.
                (plan.HasHole ? behindHoles : back).AddRange(times);
                (events, runs, strikes) = (events + seen.Count, runs + 1, strikes + redis.Proxy.Struck);
            }
            catch (Exception exception)
            {
                Effort.Run(seed, $"watch, faults: {plan}", exception);
            }
        }

        back.Sort();
        Effort.Report("faults, watch", string.Create(CultureInfo.InvariantCulture,
            $"{runs} runs, {events} events, {strikes} faults, none missed; first event after the server's return: median {At(0.5):0} ms, 95 % {At(0.95):0} ms, longest {At(1):0} ms of {back.Count}; in runs with a connection that swallows everything: longest {behindHoles.DefaultIfEmpty().Max():0} ms of {behindHoles.Count}"));
        double At(double part) => back.Count == 0 ? 0 : back[Math.Min(back.Count - 1, (int)(part * back.Count))];
    }

    [Theory, InlineData(0), InlineData(20), InlineData(200)]
    public async Task A_stream_that_lost_its_end_is_a_gap(int addedAfter)
    {
        // The master is lost with 50 events that its replica never heard of; the watch saw them. Whether the stream is shorter than it was, or has long
        // grown beyond that when the watch is back, it has to be told.
        await using var redis = await MortalRedis.StartAsync();
        await FaultTests.SeedAsync(redis.Db, "failed", []);
        await using var server = await ConnectAsync(redis.Options());
        for (var n = 1; n <= 30; n++)
        {
            await redis.Db.ExecuteAsync("XADD", "bull:q:events", "*", "event", "n", "jobId", $"{n}");
        }

        await using var watch = server.WatchEventsAsync(new EventQuery { Queues = ["q"], From = "start" }, Ct).GetAsyncEnumerator(Ct);
        var seen = new List<JobEvent>();
        await UntilAsync("30");
        await redis.LoseMasterAsync(async old =>
        {
            for (var n = 0; n < 50; n++)
            {
                await old.ExecuteAsync("XADD", "bull:q:events", "*", "event", "n", "jobId", "lost");
            }

            await UntilAsync("lost", 50);
            redis.Proxy.Refusing = true;
            redis.Proxy.DropAll(reset: true);
        });
        for (var n = 0; n < addedAfter; n++)
        {
            await redis.Db.ExecuteAsync("XADD", "bull:q:events", "*", "event", "n", "jobId", "new");
        }

        redis.Proxy.Refusing = false;
        await redis.Db.ExecuteAsync("XADD", "bull:q:events", "*", "event", "n", "jobId", "last");
        await UntilAsync("last");
        Assert.Single(seen, e => e.IsGap);
        Assert.Equal(50, seen.Count(e => e.Id == "lost"));
        Assert.Equal(addedAfter, seen.SkipWhile(e => !e.IsGap).Count(e => e.Id == "new"));

        async Task UntilAsync(string id, int count = 1)
        {
            while (seen.Count(e => e.Id == id) < count)
            {
                Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct));
                seen.AddRange(watch.Current);
            }
        }
    }

    private static async Task WatchAsync(IJobServer server, MortalRedis redis, List<int> seen, List<double> back, CancellationToken cancellationToken)
    {
        var known = redis.BackAt;
        await foreach (var batch in server.WatchEventsAsync(new EventQuery { Queues = ["q"] }, cancellationToken))
        {
            if (redis.BackAt != known)
            {
                known = redis.BackAt;
                back.Add(Stopwatch.GetElapsedTime(known).TotalMilliseconds);
            }

            foreach (var e in batch)
            {
                Assert.False(e.IsGap, $"a gap of {e.Missed} behind {e.EventId}, though nothing was lost");
                var n = int.Parse(e.Id!, CultureInfo.InvariantCulture);
                seen.Add(n);
                if (n == int.MaxValue)
                {
                    return;
                }
            }
        }
    }

    /// <summary>Adds an event exactly once, whatever is the matter with the server.</summary>
    private static async Task AddAsync(MortalRedis redis, int number)
    {
        for (var attempt = 0; attempt < 300; attempt++)
        {
            try
            {
                var last = (RedisResult[])(await redis.Db.ExecuteAsync("XREVRANGE", "bull:q:events", "+", "-", "COUNT", "1"))!;
                if (number > 0 && last.Length == 1 && (string)((RedisResult[])((RedisResult[])last[0]!)[1]!)[3]! == $"{number}")
                {
                    return;
                }

                await redis.Db.ExecuteAsync("XADD", "bull:q:events", "*", "event", "n", "jobId", $"{number}");
                return;
            }
            catch (Exception exception) when (exception is RedisException or ObjectDisposedException or TimeoutException)
            {
                await Task.Delay(50);
            }
        }

        throw new TimeoutException("The server does not come back.");
    }
}
