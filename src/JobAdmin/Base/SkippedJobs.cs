namespace JobAdmin.Base;

/// <summary>Counts by queue what -WhatIf left alone.</summary>
internal sealed class SkippedJobs
{
    private readonly Dictionary<string, long> queues = new(StringComparer.Ordinal);

    /// <summary>Counts a job.</summary>
    public void Add(string queue) => queues[queue] = queues.GetValueOrDefault(queue) + 1;

    /// <summary>What would be done in all, where that is more than one job.</summary>
    /// <param name="verb">What is done, as it begins a sentence.</param>
    public string? Sum(string verb)
    {
        if (queues.Count == 0)
        {
            return null;
        }

        var total = queues.Values.Sum();
        var parts = queues.OrderByDescending(queue => queue.Value).Select(queue => $"{queue.Value:N0} in queue {queue.Key}");
        return total > 1 ? $"{verb} {total:N0} jobs in all: {string.Join(", ", parts)}" : null;
    }
}
