using System.Globalization;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Cluster;

/// <summary>A cluster that changes under us: what can't be read now is not taken for missing.</summary>
public sealed class MovingSlotTests(Bench bench)
{
    private const int Jobs = 300, Names = 3000;

    [Theory]
    [InlineData("{p}:emails:meta")]
    [InlineData("{p}:emails:failed", "{p}:emails:meta")]
    [InlineData("{p}:emails:100", "{p}:emails:101")]
    public async Task A_queue_whose_slot_is_on_its_way_is_waited_for_and_not_taken_for_empty(params string[] first)
    {
        await using var cluster = await RedisCluster.StartAsync();
        var from = await cluster.OwnerAsync("{p}:x");
        var to = cluster.Nodes.First(n => n.Port != from.Port);
        var lab = new Lab(bench, from, cluster.Connection, 0, "bullmq", "{p}", "emails");
        await lab.FailedAsync();
        await lab.JobsAsync("failed", Jobs, first: 100);
        await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = to.Address, Prefix = "{p}", Timeout = TimeSpan.FromSeconds(20) });
        var slot = cluster.Connection.GetHashSlot("{p}:x");
        await BeginAsync(cluster, slot, from, to);
        await MoveAsync(cluster, from, to, first);

        var counts = server.QueueAsync("emails");
        var failed = server.IdsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] });
        var retried = server.RetryAsync("emails", "100", "102");
        await Task.Delay(1000, Ct);
        await EndAsync(cluster, slot, from, to);

        await Task.WhenAll(counts, failed, retried);
        // Each of them saw the queue as it was before the retry or after it.
        Assert.InRange((await counts).GetCounts()[JobState.Failed] ?? 0, Jobs - 1, Jobs + 1);
        Assert.InRange((await failed).Distinct(StringComparer.Ordinal).Count(), Jobs - 1, Jobs + 1);
        Assert.Equal([JobOutcomeStatus.Retried, JobOutcomeStatus.Retried], (await retried).Select(o => o.Status));
    }

    [Fact]
    public async Task No_queue_is_missed_that_passes_the_search_for_them()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var db = cluster.Connection.GetDatabase();
        await Task.WhenAll(Enumerable.Range(0, Names).Select(i => db.HashSetAsync($"bull:{{p}}{i}:meta", "version", "bullmq:6.7.0")));
        var slot = cluster.Connection.GetHashSlot("bull:{p}0:meta");
        await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = cluster.Nodes[0].Address, Timeout = TimeSpan.FromSeconds(20) });
        var owner = await cluster.OwnerAsync("bull:{p}0:meta");
        using var enough = new CancellationTokenSource();
        var moving = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                foreach (var next in cluster.Nodes.Reverse().Where(n => n.Port != owner.Port).ToList())
                {
                    await BeginAsync(cluster, slot, owner, next);
                    await EndAsync(cluster, slot, owner, next);
                    owner = next;
                }
            }
        }, Ct);
        for (var i = 0; i < 10; i++)
        {
            var found = new HashSet<string>();
            await foreach (var queue in server.GetQueuesAsync(new QueueQuery { NamesOnly = true }, Ct))
            {
                found.Add(queue.Name);
            }

            Assert.Equal(Names, found.Count);
        }

        await enough.CancelAsync();
        await moving;
    }

    [Fact]
    public async Task Queues_on_a_node_that_is_away_are_not_taken_for_gone()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = cluster.Nodes[0].Address, Timeout = TimeSpan.FromSeconds(20) });
        Assert.Empty(await server.QueuesAsync());
        await cluster.Nodes[2].DisposeAsync();
        Assert.Equal("ConnectionLost", (await ErrorOfAsync(() => server.QueuesAsync())).ErrorId);
        // Also once the others have noticed.
        await Wait.UntilAsync(async () => ((string)(await At(cluster, cluster.Nodes[0]).ExecuteAsync("CLUSTER", "NODES"))!).Contains("master,fail ", StringComparison.Ordinal), "the cluster has noticed", 30);
        Assert.Equal(JobErrorKind.Connection, (await ErrorOfAsync(() => server.QueuesAsync())).Kind);
    }

    [Fact]
    public async Task Queues_on_the_other_nodes_are_given_before_the_error_of_one_that_is_away()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var names = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            var prefix = $"q{i}";
            if ((await cluster.OwnerAsync($"bull:{{{prefix}}}:meta")).Port != cluster.Nodes[2].Port)
            {
                names.Add($"{{{prefix}}}");
            }

            await cluster.Connection.GetDatabase().HashSetAsync($"bull:{{{prefix}}}:meta", "version", "bullmq:6.7.0");
        }

        foreach (var node in cluster.Nodes)
        {
            await At(cluster, node).ExecuteAsync("CONFIG", "SET", "cluster-require-full-coverage", "no");
        }

        await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = cluster.Nodes[0].Address, Timeout = TimeSpan.FromSeconds(20) });
        Assert.Equal(12, (await server.QueuesAsync()).Count);
        await cluster.Nodes[2].DisposeAsync();
        var given = new List<string>();
        var error = await ErrorOfAsync(async () =>
        {
            await foreach (var queue in server.GetQueuesAsync(new QueueQuery(), Ct))
            {
                given.Add(queue.Name);
            }
        });
        Assert.Equal(names.Order(StringComparer.Ordinal), given);
        Assert.Contains($":{cluster.Nodes[2].Port}", error.Message, StringComparison.Ordinal);
    }

    private static IServer At(RedisCluster cluster, RedisServer node) => cluster.Connection.GetServer("127.0.0.1", node.Port);

    private static async Task<string> IdAsync(RedisCluster cluster, RedisServer node) => (string)(await At(cluster, node).ExecuteAsync("CLUSTER", "MYID"))!;

    private static async Task BeginAsync(RedisCluster cluster, int slot, RedisServer from, RedisServer to)
    {
        await At(cluster, to).ExecuteAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", await IdAsync(cluster, from));
        await At(cluster, from).ExecuteAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", await IdAsync(cluster, to));
    }

    private static Task<RedisResult> MoveAsync(RedisCluster cluster, RedisServer from, RedisServer to, params string[] keys) =>
        At(cluster, from).ExecuteAsync("MIGRATE", ["127.0.0.1", to.Port.ToString(CultureInfo.InvariantCulture), "", "0", "10000", "KEYS", .. keys]);

    private static async Task EndAsync(RedisCluster cluster, int slot, RedisServer from, RedisServer to)
    {
        while ((string[])(await At(cluster, from).ExecuteAsync("CLUSTER", "GETKEYSINSLOT", slot, 100))! is { Length: > 0 } keys)
        {
            await MoveAsync(cluster, from, to, keys);
        }

        var id = await IdAsync(cluster, to);
        foreach (var node in cluster.Nodes.OrderBy(n => n.Port != to.Port))
        {
            await At(cluster, node).ExecuteAsync("CLUSTER", "SETSLOT", slot, "NODE", id);
        }
    }
}
