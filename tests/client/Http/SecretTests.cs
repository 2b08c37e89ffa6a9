using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>Keys go to the server that they are for, and nowhere else.</summary>
public sealed class SecretTests
{
    private readonly FakeBioAgents bio = new();

    [Fact]
    public async Task A_server_that_repeats_the_key_in_its_error_does_not_get_it_shown()
    {
        await using var fake = new FakeServer(request => request["status"] == "active" ? bio.Answer(request)
            : FakeAnswer.Json($$"""{"error":"Key {{Key}} has expired","message":"got {{request.Headers["X-Extra"]}}"}""", 401));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents,
            options => options with { Headers = new Dictionary<string, Secret> { ["X-Extra"] = new("another-secret") } });
        var error = await FailsAsync("AccessDenied", () => server.JobsAsync("chat", JobState.Failed));
        Assert.Contains("Key ******** has expired: got ********", error.Message);
    }

    [Fact]
    public async Task Nor_does_one_that_repeats_it_without_its_scheme()
    {
        await using var fake = new FakeServer(request => request["status"] == "active" ? bio.Answer(request) : FakeAnswer.Json("""{"error":"token another-secret has expired"}""", 401));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents,
            options => options with { Headers = new Dictionary<string, Secret> { ["Authorization"] = new("Bearer another-secret") } });
        Assert.Contains("token ******** has expired", (await FailsAsync("AccessDenied", () => server.JobsAsync("chat", JobState.Failed))).Message);
    }

    [Fact]
    public async Task Neither_the_wire_log_nor_the_connection_holds_the_key()
    {
        var log = new List<string>();
        WireLog.Current = log.Add;
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        await server.JobsAsync("chat", JobState.Failed);
        Assert.Contains(log, line => line.StartsWith($"GET {fake.Address}api/admin/jobs?queue=chat&status=failed&limit=1000 -> 200, ", StringComparison.Ordinal));
        Assert.DoesNotContain(Key, string.Join('\n', log));
        Assert.DoesNotContain(Key, System.Text.Json.JsonSerializer.Serialize(server.Connection));
        Assert.DoesNotContain(Key, Options(JobServerKind.BioAgents, fake.Address).ToString());
    }

    [Fact]
    public async Task Headers_of_the_host_go_along()
    {
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with
        {
            Password = null, Headers = new Dictionary<string, Secret> { ["X-Admin-Key"] = new(Key), ["X-Tenant"] = new("a") },
        });
        Assert.Equal("a", fake.Requests[0].Headers["X-Tenant"]);
    }

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData("tab\tand\r")]
    public async Task A_key_that_no_header_can_hold_is_refused_without_showing_it(string key)
    {
        await using var fake = bio.Start();
        var error = await FailsAsync("InvalidHeader", () => ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Password = new Secret(key) }));
        Assert.DoesNotContain("break", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(fake.Requests);
    }

    [Fact]
    public async Task A_key_beyond_ASCII_is_sent_as_UTF_8()
    {
        bio.Key = "pässwörd";
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Password = new Secret("pässwörd") });
        Assert.Empty(await server.JobsAsync("chat", JobState.Failed));
    }

    [Fact]
    public async Task The_server_s_own_variables_give_the_key_when_the_user_says_what_server_it_is()
    {
        await using var fake = bio.Start();
        var options = Options(JobServerKind.BioAgents, fake.Address) with { Password = null };
        await using var first = await HttpServers.ConnectAsync(options, TimeProvider.System, name => name == "ADMIN_API_KEY" ? Key : "other", Token);
        await using var second = await HttpServers.ConnectAsync(options, TimeProvider.System, name => name == "ADMIN_PASSWORD" ? Key : "", Token);
        await FailsAsync("AccessDenied", () => HttpServers.ConnectAsync(options, TimeProvider.System, _ => null, Token));
    }

    [Fact]
    public async Task A_key_on_an_open_road_is_warned_of()
    {
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Empty(server.Connection.Warnings);
        await using var skipping = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { SkipCertificateCheck = true });
        Assert.Contains("is not checked", Assert.Single(skipping.Connection.Warnings));
    }
}
