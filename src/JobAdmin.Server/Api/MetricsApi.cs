using System.Text.Json;
using JobAdmin.Server.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>The second page's metrics: what BullMQ's workers count when they are told to.</summary>
internal sealed class MetricsApi
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    public static IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/queues/{name}/metrics", AccessRole.Reader, "Per-queue metrics buckets", OfQueueAsync)
        {
            Tag = "Metrics", Answer = "MetricList",
            Parameters =
            [
                new("granularity", "string", "The length of a bucket") { Default = "minute", Words = ["minute", "hour"] },
                new("from", "string", "From when, ISO 8601; an hour ago when left out"),
                new("to", "string", "Until when, ISO 8601; now when left out"),
            ],
        },
        new("GET", "/api/metrics/sparklines", AccessRole.Reader, "Batch sparklines for all queues", SparklinesAsync) { Tag = "Metrics", Answer = "Sparklines" },
        new("GET", "/api/metrics/status", AccessRole.Reader, "Check if metrics are enabled", StatusAsync) { Tag = "Metrics", Answer = "MetricsStatus" },
    ];

    private static async Task OfQueueAsync(ApiCall call)
    {
        var queue = call.Queue;
        var minutes = call.Word("granularity", "minute", "minute", "hour") == "minute";
        var to = call.Time("to") ?? DateTimeOffset.UtcNow;
        var from = call.Time("from") ?? (to - DateTimeOffset.MinValue > TimeSpan.FromHours(1) ? to.AddHours(-1) : to);
        if (from > to || to - from > Longest)
        {
            throw ApiFault.Bad($"from must be before to, and no more than {Longest.TotalDays:0} days");
        }

        var metrics = call.Queues.For<IJobMetrics>(queue);
        _ = await metrics.GetTotalsAsync(queue, call.Stop).ConfigureAwait(false) ?? throw new ApiFault(400, "METRICS_DISABLED", "Metrics are not enabled for this queue's workers");
        var query = new JobMetricQuery { Queue = queue, Step = minutes ? TimeSpan.FromMinutes(1) : TimeSpan.FromHours(1), From = from, To = to };
        var points = await metrics.GetMetricsAsync(query, call.Stop).ConfigureAwait(false);
        await call.DataAsync(writer =>
        {
            writer.WriteStartArray();
            foreach (var point in points)
            {
                writer.WriteStartObject();
                writer.WriteString("queueName", queue);
                writer.WriteString("jobName", "__all__");
                DashboardJobs.Time(writer, "periodStart", point.Time);
                writer.WriteString("granularity", minutes ? "minute" : "hour");
                writer.WriteNumber("completedCount", point.Completed);
                writer.WriteNumber("failedCount", point.Failed);
                // BullMQ counts jobs, and no times.
                writer.WriteNull("totalProcessMs");
                writer.WriteNull("minProcessMs");
                writer.WriteNull("maxProcessMs");
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task SparklinesAsync(ApiCall call)
    {
        var names = await call.Queues.NamesAsync(call.Stop).ConfigureAwait(false);
        var lines = new Dictionary<string, IReadOnlyList<long>>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            lines[name] = await LineAsync(call, name).ConfigureAwait(false);
        }

        await call.DataAsync(writer =>
        {
            writer.WriteStartObject();
            foreach (var (name, points) in lines)
            {
                writer.WriteStartArray(name);
                foreach (var point in points)
                {
                    writer.WriteNumberValue(point);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<long>> LineAsync(ApiCall call, string queue)
    {
        try
        {
            var metrics = call.Queues.For<IJobMetrics>(queue);
            if (await metrics.GetTotalsAsync(queue, call.Stop).ConfigureAwait(false) is null)
            {
                return [];
            }

            var end = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60 * 60);
            var line = new long[60];
            foreach (var point in await metrics.GetMetricsAsync(new JobMetricQuery { Queue = queue, From = end.AddMinutes(-59), To = end.AddMinutes(1) }, call.Stop).ConfigureAwait(false))
            {
                var back = (int)(end - point.Time).TotalMinutes;
                if (back >= 0 && back < line.Length)
                {
                    line[^(back + 1)] = point.Completed + point.Failed;
                }
            }

            return line;
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
        {
            return [];
        }
    }

    private static async Task StatusAsync(ApiCall call)
    {
        var enabled = false;
        foreach (var name in await call.Queues.NamesAsync(call.Stop).ConfigureAwait(false))
        {
            try
            {
                enabled = await call.Queues.For<IJobMetrics>(name).GetTotalsAsync(name, call.Stop).ConfigureAwait(false) is not null;
            }
            catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
            {
                continue;
            }

            if (enabled)
            {
                break;
            }
        }

        await call.DataAsync(writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("enabled", enabled);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
