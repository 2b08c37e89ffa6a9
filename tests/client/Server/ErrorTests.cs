using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Server;

/// <summary>What goes wrong has its own id and advice, soon, and no secret in it.</summary>
public sealed class ErrorTests(Bench bench)
{
    [Fact]
    public Task Nothing_listens() => FailsAsync(Options(RedisServer.FreePort()), "ConnectionFailed", JobErrorKind.Connection);

    [Fact]
    public Task No_such_host() => FailsAsync(Options(6379) with { Address = new Uri("redis://no-such-host.invalid:6379") }, "ConnectionFailed", JobErrorKind.Connection);

    [Fact]
    public async Task Something_listens_and_never_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await FailsAsync(Options(((IPEndPoint)silent.LocalEndpoint).Port), "ConnectionTimeout", JobErrorKind.Timeout);
    }

    [Fact]
    public async Task A_web_server()
    {
        using var web = new TcpListener(IPAddress.Loopback, 0);
        web.Start();
        var serving = ServeAsync(web, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        await FailsAsync(Options(((IPEndPoint)web.LocalEndpoint).Port), "NotRedis", JobErrorKind.Connection);
        web.Stop();
        await serving;
    }

    [Fact]
    public async Task Passwords_and_rights()
    {
        await using var redis = await RedisServer.StartAsync(["--requirepass", "right-password"]);
        await using var connection = await redis.ConnectAsync(",password=right-password");
        await FailsAsync(Options(redis.Port), "AuthenticationRequired", JobErrorKind.Access);
        await FailsAsync(Options(redis.Port) with { Password = new Secret("wrong-password") }, "AuthenticationFailed", JobErrorKind.Access);
        await FailsAsync(Options(redis.Port) with { User = "nobody", Password = new Secret("right-password") }, "AuthenticationFailed", JobErrorKind.Access);

        var db = connection.GetDatabase();
        await db.ExecuteAsync("HSET", "bull:emails:meta", "version", "bullmq:6.7.0");
        await db.ExecuteAsync("ACL", "SETUSER", "reader", "on", ">reader-password", "~*", "+@read", "+@connection", "+@scripting", "+info", "+config|get");
        await db.ExecuteAsync("ACL", "SETUSER", "stranger", "on", ">stranger-password", "~other:*", "+@all");
        await using (var reader = await ConnectAsync(Options(redis.Port) with { User = "reader", Password = new Secret("reader-password") }))
        {
            Assert.Single(await reader.QueuesAsync());
            var error = await ErrorOfAsync(() => reader.SetPausedAsync("emails", true, null, false, Ct));
            Assert.Equal(("AccessDenied", JobErrorKind.Access), (error.ErrorId, error.Kind));
        }

        await using var stranger = await ConnectAsync(Options(redis.Port) with { User = "stranger", Password = new Secret("stranger-password") });
        Assert.Equal("AccessDenied", (await ErrorOfAsync(() => stranger.ListAsync(new JobQuery { Queue = "emails" }))).ErrorId);
    }

    [Fact]
    public async Task A_read_only_replica()
    {
        await using var master = await RedisServer.StartAsync();
        await using var connection = await master.ConnectAsync();
        await using var lab = bench.Lab(master, connection);
        await lab.FailedAsync();
        await using var replica = await RedisServer.StartAsync(["--replicaof", "127.0.0.1", $"{master.Port}", "--repl-diskless-sync-delay", "0"]);
        await using var server = await ConnectAsync(lab.Options() with { Address = replica.Address });
        for (var i = 0; i < 600 && (await server.QueuesAsync()).Count == 0; i++)
        {
            await Task.Delay(50, Ct);
        }

        Assert.Equal(["1"], await server.IdsAsync(new JobQuery { Queue = "emails" }));
        Assert.Equal("ReadOnlyReplica", (await ErrorOfAsync(() => server.SetPausedAsync("emails", true, null, false, Ct))).ErrorId);
        Assert.Equal("replica", (await server.TestAsync(Ct)).Role);
    }

    [Fact]
    public async Task A_key_of_another_type()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        await lab.Db.ExecuteAsync("SET", lab.Base + "failed", "foreign");
        var server = await lab.ServerAsync();
        Assert.Equal("WrongKeyType", (await ErrorOfAsync(() => server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Failed] }))).ErrorId);
        Assert.Equal(["1"], await server.IdsAsync(new JobQuery { Queue = "emails", States = [JobState.Waiting] }));
    }

    [Fact]
    public async Task A_connection_that_only_reads_sends_no_change()
    {
        await using var lab = bench.Lab();
        await lab.FailedAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        await using var server = await ConnectAsync(lab.Options() with { ReadOnly = true });
        foreach (var attempt in (Func<Task>[])[() => server.RetryAsync("emails", "1"), () => server.SetPausedAsync("emails", true, null, false, Ct),
            () => server.ClearAsync("emails", states: JobState.Failed), () => server.RemoveQueueAsync("emails", true, Ct).RunAsync(),
            () => server.ChangeMatchingJobsAsync(new JobQuery { Queue = "emails" }, new JobChange.Remove(), Ct).RunAsync()])
        {
            Assert.Equal("ReadOnlyConnection", (await ErrorOfAsync(attempt)).ErrorId);
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "a read-only connection");
    }

    [Fact]
    public async Task Tls_wanted_and_not()
    {
        using var certificate = Certificate();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = ServeTlsAsync(listener, certificate);
        // Plain words to a server that wants TLS; TLS to one that has none; a certificate that nobody vouches for.
        await FailsAsync(Options(port), "TlsRequired", JobErrorKind.Connection);
        await FailsAsync(Options(port) with { Address = new Uri($"rediss://127.0.0.1:{port}") }, "TlsFailed", JobErrorKind.Connection);
        listener.Stop();
        await serving;
        await FailsAsync(Options(bench.Redis.Port) with { Address = new Uri($"rediss://127.0.0.1:{bench.Redis.Port}") }, null, null);
    }

    [Fact]
    public async Task A_server_that_goes_away_is_an_error()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var server = await ConnectAsync(Options(redis.Port));
        Assert.Empty(await server.QueuesAsync());
        await redis.DisposeAsync();
        var error = await ErrorOfAsync(() => server.QueuesAsync()).WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.Contains(error.Kind, (JobErrorKind[])[JobErrorKind.Connection, JobErrorKind.Timeout]);
    }

    private static JobServerOptions Options(int port) => new() { Name = "lab", Address = new Uri($"redis://127.0.0.1:{port}") };

    private static async Task FailsAsync(JobServerOptions options, string? id, JobErrorKind? kind)
    {
        var watch = Stopwatch.StartNew();
        var error = await ErrorOfAsync(() => ConnectAsync(options));
        // Two seconds of the default, and some for a busy machine.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Equal((id ?? error.ErrorId, kind ?? error.Kind), (error.ErrorId, error.Kind));
        Assert.False(string.IsNullOrEmpty(error.Advice));
        Assert.DoesNotContain("password@", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("-password", error.ToString(), StringComparison.Ordinal);
    }

    private static async Task ServeAsync(TcpListener listener, string answer)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().ReadAsync(new byte[512]);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or InvalidOperationException)
        {
            // The listener was stopped, while it waited or before (ObjectDisposedException is among these), or the client hung up.
        }
    }

    private static async Task ServeTlsAsync(TcpListener listener, X509Certificate2 certificate)
    {
        while (true)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync();
                await using var secure = new SslStream(client.GetStream());
                await secure.AuthenticateAsServerAsync(certificate);
                await secure.ReadAsync(new byte[512]);
            }
            catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException)
            {
                // What is tested: the handshake fails, on either side.
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return new X509Certificate2(made.Export(X509ContentType.Pfx));
    }
}
