using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Trust;

/// <summary>A password that goes over the network in the clear is said.</summary>
public sealed class PasswordWarningTests
{
    [Fact]
    public async Task A_password_without_TLS_to_another_host_warns()
    {
        var outside = NetworkInterface.GetAllNetworkInterfaces().Where(i => i.OperationalStatus == OperationalStatus.Up).SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(outside is null, "This machine has no address but its own.");
        await using var redis = await RedisServer.StartAsync(["--bind", "127.0.0.1", $"{outside}", "--requirepass", "s3cret-key-of-redis"]);
        var options = new JobServerOptions { Name = "far", Address = new Uri($"redis://{outside}:{redis.Port}"), Password = new Secret("s3cret-key-of-redis"), Timeout = TimeSpan.FromSeconds(20) };
        await using (var far = await ConnectAsync(options))
        {
            Assert.Contains(far.Connection.Warnings, w => w.Contains("without encryption", StringComparison.Ordinal) && !w.Contains("s3cret", StringComparison.Ordinal));
        }

        await using var near = await ConnectAsync(options with { Address = redis.Address });
        Assert.Empty(near.Connection.Warnings);
    }
}
