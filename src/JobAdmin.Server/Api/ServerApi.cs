using System.Globalization;
using System.Text;
using JobAdmin.Server.Events;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Json;
using JobAdmin.Server.Observing;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>What those ask who look after the server itself.</summary>
internal sealed class ServerApi(RedisGateway gateway, ServerMetrics metrics, EventHub hub, ServerOptions options, IServiceProvider services)
{
    private const string MetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    public IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/healthz", AccessRole.None, "Whether the server runs", HealthAsync) { Tag = "Server", Answer = "Health", NeedsQueues = false },
        new("GET", "/readyz", AccessRole.None, "Whether Redis answers", ReadyAsync) { Tag = "Server", Answer = "Health", NeedsQueues = false },
        new("GET", "/metrics", AccessRole.Reader, "Counts of requests, streams and jobs for Prometheus", MetricsAsync)
        {
            Tag = "Server", AnswerType = "application/openmetrics-text", NeedsQueues = false,
        },
        new("GET", "/openapi.json", AccessRole.None, "This description", DescriptionAsync) { Tag = "Server", Answer = "OpenApi", NeedsQueues = false },
    ];

    private static Task StatusAsync(ApiCall call, bool ok, int status) => call.JsonAsync(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("status", ok ? "ok" : "unavailable");
        writer.WriteEndObject();
    }, status);

    private static Task HealthAsync(ApiCall call) => StatusAsync(call, true, 200);

    private Task ReadyAsync(ApiCall call)
    {
        var ready = gateway.IsReady && options.Enabled;
        if (!ready)
        {
            call.Http.Response.Headers.RetryAfter = "1";
        }

        return StatusAsync(call, ready, ready ? 200 : 503);
    }

    private Task DescriptionAsync(ApiCall call) => call.JsonAsync(services.GetRequiredService<OpenApiDocument>().Write);

    private async Task MetricsAsync(ApiCall call)
    {
        var text = new StringBuilder();
        void Gauge(string name, string help, long value) => text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} gauge\n# HELP {name} {help}\n{name} {value}\n");

        Gauge("jobadmin_redis_up", "Whether Redis answers.", gateway.IsReady ? 1 : 0);
        Gauge("jobadmin_event_streams", "Event streams open now.", hub.Clients);
        Gauge("jobadmin_event_queues", "Queues whose events are read.", hub.Feeds);
        Gauge("jobadmin_memory_bytes", "Memory of the process.", Environment.WorkingSet);
        metrics.Write(text);
        if (gateway.IsReady && options.Enabled)
        {
            text.Append("# TYPE jobadmin_jobs gauge\n# HELP jobadmin_jobs Jobs by queue and state.\n");
            var queues = await call.Queues.QueuesAsync(call.Stop).ConfigureAwait(false);
            foreach (var queue in queues)
            {
                foreach (var (word, states) in DashboardJobs.States)
                {
                    text.Append(CultureInfo.InvariantCulture, $"jobadmin_jobs{{queue=\"{ServerMetrics.Label(queue.Name)}\",state=\"{word}\"}} {states.Sum(state => queue.GetCounts()[state] ?? 0)}\n");
                }
            }

            text.Append("# TYPE jobadmin_queue_paused gauge\n# HELP jobadmin_queue_paused Whether a queue is paused.\n");
            foreach (var queue in queues)
            {
                text.Append(CultureInfo.InvariantCulture, $"jobadmin_queue_paused{{queue=\"{ServerMetrics.Label(queue.Name)}\"}} {(queue.IsPaused == true ? 1 : 0)}\n");
            }
        }

        text.Append("# EOF\n");
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        call.Http.Response.ContentType = MetricsType;
        call.Http.Response.ContentLength = bytes.Length;
        await call.Http.Response.BodyWriter.WriteAsync(bytes, call.Stop).ConfigureAwait(false);
    }
}
