using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Server;

/// <summary>What a server reports of itself, memory that runs out, and TLS as it should be.</summary>
public sealed class ReportTests(Bench bench)
{
    [Fact]
    public async Task Versions_layouts_and_health()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("add", new { queue = "old", lib = "bullmq5" });
        var report = await (await lab.ServerAsync()).TestAsync(Ct);
        Assert.True(report.Reachable);
        Assert.Equal(("lab", JobServerKind.Redis, "master", "standalone", "noeviction", 2), (report.Connection, report.Kind, report.Role, report.Mode, report.MaxMemoryPolicy, report.Queues));
        Assert.Equal(2, report.Layouts.Values.Sum());
        Assert.Contains(report.Layouts.Keys, k => k.Contains("6.7.0", StringComparison.Ordinal));
        Assert.Contains(report.Layouts.Keys, k => k.Contains("5.81.5", StringComparison.Ordinal));
        Assert.InRange(report.RoundTrip!.Value, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(2));
        Assert.Empty(report.Warnings);
        Assert.True(report.Healthy);
    }

    [Fact]
    public async Task A_memory_policy_that_loses_jobs_is_warned_of_and_full_memory_is_an_error()
    {
        await using var redis = await RedisServer.StartAsync(["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
        await using var connection = await redis.ConnectAsync();
        await using var lab = bench.Lab(redis, connection);
        await lab.FailedAsync();
        var server = await lab.ServerAsync();
        var report = await server.TestAsync(Ct);
        Assert.Equal(("allkeys-lru", 100L << 20), (report.MaxMemoryPolicy, report.MaxMemory));
        Assert.Contains(report.Warnings, w => w.Contains("noeviction", StringComparison.Ordinal));
        await lab.Db.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1mb");
        Assert.Equal("OutOfMemory", (await ErrorOfAsync(() => server.SetPausedAsync("emails", true, null, false, Ct))).ErrorId);
        await lab.Db.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        Assert.True(await server.SetPausedAsync("emails", true, null, false, Ct));
    }

    [Fact]
    public async Task Tls_with_an_authority_of_ones_own()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var tlsPort = RedisServer.FreePort();
        await using var redis = await RedisServer.StartAsync(
            ["--tls-port", $"{tlsPort}", "--tls-cert-file", "server.crt", "--tls-key-file", "server.key", "--tls-ca-cert-file", "server.crt", "--tls-auth-clients", "no"],
            folder =>
            {
                File.WriteAllText(Path.Combine(folder, "server.crt"), certificate.ExportCertificatePem());
                File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
            });
        var options = new JobServerOptions { Name = "lab", Address = new Uri($"rediss://127.0.0.1:{tlsPort}"), Timeout = TimeSpan.FromSeconds(10) };
        Assert.Equal("TlsFailed", (await ErrorOfAsync(() => ConnectAsync(options))).ErrorId);
        using var authority = new X509Certificate2(certificate.Export(X509ContentType.Cert));
        await using (var trusting = await ConnectAsync(options with { CertificateAuthority = authority }))
        {
            Assert.Empty(await trusting.QueuesAsync());
        }

        await using var careless = await ConnectAsync(options with { SkipCertificateCheck = true });
        Assert.NotEmpty(careless.Connection.Warnings);
        Assert.Equal("TlsRequired", (await ErrorOfAsync(() => ConnectAsync(options with { Address = new Uri($"redis://127.0.0.1:{tlsPort}") }))).ErrorId);
    }
}
