using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>How the Redis is, and whether it is set up as BullMQ needs it.</summary>
internal sealed partial class BullMqServer
{
    public async Task<JobServerReport> TestAsync(CancellationToken cancellationToken)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < 5; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await runner.CommandAsync(reads: true, "PING", [], cancellationToken).ConfigureAwait(false);
            times.Add(Stopwatch.GetElapsedTime(started));
        }

        times.Sort();
        var warnings = new List<string>(Connection.Warnings);
        var info = await InfoAsync(warnings, cancellationToken).ConfigureAwait(false);
        var policy = info.GetValueOrDefault("maxmemory_policy") ?? await PolicyAsync(cancellationToken).ConfigureAwait(false);
        var limit = Long(info, "maxmemory");
        if (policy is not null && policy != "noeviction")
        {
            warnings.Add($"maxmemory-policy is {policy}: Redis may throw away keys of jobs when memory runs out. BullMQ needs noeviction.");
        }

        var used = Long(info, "used_memory");
        if (limit > 0 && used is { } u && u > limit.Value * 0.9)
        {
            warnings.Add($"Redis uses {100.0 * u / limit.Value:0} % of its memory limit.");
        }

        var version = info.GetValueOrDefault("valkey_version") is { } valkey ? $"Valkey {valkey}" : $"Redis {info.GetValueOrDefault("redis_version") ?? "of unknown version"}";
        if (info.GetValueOrDefault("redis_version") is { } text && System.Version.TryParse(text, out var number) && number < new Version(6, 2))
        {
            warnings.Add($"Redis {number} is older than what BullMQ recommends (6.2 or later).");
        }

        if (info.GetValueOrDefault("role") is { } role && role != "master" && !warnings.Any(w => w.Contains("replica", StringComparison.Ordinal)))
        {
            warnings.Add("This is a replica: it can be read, and refuses changes.");
        }

        if (info.GetValueOrDefault("rdb_last_bgsave_status") == "err")
        {
            warnings.Add("The last snapshot to disk failed; Redis may refuse writes.");
        }

        var layouts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var queues = 0;
        try
        {
            await foreach (var queue in GetQueuesAsync(new QueueQuery(), cancellationToken).ConfigureAwait(false))
            {
                queues++;
                var layout = queue.Version ?? queue.Layout.ToString();
                layouts[layout] = layouts.GetValueOrDefault(layout) + 1;
                warnings.AddRange(queue.Warnings.Select(w => $"Queue {queue.Name}: {w}."));
            }
        }
        catch (JobServerException exception) when (exception.Kind == JobErrorKind.Access && queues > 0)
        {
            warnings.Add(exception.Message);
        }

        return new JobServerReport
        {
            Connection = Connection.Name,
            Kind = JobServerKind.Redis,
            Endpoint = Connection.Endpoint,
            Reachable = true,
            RoundTrip = times[2],
            Version = version,
            Role = info.GetValueOrDefault("role") == "slave" ? "replica" : info.GetValueOrDefault("role"),
            Mode = options.SentinelMaster is not null ? "sentinel" : info.GetValueOrDefault("redis_mode"),
            MaxMemoryPolicy = policy,
            UsedMemory = used,
            MaxMemory = limit > 0 ? limit : null,
            Queues = queues,
            Layouts = layouts,
            Warnings = warnings,
        };
    }

    private async Task<Dictionary<string, string>> InfoAsync(List<string> warnings, CancellationToken cancellationToken)
    {
        var info = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var text = (string?)await runner.CommandAsync(reads: true, "INFO", [], cancellationToken).ConfigureAwait(false) ?? "";
            foreach (var line in text.Split("\r\n"))
            {
                if (line.IndexOf(':') is var colon and > 0)
                {
                    info[line[..colon]] = line[(colon + 1)..];
                }
            }
        }
        catch (JobServerException exception) when (exception.Kind == JobErrorKind.Access)
        {
            warnings.Add("The user may not run INFO: memory policy, role and version could not be checked.");
        }

        return info;
    }

    private async Task<string?> PolicyAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = (RedisResult[]?)await runner.CommandAsync(reads: true, "CONFIG", ["GET", "maxmemory-policy"], cancellationToken).ConfigureAwait(false);
            return answer is { Length: 2 } ? (string?)answer[1] : null;
        }
        catch (JobServerException)
        {
            // Managed servers forbid CONFIG; INFO has mostly told already.
            return null;
        }
    }

    private static long? Long(Dictionary<string, string> info, string name) =>
        info.TryGetValue(name, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;
}
