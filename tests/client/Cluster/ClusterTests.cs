using System.Net.Sockets;
using System.Text;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Cluster;

/// <summary>Queues on a Redis Cluster, by hash-tagged prefixes on different nodes, are what they are on one Redis.</summary>
public sealed class ClusterTests(Bench bench)
{
    private const int Many = 2500;

    [Fact]
    public async Task Queues_on_three_masters_are_listed_changed_and_cleared()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var prefixes = await PrefixesAsync(cluster);
        foreach (var (prefix, owner) in prefixes)
        {
            // Entered at a node that has none of its keys.
            var entry = cluster.Nodes.First(n => n.Port != owner.Port);
            var lab = new Lab(bench, owner, cluster.Connection, 0, "bullmq", prefix, "emails");
            await lab.FailedAsync(new { priority = 3 });
            await lab.FailedAsync(new { jobId = "own" });
            await lab.JobsAsync("failed", Many, first: 100);
            await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = entry.Address, Prefix = prefix, Timeout = TimeSpan.FromSeconds(20) });
            var failed = new JobQuery { Queue = "emails", States = [JobState.Failed] };
            Assert.Equal(["emails"], (await server.QueuesAsync()).Select(q => q.Name));
            Assert.Equal(Many + 2, (await server.QueueAsync("emails")).GetCounts()[JobState.Failed]);
            Assert.Equal(Many + 2, (await server.IdsAsync(failed)).Distinct(StringComparer.Ordinal).Count());
            Assert.Equal(["1", "own"], (await server.RetryAsync("emails", "1", "own")).Where(o => o.Status == JobOutcomeStatus.Retried).Select(o => o.Id));
            Assert.Equal(["prioritized", "waiting"], [await lab.StateAsync("1"), await lab.StateAsync("own")]);
            Assert.Equal(Many, (await server.ChangeMatchingJobsAsync(failed, new JobChange.Retry(), Ct).RunAsync()).Count(o => o.Status == JobOutcomeStatus.Retried));
            Assert.Equal(Many + 1, (await server.ClearAsync("emails", states: JobState.Waiting)).Done);
            await server.RemoveQueueAsync("emails", force: false, Ct).RunAsync();
            Assert.Empty(await server.QueuesAsync());
        }
    }

    [Fact]
    public async Task A_prefix_without_a_hash_tag_is_explained()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await cluster.Connection.GetDatabase().HashSetAsync("bull:emails:meta", "version", "bullmq:6.7.0");
        await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = cluster.Nodes[0].Address, Timeout = TimeSpan.FromSeconds(20) });
        var error = await ErrorOfAsync(() => server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] }));
        Assert.Equal("CrossSlot", error.ErrorId);
    }

    [Fact]
    public async Task A_worker_that_several_nodes_see_is_one_worker()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await cluster.Connection.GetDatabase().HashSetAsync("{p}:emails:meta", "version", "bullmq:6.7.0");
        // "emails" in base64: two workers without a name, one of which has a connection to another node as well, and one with a name, seen by all.
        string[] seen = ["", "", ":w:one"];
        using var first = await SeeAsync(cluster.Nodes[0], seen);
        using var second = await SeeAsync(cluster.Nodes[1], seen[1..]);
        using var third = await SeeAsync(cluster.Nodes[2], seen[2..]);
        await using var server = await ConnectAsync(new JobServerOptions { Name = "cluster", Address = cluster.Nodes[0].Address, Prefix = "{p}", Timeout = TimeSpan.FromSeconds(20) });
        Assert.Equal([null, null, "one"], (await ((IJobWorkers)server).GetWorkersAsync("emails", Ct)).Select(w => w.Name).Order(StringComparer.Ordinal));
        Assert.Equal(3, (await server.QueueAsync("emails")).Workers);
    }

    private static async Task<Clients> SeeAsync(RedisServer node, string[] workers)
    {
        var clients = new Clients();
        foreach (var name in workers)
        {
            var client = new TcpClient();
            clients.Add(client);
            await client.ConnectAsync("127.0.0.1", node.Port, Ct);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"CLIENT SETNAME {{p}}:ZW1haWxz{name}\r\n"), Ct);
            Assert.Equal((int)'+', client.GetStream().ReadByte());
        }

        return clients;
    }

    private sealed class Clients : List<TcpClient>, IDisposable
    {
        public void Dispose() => ForEach(client => client.Dispose());
    }

    private static async Task<List<(string Prefix, RedisServer Owner)>> PrefixesAsync(RedisCluster cluster)
    {
        var found = new Dictionary<int, (string, RedisServer)>();
        for (var i = 0; found.Count < 3; i++)
        {
            var prefix = $"{{p{i}}}";
            var owner = await cluster.OwnerAsync($"{prefix}:x");
            found.TryAdd(owner.Port, (prefix, owner));
        }

        return [.. found.Values];
    }
}
