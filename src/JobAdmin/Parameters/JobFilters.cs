using JobAdmin.Base;
using JobAdmin.Display;

namespace JobAdmin.Parameters;

/// <summary>Makes a filter of the parameters that every filtering cmdlet has.</summary>
internal static class JobFilters
{
    /// <summary>Makes the filter. Of two limits on the same side the stricter counts.</summary>
    public static JobFilter Build(string[]? names, string[]? reasons, DateTimeOffset? before, DateTimeOffset? after, TimeSpan? olderThan, TimeSpan? newerThan, DateTimeOffset? asOf = null)
    {
        foreach (var pattern in (names ?? []).Concat(reasons ?? []))
        {
            // A broken pattern is said here, before anything is sent.
            _ = new JobWildcard(pattern);
        }

        var now = asOf ?? DateTimeOffset.UtcNow;
        return new JobFilter
        {
            Names = names,
            Reasons = reasons,
            Before = Min(before, Ago(now, olderThan)),
            After = Max(after, Ago(now, newerThan)),
        };
    }

    /// <summary>The filter of each server that queues are on.</summary>
    public static IReadOnlyDictionary<IJobServer, JobFilter> Each(IEnumerable<QueueReference> queues, Func<IJobServer, JobFilter> build) =>
        queues.Select(static queue => queue.Server).Distinct().ToDictionary(static server => server, build);

    /// <summary>The filter in words, to stand behind "300 failed jobs".</summary>
    public static string Describe(JobFilter filter)
    {
        var words = new List<string>();
        if (filter.Names is { Count: > 0 } names)
        {
            words.Add($"named {string.Join(" or ", names)}");
        }

        if (filter.Reasons is { Count: > 0 } reasons)
        {
            words.Add($"with reason {string.Join(" or ", reasons)}");
        }

        if (filter.ReasonKinds is { Count: > 0 } kinds)
        {
            words.Add($"that failed with {string.Join(" or ", kinds.Select(kind => kind.Length == 0 ? "no reason" : $"'{kind}'"))}");
        }

        if (filter.Before is { } before)
        {
            words.Add($"before {CellText.Second(before)}");
        }

        if (filter.After is { } after)
        {
            words.Add($"from {CellText.Second(after)}");
        }

        return words.Count == 0 ? "" : " " + string.Join(", ", words);
    }

    private static DateTimeOffset? Ago(DateTimeOffset now, TimeSpan? age) =>
        age is not { } span ? null : span > now - DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : now - span;

    private static DateTimeOffset? Min(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a < b ? a : b;

    private static DateTimeOffset? Max(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a > b ? a : b;
}
