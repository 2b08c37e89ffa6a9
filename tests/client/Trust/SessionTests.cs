using System.Diagnostics;
using System.Globalization;
using JobAdmin.Client.Tests.Faults;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Trust;

/// <summary>A session that lives long keeps nothing of the connections it has let go.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task Connecting_and_letting_go_leaks_no_socket_and_no_thread()
    {
        var count = Effort.Count(60, 3000);
        await using var redis = await RedisServer.StartAsync();
        await using var admin = await redis.ConnectAsync();
        await admin.GetDatabase().ExecuteAsync("HSET", "bull:emails:meta", "version", "bullmq:6.7.0");
        var options = new JobServerOptions { Name = "session", Address = redis.Address, Timeout = TimeSpan.FromSeconds(20) };
        var clients = await ClientsAsync();
        await RoundAsync();
        await SettledAsync(clients);
        using var me = Process.GetCurrentProcess();
        var (sockets, threads) = (OpenFiles(), me.Threads.Count);
        for (var n = 0; n < count; n++)
        {
            await RoundAsync();
        }

        await SettledAsync(clients);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        me.Refresh();
        // Other tests of this process come and go meanwhile: what matters is that nothing grows with the number of rounds.
        Assert.InRange(OpenFiles(), 0, sockets + (count / 4) + 20);
        Assert.InRange(me.Threads.Count, 0, threads + (count / 4) + 40);
        Effort.Report("session", string.Create(CultureInfo.InvariantCulture,
            $"{count} connects, each with a read, a watch and a disconnect: Redis sees as many clients as before; open files {sockets} before, {OpenFiles()} after; threads {threads} before, {me.Threads.Count} after"));

        async Task RoundAsync()
        {
            await using var server = await ConnectAsync(options);
            await server.QueuesAsync();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            var watch = server.WatchEventsAsync(new EventQuery { Queues = ["emails"] }, stop.Token).GetAsyncEnumerator(stop.Token);
            var next = watch.MoveNextAsync().AsTask();
            await Task.WhenAny(next, Task.Delay(5, Ct));
            await stop.CancelAsync();
            await Record.ExceptionAsync(() => next);
            await watch.DisposeAsync();
        }

        async Task<int> ClientsAsync() => ((string)(await admin.GetDatabase().ExecuteAsync("CLIENT", "LIST"))!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

        async Task SettledAsync(int expected)
        {
            for (var i = 0; i < 200 && await ClientsAsync() > expected; i++)
            {
                await Task.Delay(50, Ct);
            }

            Assert.Equal(expected, await ClientsAsync());
        }
    }

    private static int OpenFiles() => Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0;
}
