using System.Diagnostics;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests.Cluster;

/// <summary>Three masters that make a Redis Cluster.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private RedisCluster(IReadOnlyList<RedisServer> nodes, ConnectionMultiplexer connection) => (Nodes, Connection) = (nodes, connection);

    public IReadOnlyList<RedisServer> Nodes { get; }

    /// <summary>A connection to all of them.</summary>
    public ConnectionMultiplexer Connection { get; }

    public static async Task<RedisCluster> StartAsync()
    {
        var nodes = new List<RedisServer>();
        for (var i = 0; i < 3; i++)
        {
            nodes.Add(await RedisServer.StartAsync(["--cluster-enabled", "yes", "--cluster-port", $"{RedisServer.FreePort()}", "--cluster-node-timeout", "5000"]));
        }

        var create = Process.Start(new ProcessStartInfo("redis-cli",
            ["--cluster", "create", .. nodes.Select(n => $"127.0.0.1:{n.Port}"), "--cluster-replicas", "0", "--cluster-yes"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = await create.StandardOutput.ReadToEndAsync() + await create.StandardError.ReadToEndAsync();
        await create.WaitForExitAsync();
        if (create.ExitCode != 0)
        {
            throw new InvalidOperationException($"the cluster could not be made: {said}");
        }

        var connection = await ConnectionMultiplexer.ConnectAsync(string.Join(',', nodes.Select(n => $"127.0.0.1:{n.Port}")) + ",allowAdmin=true,syncTimeout=20000");
        for (var i = 0; i < 200 && !connection.GetServers().All(s => ((string)s.Execute("CLUSTER", "INFO")!).Contains("cluster_state:ok", StringComparison.Ordinal)); i++)
        {
            await Task.Delay(100);
        }

        return new RedisCluster(nodes, connection);
    }

    /// <summary>The node that has a key.</summary>
    public async Task<RedisServer> OwnerAsync(string key)
    {
        var endpoint = (System.Net.IPEndPoint)(await Connection.GetDatabase().IdentifyEndpointAsync(key))!;
        return Nodes.Single(n => n.Port == endpoint.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }
    }
}
