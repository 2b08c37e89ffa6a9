using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>Listings show the jobs that BullMQ's own show, in its order.</summary>
public sealed class ListingTests(Bench bench)
{
    private static readonly (JobState State, string Word)[] States =
    [
        (JobState.Waiting, "wait"), (JobState.Active, "active"), (JobState.Prioritized, "prioritized"), (JobState.Delayed, "delayed"),
        (JobState.WaitingChildren, "waiting-children"), (JobState.Completed, "completed"), (JobState.Failed, "failed"),
    ];

    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> Sets => ["completed", "failed", "delayed", "prioritized", "waiting-children", "wait", "active"];

    [Theory, MemberData(nameof(All))]
    public async Task Every_state_in_both_orders(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 25, completed = 25, active = 25, waiting = 25, prioritized = 25, delayed = 25 });
        foreach (var n in Enumerable.Range(1, 5))
        {
            await lab.FlowAsync(new { name = $"parent{n}", queueName = "emails", children = new object[] { new { name = "child", queueName = "children" } } });
        }

        var server = await lab.ServerAsync();
        foreach (var (state, word) in States)
        {
            foreach (var oldest in (bool[])[false, true])
            {
                var expected = (await lab.IdsAsync(word, asc: oldest)).Where(id => id != "null");
                var jobs = await server.ListAsync(new JobQuery { Queue = "emails", States = [state], OldestFirst = oldest });
                Assert.Equal(expected, jobs.Select(j => j.Id));
                Assert.NotEmpty(jobs);
                Assert.All(jobs, j => Assert.Equal((state, "emails", "lab"), (j.State, j.Queue, j.Connection)));
                Assert.All(jobs, j => Assert.Null(j.Problem));
                Assert.Equal(jobs.Count, await server.CountJobsAsync(new JobQuery { Queue = "emails", States = [state] }, Ct));
            }
        }

        var all = await server.IdsAsync(new JobQuery { Queue = "emails" });
        Assert.Equal(155, all.Count);
        Assert.Equal(155, all.Distinct().Count());
        var two = await server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Delayed, JobState.Failed], First = 30 });
        Assert.Equal([.. Enumerable.Repeat(JobState.Delayed, 25), .. Enumerable.Repeat(JobState.Failed, 5)], two.Select(j => j.State));
    }

    [Theory, MemberData(nameof(All))]
    public async Task States_and_counts_are_those_that_the_library_tells(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 3, completed = 4, active = 5, waiting = 6, prioritized = 7, delayed = 8 });
        var server = await lab.ServerAsync();
        foreach (var paused in (bool[])[false, true])
        {
            if (paused)
            {
                await lab.DoAsync("pause");
            }

            var counts = (await lab.DoAsync("counts"))!;
            var info = await server.QueueAsync("emails");
            long Theirs(string word) => counts[word]?.GetValue<long>() ?? 0;
            Assert.Equal(Theirs("waiting"), info.Waiting);
            Assert.Equal(Theirs("paused"), info.Paused);
            Assert.Equal((Theirs("active"), Theirs("failed"), Theirs("completed"), Theirs("delayed"), Theirs("prioritized")),
                (info.Active, info.Failed, info.Completed, info.Delayed, info.Prioritized));
            Assert.Equal(paused, info.IsPaused);
            foreach (var job in await server.ListAsync(new JobQuery { Queue = "emails" }))
            {
                var state = await lab.StateAsync(job.Id);
                Assert.Equal(state, job.State == JobState.Paused && state == "waiting" ? "waiting" : job.RawState);
                Assert.Equal(job.State, (await server.JobAsync("emails", job.Id))!.State);
            }
        }
    }

    [Theory, MemberData(nameof(Sets))]
    public async Task Pages_join_without_seams_also_among_equal_scores(string state)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync(state, 2600);
        var server = await lab.ServerAsync();
        var wanted = States.First(s => s.Word == state).State;
        foreach (var oldest in (bool[])[false, true])
        {
            var expected = await lab.IdsAsync(state, asc: oldest);
            foreach (var pageSize in (int[])[0, 64, 1000, 5000])
            {
                Assert.Equal(expected, await server.IdsAsync(new JobQuery { Queue = "emails", States = [wanted], OldestFirst = oldest, PageSize = pageSize }));
            }

            foreach (var (skip, first) in (IEnumerable<(int, int?)>)[(0, 1), (0, 100), (99, 2), (100, 500), (813, 700), (2590, 50), (2600, 1), (5000, 10), (7, null), (0, 0)])
            {
                var ids = await server.IdsAsync(new JobQuery { Queue = "emails", States = [wanted], OldestFirst = oldest, Skip = skip, First = first });
                Assert.Equal(expected.Skip(skip).Take(first ?? int.MaxValue), ids);
            }
        }
    }

    [Theory, InlineData("waiting"), InlineData("failed")]
    public async Task A_limit_and_a_skip_may_be_as_large_as_can_be(string state)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync(state, 150);
        var server = await lab.ServerAsync();
        var query = new JobQuery { Queue = "emails", States = [state == "failed" ? JobState.Failed : JobState.Waiting] };
        var expected = await lab.IdsAsync(state);
        foreach (var first in (long[])[long.MaxValue, long.MaxValue - 1])
        {
            Assert.Equal(expected.Skip(10), await server.IdsAsync(query with { Skip = 10, First = first }));
            Assert.Equal(expected.Skip(60), await server.IdsAsync(query with { Skip = 60, First = first }));
            Assert.Empty(await server.IdsAsync(query with { Skip = long.MaxValue, First = first }));
        }
    }

    [Fact]
    public async Task A_page_is_no_larger_than_asked_for_and_the_first_comes_before_the_rest_is_read()
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", 2000);
        var server = await lab.ServerAsync();
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], PageSize = 30 }, Ct))
        {
            Assert.InRange(page.Count, 1, 30);
        }

        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var own = bench.Lab(redis, connection);
        await own.JobsAsync("failed", 2000);
        await using var reader = await own.ServerAsync();
        await using var pages = reader.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] }, Ct).GetAsyncEnumerator(Ct);
        await own.Db.ExecuteAsync("CONFIG", "RESETSTAT");
        Assert.True(await pages.MoveNextAsync());
        await Task.Delay(100, Ct);
        var stats = (string)(await own.Db.ExecuteAsync("INFO", "commandstats"))!;
        Assert.DoesNotContain("cmdstat_hmget:calls=2000", stats, StringComparison.Ordinal);
        var read = int.Parse(stats.Split("cmdstat_hmget:calls=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(read, 1, 250);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_an_error()
    {
        await using var lab = bench.Lab();
        var server = await lab.ServerAsync();
        var error = await ErrorOfAsync(() => server.ListAsync(new JobQuery { Queue = "nothing" }));
        Assert.Equal(("QueueNotFound", JobErrorKind.NotFound), (error.ErrorId, error.Kind));
        Assert.Equal("QueueNotFound", (await ErrorOfAsync(() => server.JobAsync("nothing", "1"))).ErrorId);
        Assert.Equal("QueueNotFound", (await ErrorOfAsync(() => server.RetryAsync("nothing", "1"))).ErrorId);
        Assert.Equal(JobErrorKind.InvalidInput, (await ErrorOfAsync(() => server.JobAsync("a:b", "1"))).Kind);
    }

    [Fact]
    public async Task A_cancelled_listing_ends_at_once()
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", 3000);
        var server = await lab.ServerAsync();
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], PageSize = 10 }, stop.Token))
            {
                await stop.CancelAsync();
            }
        });
    }
}
