namespace JobAdmin;

/// <summary>A <see cref="JobFilter"/> applied on this side, where the server has no filters of its own or gave jobs by id.</summary>
internal sealed class JobMatcher(JobFilter filter)
{
    private readonly JobWildcard[] names = Patterns(filter.Names);
    private readonly JobWildcard[] reasons = Patterns(filter.Reasons);
    private readonly JobWildcard[] ids = Patterns(filter.Ids);
    private readonly IReadOnlyList<string> kinds = filter.ReasonKinds ?? [];
    private readonly IReadOnlyList<JobDataMatch> data = filter.Data ?? [];

    public bool IsMatch(QueueJob job) => AnyOf(names, job.Name) && AnyOf(reasons, job.FailedReason) && AnyOf(ids, job.Id)
        && IsInTime(job.FinishedOn ?? job.Timestamp, job.Server?.Connection.Kind == JobServerKind.Redis) && (kinds.Count == 0 || kinds.Contains(JobReason.Normalise(job.FailedReason)))
        && data.All(match => match.IsMatch(job));

    private bool IsInTime(DateTimeOffset? time, bool inMilliseconds) =>
        (filter.Before is not { } before || time < Limit(before, inMilliseconds)) && (filter.After is not { } after || time >= Limit(after, inMilliseconds));

    // BullMQ writes whole milliseconds and cuts off the rest. So are limits cut, as in the scripts: what has a millisecond that a limit lies in may be later.
    private static DateTimeOffset Limit(DateTimeOffset time, bool inMilliseconds) => inMilliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds()) : time;

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
