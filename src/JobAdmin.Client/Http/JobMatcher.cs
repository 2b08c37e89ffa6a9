namespace JobAdmin.Client.Http;

/// <summary>A <see cref="JobFilter"/> applied on this side, for servers that have no filters of their own.</summary>
internal sealed class JobMatcher(JobFilter filter)
{
    private readonly JobWildcard[] names = Patterns(filter.Names);
    private readonly JobWildcard[] reasons = Patterns(filter.Reasons);

    public bool IsMatch(QueueJob job) => AnyOf(names, job.Name) && AnyOf(reasons, job.FailedReason) && IsInTime(job.FinishedOn ?? job.Timestamp);

    private bool IsInTime(DateTimeOffset? time) =>
        (filter.Before is not { } before || time < before) && (filter.After is not { } after || time >= after);

    private static bool AnyOf(JobWildcard[] patterns, string? text)
    {
        foreach (var pattern in patterns)
        {
            if (text is not null && pattern.IsMatch(text))
            {
                return true;
            }
        }

        return patterns.Length == 0;
    }

    private static JobWildcard[] Patterns(IReadOnlyList<string>? texts) => texts is null ? [] : [.. texts.Select(static text => new JobWildcard(text))];
}
