using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Changes of many jobs at once, most of them alike, leave what BullMQ's own leave that are made one after the other: the same jobs in the same places, the same
/// events in the same order.</summary>
public sealed class LotsTests(Bench bench) : ParityTest(bench)
{
    // What BullMQ's scripts say around an id, as ids.
    private static readonly string[] Words = ["prev", "event", "*", "~", "MAXLEN", "finishedOn", "delay"];

    public static TheoryData<string, string> Orders
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var lib in (string[])["bullmq4", "bullmq560", "bullmq5", "bullmq62", "bullmq"])
            {
                foreach (var order in (string[])["oldest first", "newest first", "gaps", "any", "words first"])
                {
                    data.Add(lib, order);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Orders))]
    public async Task Retries_of_all_kinds(string lib, string order)
    {
        string[] ids = [];
        await CompareAsync(lib,
            async lab =>
            {
                await AddKindsAsync(lab, delay: null);
                await lab.FlowAsync(new { name = "parent", queueName = "parents", children = Enumerable.Range(0, 3).Select(n => new
                {
                    name = "child", queueName = "emails", opts = new { jobId = $"child{n}", ignoreDependencyOnFailure = true },
                }) }, "parents");
                await lab.FailNextAsync(300);
                ids = InOrder(await lab.IdsAsync("failed", asc: true), order);
            },
            server => AllChangedAsync(server, new JobChange.Retry(), ids, JobOutcomeStatus.Retried, JobState.Failed),
            lab => OneByOneAsync(lab, "retry", ids),
            reference: Versions.ScriptsFor(lib), work: Succeed);
    }

    [Theory, MemberData(nameof(Orders))]
    public async Task Promotions_of_all_kinds(string lib, string order)
    {
        string[] ids = [];
        await CompareAsync(lib,
            async lab =>
            {
                await AddKindsAsync(lab, delay: 600_000);
                ids = InOrder(await lab.IdsAsync("delayed", asc: true), order);
            },
            server => AllChangedAsync(server, new JobChange.Promote(), ids, JobOutcomeStatus.Promoted, JobState.Delayed),
            lab => OneByOneAsync(lab, "promote", ids),
            reference: Versions.ScriptsFor(lib), work: Succeed);
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task A_queue_that_does_not_say_how_many_events_it_keeps(string lib)
    {
        await CompareAsync(lib,
            async lab =>
            {
                await lab.DoAsync("addMany", new { count = 30 });
                await lab.FailNextAsync(30);
                await lab.Db.ExecuteAsync("HDEL", lab.Base + "meta", "opts.maxLenEvents");
            },
            async server => await server.RetryAsync("emails", [.. Enumerable.Range(1, 30).Select(n => $"{n}")]),
            lab => OneByOneAsync(lab, "retry", Enumerable.Range(1, 30).Select(n => $"{n}")),
            work: Succeed);
    }

    [Theory, InlineData("bullmq4"), InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Of_jobs_that_are_alike_one_goes_through_the_function_and_the_others_go_together(string lib)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, admin, lib);
        await lab.DoAsync("addMany", new { count = 120, opts = new { delay = 600_000 } });
        var server = await lab.ServerAsync();
        string[] ids = [.. Enumerable.Range(1, 120).Select(n => $"{n}")];
        Assert.All(await server.ChangeAsync("emails", new JobChange.Promote(), ids), o => Assert.Equal(JobOutcomeStatus.Promoted, o.Status));
        await lab.FailNextAsync(120);
        // Those that fail within one millisecond stand in the order of their ids.
        ids = await lab.IdsAsync("failed", asc: true);
        await admin.GetServers()[0].ConfigResetStatisticsAsync();
        Assert.All(await server.RetryAsync("emails", ids), o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
        // In two calls, the first of a hundred.
        Assert.Equal((4, 4, 2), (await lab.Db.CallsAsync("lpush"), await lab.Db.CallsAsync("zrem"), await lab.Db.CallsAsync("sort")));
        Assert.Equal(120, await lab.Db.CallsAsync("xadd"));
    }

    [Fact]
    public async Task A_user_with_few_rights_gets_the_same_without_refusals()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, admin);
        await lab.DoAsync("addMany", new { count = 120 });
        await lab.FailNextAsync(120);
        await lab.Db.ExecuteAsync("ACL", "SETUSER", "narrow", "on", ">secret", "&*", "+@all", "~bull:*");
        await lab.Db.ExecuteAsync("ACL", "SETUSER", "poor", "on", ">secret", "&*", "+@all", "~*", "-sort");
        await admin.GetServers()[0].ConfigResetStatisticsAsync();
        foreach (var user in new[] { "narrow", "poor" })
        {
            var first = user == "narrow" ? 1 : 61;
            await using var server = await ConnectAsync(lab.Options() with { User = user, Password = new Secret("secret") });
            var outcomes = await server.RetryAsync("emails", [.. Enumerable.Range(first, 60).Select(n => $"{n}")]);
            Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
        }

        var refused = await lab.Db.ExecuteAsync("ACL", "LOG");
        Assert.Equal(0, refused.Length);
        Assert.DoesNotContain("errorstat_NOPERM", (await lab.Db.ExecuteAsync("INFO", "errorstats")).ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await lab.Db.CallsAsync("sort"));
        var waiting = await lab.IdsAsync("waiting", asc: true);
        Assert.Equal(Enumerable.Range(1, 120).Select(n => $"{n}"), waiting);
    }

    [Fact]
    public async Task A_server_without_the_command_gives_the_same()
    {
        await using var redis = await RedisServer.StartAsync(["--rename-command", "SORT", ""]);
        await using var admin = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, admin);
        await lab.DoAsync("addMany", new { count = 60 });
        await lab.FailNextAsync(60);
        var outcomes = await (await lab.ServerAsync()).RetryAsync("emails", [.. Enumerable.Range(1, 60).Select(n => $"{n}")]);
        Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
    }

    /// <summary>Changes jobs, one that is not there, and the first of them again.</summary>
    private static async Task AllChangedAsync(IJobServer server, JobChange change, string[] ids, JobOutcomeStatus done, JobState before)
    {
        string[] given = [.. ids, "gone", ids[0]];
        var outcomes = await server.ChangeAsync("emails", change, given);
        Assert.Equal(given, outcomes.Select(o => o.Id));
        Assert.All(outcomes.SkipLast(2), o => Assert.Equal((done, before), (o.Status, o.PreviousState)));
        Assert.Equal([JobOutcomeStatus.NotFound, JobOutcomeStatus.SkippedWrongState], outcomes.TakeLast(2).Select(o => o.Status));
    }

    private static async Task OneByOneAsync(Lab lab, string what, IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            await lab.DoAsync(what, new { id });
        }
    }

    private static async Task AddKindsAsync(Lab lab, int? delay)
    {
        foreach (var id in Words)
        {
            await lab.AddAsync(opts: new { jobId = id, delay });
        }

        // Priorities come one at a time and in rows; all but a few jobs are plain.
        await lab.DoAsync("addBulk", new { jobs = Enumerable.Range(0, 230).Select(n => new
        {
            name = "job", data = new { n }, opts = new { delay, lifo = n % 31 == 7, priority = n % 17 == 3 || n is > 150 and < 156 ? (n % 3) + 1 : (int?)null },
        }) });
    }

    private static string[] InOrder(string[] ids, string order) => order switch
    {
        "oldest first" => ids,
        "newest first" => [.. Enumerable.Reverse(ids)],
        "gaps" => [.. ids.Where((_, place) => place % 3 != 1)],
        "any" => [.. ids.OrderBy(static id => id.Aggregate(7, static (hash, letter) => (hash * 31) + letter))],
        _ => [.. Words, .. ids.Except(Words)],
    };
}
