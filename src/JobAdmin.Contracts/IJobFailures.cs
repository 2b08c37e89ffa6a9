namespace JobAdmin;

/// <summary>A server whose failed jobs are grouped without bringing each of them here.</summary>
public interface IJobFailures
{
    /// <summary>The failed jobs of a queue by the kind of their reason.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="filter">Which of them.</param>
    /// <param name="progress">Told how many jobs have been looked at.</param>
    /// <param name="cancellationToken">Stops it between pages.</param>
    /// <returns>The groups, the largest first.</returns>
    Task<IReadOnlyList<JobFailureGroup>> GetFailuresAsync(string queue, JobFilter filter, IProgress<long>? progress, CancellationToken cancellationToken);
}

/// <summary>Failed jobs of one queue whose reasons are of one kind (see <see cref="JobReason"/>).</summary>
public sealed class JobFailureGroup
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>What the reasons have in common; empty for jobs without a reason.</summary>
    public required string Reason { get; init; }

    /// <summary>How many jobs.</summary>
    public long Count { get; init; }

    /// <summary>When the first of them failed.</summary>
    public DateTimeOffset? FirstSeen { get; init; }

    /// <summary>When the last of them failed.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>Their job names, the most frequent first; not all when there are many.</summary>
    public IReadOnlyList<string> JobNames { get; init; } = [];

    /// <summary>Ids of some of them, newest first.</summary>
    public IReadOnlyList<string> SampleIds { get; init; } = [];

    /// <summary>The newest reason as the worker gave it.</summary>
    public string? Example { get; init; }

    /// <summary>Whether this stands for all kinds beyond what a listing keeps apart. Such a group can't be piped.</summary>
    public bool IsRest { get; init; }

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    internal JobFilter Filter { get; init; } = new();

    /// <summary>The kind as a pattern for <c>-Reason</c>, which may match other reasons too.</summary>
    /// <returns>The pattern.</returns>
    public string GetPattern() => JobReason.ToWildcard(Reason);

    /// <summary>Exactly the jobs of the group: those that failed later with the same reason are not among them.</summary>
    /// <returns>The query.</returns>
    public JobQuery GetQuery() => new() { Queue = Queue, States = [JobState.Failed], Filter = Filter with { ReasonKinds = [Reason] } };

    /// <summary>The group in words.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => $"{Count} failed jobs in queue {Queue}: {Reason}";
}

/// <summary>Counts failed jobs by the kind of their reason.</summary>
internal sealed class JobFailureTally(string queue, IJobServer server, JobFilter filter)
{
    // Beyond this the reasons have too little in common for groups to help anybody, and memory stays bounded.
    private const int KindsAtMost = 5000;
    private const int NamesAtMost = 20;
    private const int SamplesAtMost = 5;
    private const int ExampleAtMost = 2000;

    private readonly Dictionary<string, Tally> tallies = new(StringComparer.Ordinal);
    private Tally? rest;

    /// <summary>Counts jobs of one name and one reason. Newest first: samples are taken as they come.</summary>
    public void Add(string? reason, string name, long count, long newest, long oldest, IEnumerable<string> ids)
    {
        var kind = JobReason.Normalise(reason);
        if (!tallies.TryGetValue(kind, out var tally))
        {
            tally = tallies.Count < KindsAtMost ? tallies[kind] = new Tally(reason) : rest ??= new Tally(null);
        }

        tally.Count += count;
        tally.Newest = Math.Max(tally.Newest, newest);
        tally.Oldest = Math.Min(tally.Oldest, oldest);
        if (tally.Names.TryGetValue(name, out var known) || tally.Names.Count < NamesAtMost)
        {
            tally.Names[name] = known + count;
        }

        foreach (var id in ids)
        {
            if (tally.Ids.Count >= SamplesAtMost)
            {
                break;
            }

            tally.Ids.Add(id);
        }
    }

    /// <summary>The groups, the largest first, what is beyond them last.</summary>
    public IReadOnlyList<JobFailureGroup> ToGroups()
    {
        var groups = tallies.OrderByDescending(t => t.Value.Count).ThenBy(t => t.Key, StringComparer.Ordinal).Select(t => Group(t.Key, t.Value, false)).ToList();
        if (rest is not null)
        {
            groups.Add(Group("*", rest, true));
        }

        return groups;
    }

    private JobFailureGroup Group(string kind, Tally tally, bool isRest) => new()
    {
        Server = server,
        Queue = queue,
        Filter = filter,
        Reason = kind,
        IsRest = isRest,
        Count = tally.Count,
        FirstSeen = Time(tally.Oldest),
        LastSeen = Time(tally.Newest),
        JobNames = [.. tally.Names.OrderByDescending(n => n.Value).ThenBy(n => n.Key, StringComparer.Ordinal).Select(n => n.Key)],
        SampleIds = tally.Ids,
        Example = tally.Example,
    };

    private static DateTimeOffset? Time(long milliseconds) => milliseconds is > 0 and < 253402300799999 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private sealed class Tally(string? example)
    {
        public string? Example { get; } = example is { Length: > ExampleAtMost } ? example[..ExampleAtMost] : example;

        public long Count { get; set; }

        public long Newest { get; set; } = long.MinValue;

        public long Oldest { get; set; } = long.MaxValue;

        public Dictionary<string, long> Names { get; } = new(StringComparer.Ordinal);

        public List<string> Ids { get; } = [];
    }
}
