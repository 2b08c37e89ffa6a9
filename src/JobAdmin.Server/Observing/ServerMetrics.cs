using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace JobAdmin.Server.Observing;

/// <summary>What the server counts of itself, in the form that Prometheus reads.</summary>
internal sealed class ServerMetrics
{
    private static readonly double[] Bounds = [0.005, 0.025, 0.1, 0.5, 2, 10];
    private readonly ConcurrentDictionary<(string Method, string Route, int Status), long> requests = new();
    private readonly long[] buckets = new long[Bounds.Length + 1];
    private long microseconds;

    /// <summary>Counts one answer.</summary>
    public void Count(string method, string route, int status, TimeSpan time)
    {
        requests.AddOrUpdate((method, route, status), 1, static (_, n) => n + 1);
        var at = Array.FindIndex(Bounds, bound => time.TotalSeconds <= bound);
        Interlocked.Increment(ref buckets[at < 0 ? Bounds.Length : at]);
        Interlocked.Add(ref microseconds, (long)time.TotalMicroseconds);
    }

    /// <summary>Writes what was counted.</summary>
    public void Write(StringBuilder text)
    {
        text.Append("# TYPE jobadmin_http_requests counter\n# HELP jobadmin_http_requests Requests answered.\n");
        // Its own copy: sorting copies by a count taken before, and fails when another request adds one in between.
        foreach (var ((method, route, status), count) in requests.ToArray().OrderBy(static r => r.Key))
        {
            text.Append(CultureInfo.InvariantCulture, $"jobadmin_http_requests_total{{method=\"{method}\",route=\"{Label(route)}\",status=\"{status}\"}} {count}\n");
        }

        text.Append("# TYPE jobadmin_http_request_seconds histogram\n# UNIT jobadmin_http_request_seconds seconds\n# HELP jobadmin_http_request_seconds How long answers took; event streams are left out.\n");
        long sum = 0;
        for (var i = 0; i < buckets.Length; i++)
        {
            sum += Interlocked.Read(ref buckets[i]);
            text.Append(CultureInfo.InvariantCulture, $"jobadmin_http_request_seconds_bucket{{le=\"{(i < Bounds.Length ? Bounds[i].ToString("0.0##", CultureInfo.InvariantCulture) : "+Inf")}\"}} {sum}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"jobadmin_http_request_seconds_count {sum}\njobadmin_http_request_seconds_sum {Interlocked.Read(ref microseconds) / 1e6:0.######}\n");
    }

    /// <summary>A text within quotes.</summary>
    public static string Label(string text) => text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");
}
