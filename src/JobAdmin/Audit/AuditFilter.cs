namespace JobAdmin.Audit;

/// <summary>Which jobs of a queue a change is of, where they are not named one by one.</summary>
/// <param name="States">Their states.</param>
/// <param name="Filter">What else is asked of them.</param>
/// <param name="Max">How many at the most; null for all.</param>
internal sealed record AuditFilter(IReadOnlyList<JobState> States, JobFilter Filter, long? Max)
{
    /// <summary>The filter of a listing.</summary>
    public static AuditFilter Of(JobQuery query) => new(query.States, query.Filter, query.First);

    /// <summary>The filter of a clearing.</summary>
    public static AuditFilter Of(ClearQuery query) => new(query.States, query.Filter, query.Max);

    /// <summary>As it stands in the audit: what is not asked for is left out.</summary>
    public object ToRecord() => new Dictionary<string, object?>
    {
        ["states"] = States.Select(Base.JobErrors.Word),
        ["names"] = Filter.Names,
        ["reasons"] = Filter.Reasons,
        ["reasonKinds"] = Filter.ReasonKinds,
        ["before"] = Filter.Before,
        ["after"] = Filter.After,
        ["max"] = Max,
    }.Where(part => part.Value is not null).ToDictionary();
}
