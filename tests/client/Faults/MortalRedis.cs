using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>A Redis with an append-only file behind a <see cref="FaultProxy"/>, which can be killed, restarted, held up and replaced by its replica.</summary>
public sealed class MortalRedis : IAsyncDisposable
{
    private readonly List<string> folders = [];
    private RedisServer server = null!;

    public FaultProxy Proxy { get; private set; } = null!;

    /// <summary>Straight to the server that is the master now, past the proxy.</summary>
    public ConnectionMultiplexer Direct { get; private set; } = null!;

    public IDatabase Db => Direct.GetDatabase();

    /// <summary>When the server last came back from a fault.</summary>
    public long BackAt { get; set; }

    public static async Task<MortalRedis> StartAsync()
    {
        var redis = new MortalRedis();
        redis.server = await LaunchAsync(redis.NewFolder());
        redis.Direct = await redis.server.ConnectAsync();
        redis.Proxy = new FaultProxy(redis.server.Port);
        return redis;
    }

    public JobServerOptions Options(TimeSpan? timeout = null) =>
        new() { Name = "faulty", Address = new Uri($"redis://127.0.0.1:{Proxy.Port}"), Timeout = timeout ?? TimeSpan.FromSeconds(5) };

    /// <summary>Ends the process at once (<c>kill -9</c>), leaves it dead for a while, and starts it again on its append-only file.</summary>
    public async Task KillAsync(TimeSpan dead)
    {
        var info = (string)(await Db.ExecuteAsync("INFO", "server"))!;
        var pid = int.Parse(info.Split('\n').First(l => l.StartsWith("process_id:", StringComparison.Ordinal)).Split(':')[1], CultureInfo.InvariantCulture);
        using (var process = Process.GetProcessById(pid))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        await ReplaceAsync(() => LaunchAsync(folders[^1]), dead);
    }

    /// <summary>Shuts down in order and starts again.</summary>
    public async Task RestartAsync(TimeSpan dead)
    {
        try
        {
            await Db.ExecuteAsync("SHUTDOWN", "NOSAVE");
        }
        catch (RedisException)
        {
            // It hangs up instead of an answer.
        }

        await ReplaceAsync(() => LaunchAsync(folders[^1]), dead);
    }

    /// <summary>Makes a replica, hands over to it in order, and ends the old master. Writes that reach the old one meanwhile are refused.</summary>
    public async Task FailOverAsync()
    {
        var replica = await LaunchAsync(NewFolder(), "--replicaof", "127.0.0.1", $"{server.Port}");
        var next = await replica.ConnectAsync();
        var look = next.GetServers()[0];
        await Wait.UntilAsync(async () => (await look.ExecuteAsync("INFO", "replication")).ToString().Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows", 15);
        // The replica knows it before its master does.
        await Wait.UntilAsync(async () => ((string)(await Db.ExecuteAsync("INFO", "replication"))!).Contains("state=online", StringComparison.Ordinal), "the master sees its replica", 15);
        await Db.ExecuteAsync("FAILOVER", "TO", "127.0.0.1", $"{replica.Port}");
        await Wait.UntilAsync(async () => (await look.ExecuteAsync("INFO", "replication")).ToString().Contains("role:master", StringComparison.Ordinal), "the replica takes over", 15);
        var (oldServer, oldDirect) = (server, Direct);
        (server, Direct) = (replica, next);
        Proxy.Target = replica.Port;
        Proxy.DropAll(reset: true);
        BackAt = Stopwatch.GetTimestamp();
        await oldDirect.DisposeAsync();
        await oldServer.DisposeAsync();
    }

    /// <summary>Loses the master with whatever its replica had not been told yet: the replica takes over as it is.</summary>
    /// <param name="meanwhile">What happens on the old master after the replica was cut off.</param>
    public async Task LoseMasterAsync(Func<IDatabase, Task> meanwhile)
    {
        var replica = await LaunchAsync(NewFolder(), "--replicaof", "127.0.0.1", $"{server.Port}");
        var next = await replica.ConnectAsync();
        var look = next.GetServers()[0];
        await Wait.UntilAsync(async () => (await look.ExecuteAsync("INFO", "replication")).ToString().Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows", 15);
        await look.ExecuteAsync("REPLICAOF", "NO", "ONE");
        await meanwhile(Db);
        var (oldServer, oldDirect) = (server, Direct);
        (server, Direct) = (replica, next);
        Proxy.Target = replica.Port;
        Proxy.DropAll(reset: true);
        BackAt = Stopwatch.GetTimestamp();
        await oldDirect.DisposeAsync();
        await oldServer.DisposeAsync();
    }

    /// <summary>Is a replica for a while: reads go on, writes are refused.</summary>
    public async Task ReadOnlyAsync(TimeSpan time)
    {
        await Db.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        await Task.Delay(time);
        await Db.ExecuteAsync("REPLICAOF", "NO", "ONE");
        BackAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Has no memory for a while.</summary>
    public async Task FullAsync(TimeSpan time)
    {
        await Db.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await Task.Delay(time);
        await Db.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        BackAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Is held up by somebody's script; after a moment it answers BUSY to all others.</summary>
    public async Task BusyAsync(TimeSpan time)
    {
        const string Hold = "local s = redis.call('TIME') local e = s[1] * 1000 + s[2] / 1000 + ARGV[1] while true do local n = redis.call('TIME') if n[1] * 1000 + n[2] / 1000 > e then return 1 end end";
        await Db.ExecuteAsync("EVAL", Hold, "0", ((int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        BackAt = Stopwatch.GetTimestamp();
    }

    /// <summary>Answers nobody for a while.</summary>
    public async Task PauseAsync(TimeSpan time, bool writesOnly)
    {
        await Db.ExecuteAsync("CLIENT", "PAUSE", ((int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), writesOnly ? "WRITE" : "ALL");
        BackAt = Stopwatch.GetTimestamp();
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await Direct.DisposeAsync();
        await server.DisposeAsync();
        foreach (var folder in folders)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string NewFolder()
    {
        folders.Add(Directory.CreateTempSubdirectory("jobadmin-aof-").FullName);
        return folders[^1];
    }

    private async Task ReplaceAsync(Func<Task<RedisServer>> next, TimeSpan dead)
    {
        Proxy.DropAll(reset: true);
        var (oldServer, oldDirect) = (server, Direct);
        await oldDirect.DisposeAsync();
        await oldServer.DisposeAsync();
        await Task.Delay(dead);
        server = await next();
        Direct = await ConnectAsync();
        Proxy.Target = server.Port;
        BackAt = Stopwatch.GetTimestamp();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await server.ConnectAsync();
            }
            catch (RedisException) when (attempt < 50)
            {
                // It is still loading.
                await Task.Delay(50);
            }
        }
    }

    private static Task<RedisServer> LaunchAsync(string folder, params string[] options) => RedisServer.StartAsync(
        ["--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0", "--busy-reply-threshold", "30",
            "--repl-diskless-sync-delay", "0", "--databases", "16", "--enable-debug-command", "local", .. options]);
}
