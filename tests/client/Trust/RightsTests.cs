using System.Text;
using System.Text.RegularExpressions;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Trust;

/// <summary>The users of about_JobAdmin_Connections, as they are written there, can do all that they are for and nothing else; and a read-only connection
/// sends nothing that writes, whoever its user is.</summary>
public sealed partial class RightsTests(Bench bench)
{
    [Fact]
    public async Task The_reader_reads_everything_and_can_not_write()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await using var lab = await FillAsync(redis, admin);
        await AddUserAsync(admin, "viewer");
        await using var server = await ConnectAsync(lab.Options() with { User = "viewer", Password = new Secret("secret") });
        await ReadAllAsync(server);
        var before = await Keyspace.ReadAsync(lab.Db);
        foreach (var (what, change) in Changes(server))
        {
            // Refused as a whole, or each job by itself.
            var error = await Record.ExceptionAsync(change);
            Assert.True(error is JobServerException { ErrorId: "AccessDenied" } or RefusedException, $"{what}: {error}");
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "the reader");
    }

    [Theory]
    [InlineData("on")]
    [InlineData("off")]
    public async Task Who_is_refused_after_a_break_does_not_go_on_as_another_user(string others)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await using var lab = await FillAsync(redis, admin);
        await AddUserAsync(admin, "viewer");
        await using var server = await ConnectAsync(lab.Options() with { User = "viewer", Password = new Secret("secret") });
        var watch = Assert.ThrowsAsync<JobServerException>(async () =>
        {
            await foreach (var _ in server.WatchEventsAsync(new EventQuery { Queues = [lab.Queue] }, Ct))
            {
            }
        });
        var look = admin.GetServers()[0];
        await Wait.UntilAsync(async () => ((string)(await look.ExecuteAsync("CLIENT", "LIST"))!).Contains("cmd=xread", StringComparison.Ordinal), "the watch waits for events", 20);
        await look.ExecuteAsync("ACL", "SETUSER", "viewer", "resetpass", ">other");
        await look.ExecuteAsync("ACL", "SETUSER", "default", others);
        await look.ExecuteAsync("CLIENT", "KILL", "USER", "viewer");
        JobServerException? error = null;
        await Wait.UntilAsync(async () => (error = await Record.ExceptionAsync(() => server.QueuesAsync()) as JobServerException) is not null, "it is refused", 20);
        Assert.Equal("AuthenticationFailed", error!.ErrorId);
        Assert.Equal("AuthenticationFailed", (await watch.WaitAsync(TimeSpan.FromSeconds(20), Ct)).ErrorId);
    }

    [Fact]
    public async Task The_operator_does_everything_and_nothing_of_other_prefixes()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await using var lab = await FillAsync(redis, admin);
        await AddUserAsync(admin, "operator");
        var options = lab.Options() with { User = "operator", Password = new Secret("secret") };
        await using var server = await ConnectAsync(options);
        await ReadAllAsync(server);
        foreach (var (what, change) in Changes(server))
        {
            var error = await Record.ExceptionAsync(change);
            Assert.True(error is null, $"{what}: {error}");
        }

        await lab.Db.ExecuteAsync("HSET", "other:emails:meta", "version", "bullmq:6.7.0");
        await using var stranger = await ConnectAsync(options with { Prefix = "other" });
        Assert.Equal("AccessDenied", (await ErrorOfAsync(() => stranger.AddAsync("emails", new NewJob { Name = "x" }))).ErrorId);
    }

    [Fact]
    public async Task A_read_only_connection_sends_nothing_that_writes()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await using var lab = await FillAsync(redis, admin);
        await using var server = await ConnectAsync(lab.Options() with { ReadOnly = true });
        var writes = await WriteCommandsAsync(lab.Db);
        var seen = await MonitorAsync(redis.Port, async () =>
        {
            await ReadAllAsync(server);
            foreach (var (what, change) in Changes(server))
            {
                var error = await Record.ExceptionAsync(change);
                Assert.True(error is JobServerException { ErrorId: "ReadOnlyConnection" }, $"{what}: {error}");
            }
        });
        Assert.InRange(seen.Count, 50, int.MaxValue);
        Assert.Empty(seen.Where(command => writes.Contains(command.ToLowerInvariant())).Distinct());
    }

    private async Task<Lab> FillAsync(RedisServer redis, ConnectionMultiplexer admin)
    {
        var lab = bench.Lab(redis, admin);
        await lab.DoAsync("seed", new { failed = 4, completed = 3, active = 1, waiting = 2, prioritized = 2, delayed = 2 });
        await lab.FlowAsync(new { name = "parent", queueName = "emails", children = new object[] { new { name = "child", queueName = "emails" } } });
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { every = 3_600_000 }, template = new { name = "nightly" } });
        await lab.DoAsync("log", new { id = "1", args = new[] { "a line" } });
        return lab;
    }

    private static async Task ReadAllAsync(IJobServer server)
    {
        await server.TestAsync(Ct);
        Assert.Contains(await server.QueuesAsync(), q => q.Name == "emails");
        await server.QueuesAsync("emails");
        foreach (var parts in (JobParts[])[JobParts.None, JobParts.All])
        {
            Assert.InRange((await server.ListAsync(new JobQuery { Queue = "emails", Parts = parts })).Count, 14, 30);
        }

        await server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], Filter = new JobFilter { Names = ["j*"], Reasons = ["*oo*"], Data = [new JobDataMatch("n=1")], Before = DateTimeOffset.UtcNow } });
        Assert.NotNull(await server.JobAsync("emails", "1", JobParts.All));
        await server.CountJobsAsync(new JobQuery { Queue = "emails" }, Ct);
        await ((IJobFailures)server).GetFailuresAsync("emails", new JobFilter(), null, Ct);
        await ((IJobLogs)server).GetLogAsync("emails", "1", 0, 10, false, Ct);
        await ((IJobMetrics)server).GetTotalsAsync("emails", Ct);
        await ((IJobWorkers)server).GetWorkersAsync("emails", Ct);
        await foreach (var parents in ((IJobFlows)server).GetFlowParentsAsync(null, Ct))
        {
            foreach (var parent in parents)
            {
                await ((IJobFlows)server).GetFlowAsync("emails", parent.Id, 5, JobParts.None, Ct);
            }
        }

        await foreach (var _ in ((IJobSchedulers)server).GetSchedulersAsync("emails", null, 3, Ct))
        {
        }

        await foreach (var _ in ((IJobTransfer)server).ExportJobsAsync(new JobQuery { Queue = "emails" }, Ct))
        {
        }

        await foreach (var _ in ((IJobTransfer)server).ExportQueueKeysAsync("emails", Ct))
        {
        }

        await foreach (var batch in server.WatchEventsAsync(new EventQuery { Queues = ["emails"], From = "start" }, Ct))
        {
            break;
        }
    }

    private static IEnumerable<(string What, Func<Task> Change)> Changes(IJobServer server)
    {
        yield return ("retry", () => JobsAsync(new JobChange.Retry(), "1"));
        yield return ("promote", () => JobsAsync(new JobChange.Promote(), "15"));
        yield return ("edit", () => JobsAsync(new JobChange.Edit(Data: "{}"), "9"));
        yield return ("stop", () => JobsAsync(new JobChange.Stop("no"), "9"));
        yield return ("remove", () => JobsAsync(new JobChange.Remove(), "2"));
        yield return ("retry matching", async () => Refused(await server.ChangeMatchingJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] }, new JobChange.Retry(), Ct).RunAsync()));
        yield return ("add", async () => Refused(await server.AddAsync("emails", new NewJob { Name = "new" })));
        yield return ("pause", () => server.SetPausedAsync("emails", true, null, false, Ct));
        yield return ("clear", () => server.ClearAsync("emails", states: JobState.Completed));
        yield return ("settings", () => ((IJobQueueSettings)server).SetQueueAsync("emails", new JobQueueSettings { Concurrency = 3 }, Ct));
        yield return ("scheduler", async () => Refused(await ((IJobSchedulers)server).RemoveSchedulersAsync("emails", ["nightly"], Ct)));
        yield return ("remove the queue", () => server.RemoveQueueAsync("emails", true, Ct).RunAsync());

        async Task JobsAsync(JobChange change, string id) => Refused(await server.ChangeAsync("emails", change, id));

        static void Refused(IReadOnlyList<JobOutcome> outcomes)
        {
            if (outcomes.Any(o => o.Status == JobOutcomeStatus.Refused))
            {
                throw new RefusedException();
            }
        }
    }

    /// <summary>Makes the user as the help page says.</summary>
    private static async Task AddUserAsync(ConnectionMultiplexer admin, string name)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Peer.Folder, "../../help/en-US/about_JobAdmin_Connections.md"), Ct);
        var rule = UserRule().Matches(page).Select(m => m.Groups[1].Value).Single(r => r.StartsWith(name, StringComparison.Ordinal));
        await admin.GetDatabase().ExecuteAsync("ACL", ["SETUSER", .. rule.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)]);
    }

    private static async Task<HashSet<string>> WriteCommandsAsync(IDatabase db) => ((RedisResult[])(await db.ExecuteAsync("COMMAND"))!)
        .Select(c => (RedisResult[])c!).Where(c => ((string[])c[2]!).Contains("write")).Select(c => (string)c[0]!).ToHashSet();

    /// <summary>Every command that the server runs meanwhile, inside scripts too.</summary>
    private static async Task<List<string>> MonitorAsync(int port, Func<Task> act)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync("127.0.0.1", port, Ct);
        var stream = client.GetStream();
        await stream.WriteAsync("MONITOR\r\n"u8.ToArray(), Ct);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.Equal("+OK", await reader.ReadLineAsync(Ct));
        await act();
        await using var end = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},connectTimeout=20000");
        await end.GetDatabase().ExecuteAsync("ECHO", "the-end");
        var seen = new List<string>();
        while (await reader.ReadLineAsync(Ct) is { } line && !line.Contains("the-end", StringComparison.Ordinal))
        {
            seen.Add(Command().Match(line).Groups[1].Value);
        }

        return seen;
    }

    private sealed class RefusedException : Exception;

    [GeneratedRegex(@"ACL SETUSER ([^`]+?)\n(?:```|ACL)")]
    private static partial Regex UserRule();

    [GeneratedRegex("\\] \"([^\"]*)\"")]
    private static partial Regex Command();
}
