using System.Text;
using JobAdmin.Server.Events;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>Live events as server-sent events. A reader that comes again with the last id it saw goes on from there.</summary>
internal sealed class EventApi(EventHub hub, KeyRing keys, ServerOptions options, IHostApplicationLifetime life)
{
    private static readonly ApiParameter[] Resume =
    [
        new("Last-Event-ID", "string", "The id of the last event seen, to go on from there") { In = "header" },
        new("lastEventId", "string", "The same, for clients that can't set the header"),
    ];

    public IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/events", AccessRole.Reader, "SSE stream for all queues", AllAsync) { Tag = "Events", AnswerType = "text/event-stream", Parameters = Resume },
        new("GET", "/api/queues/{name}/events", AccessRole.Reader, "SSE stream for a single queue", OneAsync)
        {
            Tag = "Events", AnswerType = "text/event-stream", Parameters = Resume,
        },
    ];

    private async Task OneAsync(ApiCall call)
    {
        var queue = (await call.Queues.QueueAsync(call.Queue, call.Stop).ConfigureAwait(false)).Name;
        await ServeAsync(call, [queue], queue).ConfigureAwait(false);
    }

    private async Task AllAsync(ApiCall call) => await ServeAsync(call, await call.Queues.NamesAsync(call.Stop).ConfigureAwait(false), null).ConfigureAwait(false);

    private async Task ServeAsync(ApiCall call, IReadOnlyList<string> queues, string? single)
    {
        var asked = call.Http.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : call.Query("lastEventId");
        if (asked?.Length > 32 << 10)
        {
            throw ApiFault.Bad("Last-Event-ID is too long");
        }

        if (!hub.TryEnter(options.MaxStreams))
        {
            throw new ApiFault(503, "UNAVAILABLE", "Too many event streams are open") { RetryAfter = 10 };
        }

        var client = new EventClient();
        var stream = new EventStream(call, client, hub, single, options.Heartbeat);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(call.Stop, life.ApplicationStopping);
        try
        {
            await stream.JoinAsync(queues, asked, end.Token).ConfigureAwait(false);
            var response = call.Http.Response;
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache";
            response.Headers["X-Accel-Buffering"] = "no";
            await stream.RunAsync(() => keys.IsGood(call.Key), end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The reader has gone, or the server goes.
        }
        finally
        {
            hub.Leave(client, stream.Queues);
        }
    }
}
