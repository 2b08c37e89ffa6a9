using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobAdmin.Client.Tests;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Security;
using Microsoft.AspNetCore.Builder;

namespace JobAdmin.Server.Tests;

/// <summary>The real server in this process, on a port of its own, over one database of the tests' Redis.</summary>
internal sealed class Served : IAsyncDisposable
{
    public const string Admin = "admin-key-of-the-test", Operator = "operator-key-of-the-test", Reader = "reader-key-of-the-test", Bounded = "bounded-key-of-the-test";

    private readonly WebApplication app;

    private Served(WebApplication app, Uri address)
    {
        this.app = app;
        Address = address;
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2000 }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    public static ServerOptions Options(Lab lab) => new()
    {
        Urls = ["http://127.0.0.1:0"],
        Redis = lab.Options() with { Name = "redis", Kind = JobServerKind.Redis },
        RateLimit = 0,
        WrongKeys = 1_000_000,
        LogLevel = Microsoft.Extensions.Logging.LogLevel.None,
        Keys =
        [
            new("admin", AccessRole.Admin, AccessKey.HashOf(Admin), QueueFilter.All), new("operator", AccessRole.Operator, AccessKey.HashOf(Operator), QueueFilter.All),
            new("reader", AccessRole.Reader, AccessKey.HashOf(Reader), QueueFilter.All), new("bounded", AccessRole.Admin, AccessKey.HashOf(Bounded), QueueFilter.Parse("allowed*")),
        ],
    };

    public static async Task<Served> StartAsync(Lab lab, Func<ServerOptions, ServerOptions>? change = null, bool ready = true)
    {
        var options = Options(lab);
        var app = ServerApp.Build(change?.Invoke(options) ?? options);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var served = new Served(app, new Uri(ServerApp.Addresses(app)[0].Replace("0.0.0.0", "127.0.0.1")));
        while (ready && (await served.SendAsync("GET", "/readyz", null)).Status != HttpStatusCode.OK)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        return served;
    }

    /// <summary>Stops it as a supervisor would.</summary>
    public Task StopAsync() => app.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Sends a request; the path goes out as it is written.</summary>
    public async Task<Answer> SendAsync(string method, string path, string? key = Admin, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), Raw(path));
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Admin-Key", key);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, text, response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Sends a request that must succeed, and gives what is under <c>data</c>.</summary>
    public async Task<JsonElement> DataAsync(string method, string path, string? body = null, string? key = Admin)
    {
        var answer = await SendAsync(method, path, key, body);
        Assert.True((int)answer.Status is 200 or 201, $"{method} {path}: {(int)answer.Status} {answer.Text}");
        return answer.Json.GetProperty("data");
    }

    private Uri Raw(string path) => new(Address.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
    }
}

/// <summary>What the server answered.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text, HttpResponseHeaders Headers, string? Type)
{
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Text, new JsonDocumentOptions { MaxDepth = 300 });
            return document.RootElement.Clone();
        }
    }

    /// <summary>The code of an error of the second page.</summary>
    public string? Code => Json.GetProperty("error").GetProperty("code").GetString();

    /// <summary>The text of an error of either page.</summary>
    public string? Error => Json.GetProperty("error") is { ValueKind: JsonValueKind.Object } error ? error.GetProperty("message").GetString() : Json.GetProperty("error").GetString();
}
