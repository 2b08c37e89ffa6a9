using System.Security.Cryptography.X509Certificates;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Trust;

/// <summary>TLS with a real Redis: the certificate is checked, an authority of one's own can be given, and the server may ask for a certificate too.</summary>
public sealed class RedisTlsTests
{
    private readonly X509Certificate2 authority = Certificates.Authority("Test authority");

    [Fact]
    public async Task The_server_is_checked_by_the_authority_that_is_given()
    {
        await using var redis = await StartAsync("127.0.0.1", asks: false);
        var options = Options(redis);
        Assert.Equal("TlsFailed", (await ErrorOfAsync(() => ConnectAsync(options))).ErrorId);
        Assert.Equal("TlsFailed", (await ErrorOfAsync(() => ConnectAsync(options with { CertificateAuthority = Certificates.Authority("Another") }))).ErrorId);
        await using (var server = await ConnectAsync(options with { CertificateAuthority = authority }))
        {
            Assert.Empty(server.Connection.Warnings);
            Assert.Empty(await server.QueuesAsync());
        }

        await using var unchecked_ = await ConnectAsync(options with { SkipCertificateCheck = true });
        Assert.Contains(unchecked_.Connection.Warnings, w => w.Contains("is not checked", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_refused()
    {
        await using var redis = await StartAsync("127.0.0.2", asks: false);
        Assert.Equal("TlsFailed", (await ErrorOfAsync(() => ConnectAsync(Options(redis) with { CertificateAuthority = authority }))).ErrorId);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_certificate_gets_the_user_s()
    {
        await using var redis = await StartAsync("127.0.0.1", asks: true);
        var options = Options(redis) with { CertificateAuthority = authority };
        Assert.NotNull(await ErrorOfAsync(() => ConnectAsync(options)));
        await using var server = await ConnectAsync(options with { ClientCertificate = Certificates.Leaf(authority, "127.0.0.1") });
        Assert.Empty(await server.QueuesAsync());
    }

    private static JobServerOptions Options(RedisServer redis) => new() { Name = "tls", Address = new Uri($"rediss://127.0.0.1:{redis.Port}"), Timeout = TimeSpan.FromSeconds(20) };

    private Task<RedisServer> StartAsync(string name, bool asks) => RedisServer.StartAsync(
        ["--port", "0", "--tls-port", "{port}", "--tls-cert-file", "{folder}/server.crt", "--tls-key-file", "{folder}/server.key", "--tls-ca-cert-file", "{folder}/ca.crt", "--tls-auth-clients", asks ? "yes" : "no"],
        folder =>
        {
            using var own = Certificates.Leaf(authority, name);
            using var key = own.GetECDsaPrivateKey()!;
            File.WriteAllText(Path.Combine(folder, "ca.crt"), authority.ExportCertificatePem());
            File.WriteAllText(Path.Combine(folder, "server.crt"), own.ExportCertificatePem());
            File.WriteAllText(Path.Combine(folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        });
}
