using System.Security.Cryptography.X509Certificates;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>Certificates are checked unless the user says otherwise.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly X509Certificate2 authority = Certificates.Authority("Test authority");
    private FakeServer fake = null!;

    public ValueTask InitializeAsync()
    {
        fake = new(new FakeBioAgents().Answer, Certificates.Leaf(authority, "127.0.0.1"));
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => fake.DisposeAsync();

    [Fact]
    public async Task An_unknown_authority_is_refused()
    {
        var error = await FailsAsync("ConnectionFailed", () => ConnectAsync(fake, JobServerKind.BioAgents));
        Assert.Contains("TLS failed: The remote certificate", error.Message);
        Assert.Contains("-CertificateAuthority", error.Advice);
        Assert.Empty(fake.Requests);
    }

    [Fact]
    public async Task Its_own_authority_is_trusted_and_another_is_not()
    {
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { CertificateAuthority = authority });
        Assert.Empty(server.Connection.Warnings);
        await FailsAsync("ConnectionFailed", () => ConnectAsync(fake, JobServerKind.BioAgents, options => options with { CertificateAuthority = Certificates.Authority("Another") }));
    }

    [Fact]
    public async Task The_name_must_be_right_though_the_authority_is()
    {
        await using var other = new FakeServer(new FakeBioAgents().Answer, Certificates.Leaf(authority, "127.0.0.2"));
        await FailsAsync("ConnectionFailed", () => ConnectAsync(other, JobServerKind.BioAgents, options => options with { CertificateAuthority = authority }));
    }

    [Fact]
    public async Task Skipping_the_check_connects_and_warns()
    {
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { SkipCertificateCheck = true });
        Assert.Contains("is not checked", Assert.Single(server.Connection.Warnings));
    }

    [Fact]
    public async Task Https_at_a_port_that_has_none_is_explained()
    {
        await using var plain = new FakeServer(new FakeBioAgents().Answer);
        var error = await FailsAsync("ConnectionFailed", () =>
            ConnectAsync(plain, JobServerKind.BioAgents, options => options with { Address = new Uri($"https://127.0.0.1:{plain.Port}/"), Timeout = TimeSpan.FromSeconds(1) }));
        Assert.Contains("can't be reached", error.Message);
    }
}
