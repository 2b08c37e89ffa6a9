using System.Diagnostics;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Cluster;

/// <summary>A master that dies in the middle of the work, with sentinels that put its replica in its place.</summary>
public sealed class SentinelTests(Bench bench) : IAsyncLifetime
{
    private const int Many = 6000;

    private RedisServer master = null!, replica = null!, sentinel = null!;
    private ConnectionMultiplexer connection = null!;
    private IJobServer server = null!;

    public async ValueTask InitializeAsync()
    {
        master = await RedisServer.StartAsync();
        replica = await RedisServer.StartAsync(["--replicaof", $"127.0.0.1 {master.Port}"]);
        sentinel = await RedisServer.StartAsync(["{folder}/sentinel.conf", "--sentinel"], folder => File.WriteAllText(Path.Combine(folder, "sentinel.conf"),
            $"bind 127.0.0.1\nsentinel monitor jobs 127.0.0.1 {master.Port} 1\nsentinel down-after-milliseconds jobs 1000\nsentinel failover-timeout jobs 10000\n"));
        connection = await master.ConnectAsync();
        await new Lab(bench, master, connection, 0, "bullmq", "bull", "emails").JobsAsync("failed", Many);
        await connection.GetDatabase().HashSetAsync("bull:emails:meta", "version", "bullmq:6.7.0");
        await Wait.UntilAsync(async () => (long)await connection.GetDatabase().ExecuteAsync("WAIT", 1, 1000) == 1, "the replica has all", 30);
        await Wait.UntilAsync(async () => (await SentinelSaysAsync()).Contains("slaves=1", StringComparison.Ordinal), "Sentinel sees the replica", 30);
        server = await ConnectAsync(new JobServerOptions
        {
            Name = "sentinel", Address = sentinel.Address, SentinelMaster = "jobs", Timeout = TimeSpan.FromSeconds(10),
        });
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await connection.DisposeAsync();
        await sentinel.DisposeAsync();
        await replica.DisposeAsync();
        await master.DisposeAsync();
    }

    [Fact]
    public async Task A_listing_goes_on_with_the_new_master()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] }, Ct))
        {
            Assert.All(page, job => Assert.True(seen.Add(job.Id)));
            if (seen.Count > 500)
            {
                await master.DisposeAsync();
            }
        }

        Assert.Equal(Many, seen.Count);
    }

    [Fact]
    public async Task A_retry_goes_on_with_the_new_master()
    {
        var outcomes = new List<JobOutcome>();
        var failed = new JobQuery { Queue = "emails", States = [JobState.Failed] };
        await foreach (var page in server.ChangeMatchingJobsAsync(failed, new JobChange.Retry(), Ct))
        {
            outcomes.AddRange(page);
            if (outcomes.Count is > 500 and < 2000)
            {
                await master.DisposeAsync();
            }
        }

        // What the old master had not passed on yet is failed again on the new one, and taken anew or left: none is lost, and none is there twice.
        Assert.All(outcomes, outcome => Assert.Equal(JobOutcomeStatus.Retried, outcome.Status));
        Assert.Equal(Many, outcomes.Select(o => o.Id).Distinct(StringComparer.Ordinal).Count());
        var counts = (await server.QueueAsync("emails")).GetCounts();
        Assert.Equal(Many, counts[JobState.Waiting] + counts[JobState.Failed]);
    }

    // The library connects to a sentinel only for the server behind it.
    private async Task<string> SentinelSaysAsync()
    {
        using var cli = Process.Start(new ProcessStartInfo("redis-cli", ["-p", $"{sentinel.Port}", "INFO", "sentinel"]) { RedirectStandardOutput = true })!;
        var said = await cli.StandardOutput.ReadToEndAsync(Ct);
        await cli.WaitForExitAsync(Ct);
        return said;
    }
}
