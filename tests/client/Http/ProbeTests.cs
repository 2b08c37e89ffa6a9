using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>Finding out what a server is changes nothing, and gives no key to a stranger.</summary>
public sealed class ProbeTests
{
    private static Task<HttpJobServer> FindAsync(FakeServer fake, string path = "") => ConnectAsync(fake, null, options => options with { Address = new Uri(fake.Address, path) });

    private static FakeServer Of(JobServerKind kind) => kind switch
    {
        JobServerKind.BioAgents => new FakeBioAgents().Start(),
        JobServerKind.Conveyor => new FakeConveyor().Start(),
        JobServerKind.Openinary => new FakeOpeninary().Start(),
        JobServerKind.Mcrit => new FakeMcrit().Start(),
        _ => new(request => FakeAnswer.Json("""{"data":null,"error":{"name":"NotFoundError","message":"Not Found"}}""",
            request.Headers.ContainsKey("Authorization") ? 404 : 401)),
    };

    [Theory]
    [InlineData(JobServerKind.BioAgents, "")]
    [InlineData(JobServerKind.BioAgents, "api/admin")]
    [InlineData(JobServerKind.Conveyor, "")]
    [InlineData(JobServerKind.Conveyor, "api/")]
    [InlineData(JobServerKind.Openinary, "")]
    [InlineData(JobServerKind.Openinary, "queue")]
    [InlineData(JobServerKind.Mcrit, "")]
    [InlineData(JobServerKind.FifthElement, "v1/api")]
    public async Task Each_kind_is_found_without_its_key(JobServerKind kind, string path)
    {
        await using var fake = Of(kind);
        await using var server = await FindAsync(fake, path);
        Assert.Equal(kind, server.Connection.Kind);
        Assert.All(fake.Requests, request => Assert.Equal("GET", request.Method));
        // Only who has shown itself gets the key.
        var withKey = fake.Requests.SkipWhile(request => !request.Headers.Values.Any(value => value.Contains(Key, StringComparison.Ordinal))).ToArray();
        Assert.NotEmpty(withKey);
        Assert.True(fake.Requests.Count > withKey.Length);
    }

    [Theory]
    [InlineData(200, "text/html", "<p>")]
    [InlineData(401, "application/json", "{\"error\":\"Authentication required\"}")]
    [InlineData(404, "application/json", "{\"data\":null,\"error\":{\"message\":\"Not Found\"}}")]
    [InlineData(401, "text/html", "<p>Sign in")]
    [InlineData(200, "application/json", "{\"data\":[]}")]
    public async Task A_server_of_another_kind_is_not_guessed_at(int status, string type, string body)
    {
        await using var fake = new FakeServer(_ => new FakeAnswer(status, body, type));
        var error = await FailsAsync("UnknownServer", () => FindAsync(fake));
        Assert.Contains("no key was sent", error.Message);
        Assert.All(fake.Requests, request => Assert.DoesNotContain(Key, string.Join(' ', request.Headers.Values), StringComparison.Ordinal));
        Assert.All(fake.Requests, request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_asked_once()
    {
        var fake = new FakeServer(_ => FakeAnswer.Html());
        await fake.DisposeAsync();
        await FailsAsync("ConnectionFailed", () => FindAsync(fake));
    }

    [Fact]
    public async Task The_environment_s_key_is_not_for_whoever_answers()
    {
        await using var fake = Of(JobServerKind.BioAgents);
        var options = Options(null, fake.Address) with { Password = null };
        await FailsAsync("AccessDenied", () => HttpServers.ConnectAsync(options, TimeProvider.System, _ => Key, Token));
        Assert.All(fake.Requests, request => Assert.False(request.Headers.ContainsKey("X-Admin-Key")));
    }

    [Fact]
    public async Task Redis_is_not_reached_over_http()
    {
        await using var fake = Of(JobServerKind.Conveyor);
        await FailsAsync("InvalidAddress", () => ConnectAsync(fake, JobServerKind.Redis));
    }
}
