namespace JobAdmin.Client.BullMq;

/// <summary>What one slice of a deletion did.</summary>
/// <param name="Deleted">Jobs that it surely deleted.</param>
/// <param name="Uncertain">Jobs that it may have deleted besides: its first answer was lost.</param>
internal sealed record Deletion(long Deleted, long Uncertain)
{
    /// <summary>Of jobs that were named, those that it surely left.</summary>
    public IReadOnlySet<string> Left { get; init; } = new HashSet<string>();
}
