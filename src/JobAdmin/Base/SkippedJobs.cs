namespace JobAdmin.Base;

/// <summary>Counts by queue what -WhatIf left alone.</summary>
/// <param name="change">What would be done with the jobs.</param>
/// <param name="run">Runs work on the pool.</param>
internal sealed class SkippedJobs(JobChange change, Action<Func<CancellationToken, Task>> run)
{
    private const int Together = 500;

    private readonly Dictionary<string, long> queues = new(StringComparer.Ordinal);
    private readonly Dictionary<IJobServer, IJobForecast?> forecasts = [];
    private readonly Dictionary<QueueReference, List<string>> open = [];

    /// <summary>Counts a job: at once, or with others, where the server has to be asked what would become of it.</summary>
    public void Add(QueueReference queue, string id)
    {
        if (!forecasts.TryGetValue(queue.Server, out var forecast))
        {
            forecasts[queue.Server] = forecast = (queue.Server as IJobForecasts)?.Foresee(change);
        }

        if (forecast is null)
        {
            Count(queue, 1);
            return;
        }

        if (!open.TryGetValue(queue, out var ids))
        {
            open[queue] = ids = [];
        }

        ids.Add(id);
        if (ids.Count >= Together)
        {
            Foresee(queue, ids);
        }
    }

    /// <summary>What would be done in all, where that is not just one job.</summary>
    /// <param name="verb">What is done, as it begins a sentence.</param>
    public string? Sum(string verb)
    {
        foreach (var (queue, ids) in open)
        {
            Foresee(queue, ids);
        }

        if (queues.Count == 0)
        {
            return null;
        }

        var total = queues.Values.Sum();
        var parts = queues.Where(queue => queue.Value > 0).OrderByDescending(queue => queue.Value).Select(queue => $"{queue.Value:N0} in queue {queue.Key}").ToList();
        var more = string.Concat(forecasts.Values.OfType<IJobForecast>().Select(forecast => ForecastText.Of(forecast.Sum)));
        return total > 1 || more.Length > 0 ? $"{verb} {total:N0} {(total == 1 ? "job" : "jobs")} in all{(parts.Count > 0 ? ": " : "")}{string.Join(", ", parts)}{more}" : null;
    }

    private void Count(QueueReference queue, long jobs) => queues[queue.Queue] = queues.GetValueOrDefault(queue.Queue) + jobs;

    private void Foresee(QueueReference queue, List<string> ids)
    {
        if (ids.Count > 0)
        {
            var changed = 0;
            run(async token => changed = await forecasts[queue.Server]!.AddAsync(queue.Queue, ids, token).ConfigureAwait(false));
            Count(queue, changed);
            ids.Clear();
        }
    }
}
