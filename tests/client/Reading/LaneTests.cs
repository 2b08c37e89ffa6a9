using System.Globalization;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>Long listings go on over a connection of their own: they show the same jobs, and go on without it.</summary>
public sealed class LaneTests(Bench bench)
{
    private const int Many = 3500;

    [Theory, InlineData("failed", false), InlineData("failed", true), InlineData("completed", false), InlineData("prioritized", true), InlineData("waiting-children", false)]
    public async Task A_long_listing_shows_each_job_as_a_short_one_does(string state, bool oldest)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync(state, Many);
        var server = await lab.ServerAsync();
        var jobs = await server.ListAsync(Query(state, oldest));
        Assert.Equal(Many, jobs.Count);
        var singly = await server.GetJobsByIdAsync("emails", [.. jobs.Select(j => j.Id)], JobParts.None, Ct);
        for (var i = 0; i < jobs.Count; i++)
        {
            Assert.Equal(Facts(singly[i]!), Facts(jobs[i]));
        }

        var order = (await lab.Db.SortedSetRangeByRankAsync(lab.Base + state, order: oldest ? Order.Ascending : Order.Descending)).Select(id => (string)id!);
        Assert.Equal(order, jobs.Select(j => j.Id));
    }

    [Fact]
    public async Task Jobs_that_have_gone_are_left_out_and_odd_ones_stay()
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", Many);
        await lab.Db.KeyDeleteAsync([.. Enumerable.Range(1, 700).Select(n => (RedisKey)(lab.Base + (n * 5)))]);
        await lab.Db.ExecuteAsync("HSET", lab.Base + "500", "elsewhere", "1");
        var jobs = await (await lab.ServerAsync()).ListAsync(Query("failed", oldest: false));
        Assert.Equal(Many - 699, jobs.Count);
        Assert.Equal("its hash has neither name nor timestamp", jobs.Single(j => j.Problem is not null).Problem);
        Assert.Equal("500", jobs.Single(j => j.Problem is not null).Id);
    }

    [Fact]
    public async Task A_listing_survives_the_loss_of_its_lane()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", 20_000);
        var server = await lab.ServerAsync();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var killed = 0;
        await foreach (var page in server.GetJobsAsync(Query("failed", oldest: false), Ct))
        {
            Assert.All(page, job => Assert.True(seen.Add(job.Id)));
            if (seen.Count > 2000 && killed == 0)
            {
                killed = await KillLanesAsync(lab.Db);
            }
        }

        Assert.Equal(1, killed);
        Assert.Equal(20_000, seen.Count);
    }

    [Fact]
    public async Task Huge_reasons_are_read_in_pages_bounded_by_bytes()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", Many);
        var reason = new string('x', 100_000);
        foreach (var n in Enumerable.Range(500, 1000))
        {
            await lab.Db.HashSetAsync(lab.Base + n, "failedReason", reason);
        }

        var largest = 0;
        var count = 0;
        await foreach (var page in (await lab.ServerAsync()).GetJobsAsync(Query("failed", oldest: false), Ct))
        {
            count += page.Count;
            Assert.InRange(page.Sum(job => (long)job.FailedReason!.Length), 0, 6_000_000);
            if (page.All(job => job.FailedReason!.Length == reason.Length))
            {
                largest = Math.Max(largest, page.Count);
            }
        }

        Assert.Equal(Many, count);
        Assert.InRange(largest, 1, 100);
    }

    [Fact]
    public async Task Waiting_jobs_with_much_data_are_read_in_pages_bounded_by_bytes()
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("wait", 60);
        foreach (var n in Enumerable.Range(1, 60))
        {
            await lab.Db.HashSetAsync(lab.Base + n, "data", $"\"{new string('x', 1_000_000)}\"");
        }

        var count = 0;
        await foreach (var page in (await lab.ServerAsync()).GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting], Parts = JobParts.Data }, Ct))
        {
            count += page.Count;
            Assert.InRange(page.Sum(job => (long)job.GetDataText()!.Length), 1, 6_000_000);
        }

        Assert.Equal(60, count);
    }

    /// <summary>Whatever goes and comes while a listing runs, also at the very place where a page ends: what stays is shown once.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task What_stays_is_shown_once_while_others_go(bool oldest)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", 12_000);
        var order = (await lab.Db.SortedSetRangeByRankAsync(lab.Base + "failed", order: oldest ? Order.Ascending : Order.Descending)).Select(id => (string)id!).ToList();
        var gone = new HashSet<string>(StringComparer.Ordinal);
        var seen = new List<string>();
        await foreach (var page in (await lab.ServerAsync()).GetJobsAsync(Query("failed", oldest), Ct))
        {
            seen.AddRange(page.Select(job => job.Id));
            // The last one of each page to come, as far as they are known, and their neighbours; a new job, which is newer than all others.
            foreach (var ahead in Enumerable.Range(1, 5))
            {
                var ends = order.Skip(seen.Count + gone.Count + (ahead * 1000) - 3).Take(5).ToList();
                gone.UnionWith(ends);
                await lab.Db.SortedSetRemoveAsync(lab.Base + "failed", [.. ends.Select(id => (RedisValue)id)]);
            }

            await lab.JobsAsync("failed", [($"new{seen.Count}", 1_800_000_000_000d + seen.Count, "job", "boom")]);
        }

        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(order.Except(gone), seen.Where(id => !id.StartsWith("new", StringComparison.Ordinal) && !gone.Contains(id)));
    }

    /// <summary>Of a reader who takes his time, what was asked for ahead grows old: a job that has left its state is not shown in it.</summary>
    [Fact]
    public async Task A_slow_reader_sees_what_is_there()
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", 6000);
        var order = (await lab.Db.SortedSetRangeByRankAsync(lab.Base + "failed", order: Order.Descending)).ToList();
        var seen = new List<string>();
        var stay = 0;
        await foreach (var page in (await lab.ServerAsync()).GetJobsAsync(Query("failed", oldest: false), Ct))
        {
            seen.AddRange(page.Select(job => job.Id));
            if (stay == 0 && seen.Count > 1000)
            {
                stay = seen.Count + 1000;
                // Longer than it takes to read the page after this one.
                await Task.Delay(1500, Ct);
                var left = order.Skip(stay).ToArray();
                await lab.Db.SortedSetRemoveAsync(lab.Base + "failed", left);
                await lab.Db.SortedSetAddAsync(lab.Base + "completed", [.. left.Select(id => new SortedSetEntry(id, 1_700_000_000_000))]);
            }
        }

        Assert.Equal(order.Take(stay).Select(id => (string)id!), seen);
    }

    /// <summary>Else a retry of what is listed would never end where workers are as fast.</summary>
    [Theory, InlineData("failed"), InlineData("completed")]
    public async Task What_finishes_anew_is_not_listed_again(string state)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync(state, Many);
        var seen = new List<string>();
        await foreach (var page in (await lab.ServerAsync()).GetJobsAsync(Query(state, oldest: true), Ct))
        {
            seen.AddRange(page.Select(job => job.Id));
            await lab.Db.SortedSetAddAsync(lab.Base + state, [.. page.Select((job, i) => new SortedSetEntry(job.Id, 2e12 + seen.Count + i))]);
        }

        Assert.Equal(Many, seen.Count);
        Assert.Equal(Many, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_server_that_says_nothing_gives_no_lane()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        foreach (var scheme in new[] { "redis", "rediss" })
        {
            var options = new JobServerOptions { Name = "silent", Address = new Uri($"{scheme}://{silent.LocalEndpoint}"), Timeout = TimeSpan.FromSeconds(1) };
            Assert.Null(await Task.Run(() => JobAdmin.Client.BullMq.RowLane.Open(options, silent.LocalEndpoint, "bull:emails:", Ct)));
        }
    }

    [Fact]
    public async Task A_lane_that_can_not_be_had_is_not_tried_for_each_listing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", Many);
        var server = await lab.ServerAsync();
        Assert.Equal(Many, (await server.ListAsync(Query("failed", oldest: false))).Count);
        await lab.Db.ExecuteAsync("CONFIG", "SET", "maxclients", "1");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(Many, (await server.ListAsync(Query("failed", oldest: false))).Count);
        }

        Assert.Contains("rejected_connections:1\r", (string)(await lab.Db.ExecuteAsync("INFO", "stats"))!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lane_ends_with_its_listing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", Many);
        var server = await lab.ServerAsync();
        await foreach (var page in server.GetJobsAsync(Query("failed", oldest: false), Ct))
        {
            if (page.Count > 500)
            {
                break;
            }
        }

        for (var i = 0; i < 100 && await LanesAsync(lab.Db) is { Count: > 0 }; i++)
        {
            await Task.Delay(50, Ct);
        }

        Assert.Empty(await LanesAsync(lab.Db));
    }

    private static JobQuery Query(string state, bool oldest) => new()
    {
        Queue = "emails",
        OldestFirst = oldest,
        States = [state switch { "failed" => JobState.Failed, "completed" => JobState.Completed, "prioritized" => JobState.Prioritized, _ => JobState.WaitingChildren }],
    };

    private static string Facts(QueueJob job) => string.Create(CultureInfo.InvariantCulture,
        $"{job.Id} {job.Name} {job.State} {job.RawState} {job.Timestamp} {job.ProcessedOn} {job.FinishedOn} {job.FailedReason} {job.AttemptsMade} {job.Attempts} {job.Priority} {job.Delay} {job.Problem}");

    // The library's own connections have a name.
    private static async Task<List<string>> LanesAsync(IDatabase db) =>
        [.. ((string)(await db.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Where(line => line.Contains(" name= ", StringComparison.Ordinal) && line.Contains(" db=", StringComparison.Ordinal)
            && new[] { "hmget", "zrevrangebyscore", "evalsha" }.Any(last => line.Contains($"cmd={last}", StringComparison.Ordinal)))];

    private static async Task<int> KillLanesAsync(IDatabase db)
    {
        var killed = 0;
        foreach (var lane in await LanesAsync(db))
        {
            await db.ExecuteAsync("CLIENT", "KILL", "ID", lane.Split(' ')[0][3..]);
            killed++;
        }

        return killed;
    }
}
