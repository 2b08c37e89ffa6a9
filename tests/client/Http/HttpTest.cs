using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;

namespace JobAdmin.Client.Tests.Http;

/// <summary>Help that the tests of the HTTP servers share.</summary>
internal static class HttpTest
{
    public const string Key = FakeServer.TestKey;

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static JobServerOptions Options(JobServerKind? kind, Uri address) => new()
    {
        Name = "test", Kind = kind, Address = address, Password = new Secret(Key), Timeout = TimeSpan.FromSeconds(5),
    };

    public static Task<HttpJobServer> ConnectAsync(FakeServer fake, JobServerKind? kind, Func<JobServerOptions, JobServerOptions>? change = null, TimeProvider? time = null)
    {
        // A clock that runs fast must not run out of patience with this machine.
        var options = Options(kind, fake.Address) with { Timeout = time is FastTime ? TimeSpan.FromMinutes(20) : TimeSpan.FromSeconds(5) };
        return HttpServers.ConnectAsync(change?.Invoke(options) ?? options, time ?? TimeProvider.System, static _ => null, Token);
    }

    public static async Task<List<T>> ListAsync<T>(this IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items.WithCancellation(Token))
        {
            list.Add(item);
        }

        return list;
    }

    public static async Task<List<T>> FlatAsync<T>(this IAsyncEnumerable<IReadOnlyList<T>> pages)
    {
        var list = new List<T>();
        await foreach (var page in pages.WithCancellation(Token))
        {
            Assert.NotEmpty(page);
            list.AddRange(page);
        }

        return list;
    }

    public static Task<List<QueueJob>> JobsAsync(this IJobServer server, string queue, params JobState[] states) =>
        server.GetJobsAsync(new JobQuery { Queue = queue, States = states, Parts = JobParts.All }, Token).FlatAsync();

    public static async Task<JobOutcome> ChangeAsync(this IJobServer server, string queue, string id, JobChange change) =>
        Assert.Single(await server.ChangeJobsAsync(queue, [id], change, Token));

    public static async Task<JobServerException> FailsAsync(string errorId, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<JobServerException>(action);
        Assert.Equal(errorId, error.ErrorId);
        Assert.DoesNotContain(Key, error.ToString(), StringComparison.Ordinal);
        return error;
    }

    public static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).ToUniversalTime();
}
