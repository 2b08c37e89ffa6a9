using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>The counts that workers keep minute by minute, when they are told to.</summary>
internal sealed partial class BullMqServer : IJobMetrics
{
    private const long Minute = 60_000;

    public async Task<bool> AreMetricsEnabledAsync(CancellationToken cancellationToken)
    {
        foreach (var queue in await FindQueuesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await GetTotalsAsync(queue, cancellationToken).ConfigureAwait(false) is not null)
            {
                return true;
            }
        }

        return false;
    }

    public async Task<JobMetricTotals?> GetTotalsAsync(string queue, CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var (completed, failed) = await ReadCountersAsync(queue, 0, cancellationToken).ConfigureAwait(false);
        return completed is null && failed is null ? null : new JobMetricTotals(completed?.Total ?? 0, failed?.Total ?? 0);
    }

    public async Task<IReadOnlyList<JobMetricPoint>> GetMetricsAsync(JobMetricQuery query, CancellationToken cancellationToken)
    {
        if (query.Step != TimeSpan.FromMinutes(1) && query.Step != TimeSpan.FromHours(1))
        {
            throw new JobServerException("InvalidStep", JobErrorKind.InvalidInput, $"A step of {query.Step} is not known: it is a minute or an hour.") { Target = query.Step };
        }

        await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        var to = query.To ?? now;
        var from = query.From ?? to.AddHours(-1);
        var most = Math.Clamp((now - from).TotalMinutes + 2, 0, 1_000_000);
        var (completed, failed) = await ReadCountersAsync(query.Queue, (int)most, cancellationToken).ConfigureAwait(false);
        var step = (long)query.Step.TotalMilliseconds;
        var sums = new SortedDictionary<long, (long Completed, long Failed)>();
        foreach (var (time, jobs) in completed?.Points ?? [])
        {
            Add(time, jobs, 0);
        }

        foreach (var (time, jobs) in failed?.Points ?? [])
        {
            Add(time, 0, jobs);
        }

        return [.. sums.Select(sum => new JobMetricPoint
        {
            Server = this, Queue = query.Queue, Time = DateTimeOffset.FromUnixTimeMilliseconds(sum.Key), Step = query.Step, Completed = sum.Value.Completed, Failed = sum.Value.Failed,
        })];

        void Add(long time, long completedJobs, long failedJobs)
        {
            if (time + Minute > from.ToUnixTimeMilliseconds() && time < to.ToUnixTimeMilliseconds())
            {
                var at = time / step * step;
                var sum = sums.GetValueOrDefault(at);
                sums[at] = (sum.Completed + completedJobs, sum.Failed + failedJobs);
            }
        }
    }

    public async Task<IReadOnlyList<JobSparkline>> GetSparklinesAsync(IReadOnlyCollection<string> queues, CancellationToken cancellationToken)
    {
        var lines = new List<JobSparkline>();
        var end = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / Minute;
        foreach (var queue in queues)
        {
            await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
            var points = new long[60];
            var (completed, failed) = await ReadCountersAsync(queue, points.Length, cancellationToken).ConfigureAwait(false);
            foreach (var (time, jobs) in (completed?.Points ?? []).Concat(failed?.Points ?? []))
            {
                var back = end - (time / Minute);
                if (back >= 0 && back < points.Length)
                {
                    points[^(int)(back + 1)] += jobs;
                }
            }

            lines.Add(new JobSparkline { Server = this, Queue = queue, Points = completed is null && failed is null ? [] : points });
        }

        return lines;
    }

    private sealed record Counter(long Total, IReadOnlyList<(long Time, long Jobs)> Points);

    private async Task<(Counter? Completed, Counter? Failed)> ReadCountersAsync(string queue, int most, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var items = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("metrics"), reads: true, [keys.Meta], [keys.Base, most], cancellationToken).ConfigureAwait(false))!;
        return (ReadCounter(items.AsSpan(0, 4)), ReadCounter(items.AsSpan(4, 4)));
    }

    /// <summary>A point is made by the first job that finishes in a new minute, for the minutes before: the time of the last one tells the time of all.
    /// What has finished since stands only in the sum.</summary>
    private static Counter? ReadCounter(ReadOnlySpan<RedisResult> items)
    {
        if (!long.TryParse((string?)items[0], CultureInfo.InvariantCulture, out var total))
        {
            return null;
        }

        if (!double.TryParse((string?)items[1], CultureInfo.InvariantCulture, out var last))
        {
            return new Counter(total, []);
        }

        var minute = (long)last / Minute;
        _ = long.TryParse((string?)items[2], CultureInfo.InvariantCulture, out var before);
        var points = new List<(long, long)> { (minute * Minute, total - before) };
        foreach (var point in (string[])items[3]!)
        {
            minute--;
            if (long.TryParse(point, CultureInfo.InvariantCulture, out var jobs))
            {
                points.Add((minute * Minute, jobs));
            }
        }

        return new Counter(total, points);
    }
}
