namespace JobAdmin.Server.Security;

/// <summary>Which queues there are, as far as a caller is concerned. Names count exactly; <c>* ? [ ]</c> are wildcards.</summary>
internal sealed class QueueFilter
{
    private readonly List<QueueFilter> all = [];
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly List<JobWildcard> patterns = [];
    private readonly bool open;

    private QueueFilter(bool open) => this.open = open;

    /// <summary>Every queue.</summary>
    public static QueueFilter All { get; } = new(true);

    /// <summary>Whether some queues are left out.</summary>
    public bool IsBounded => !open;

    /// <summary>The names and patterns, for a caller that asks what it may see.</summary>
    public IEnumerable<string> Words => all.Count > 0 ? all.Where(filter => filter.IsBounded).SelectMany(filter => filter.Words) : names.Concat(patterns.Select(p => p.Pattern));

    /// <summary>Reads a comma-separated list; null for no bound. An empty list is an error rather than a door left open.</summary>
    public static QueueFilter Parse(string? list)
    {
        if (list is null)
        {
            return All;
        }

        var filter = new QueueFilter(false);
        foreach (var word in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (JobWildcard.HasWildcard(word))
            {
                filter.patterns.Add(new JobWildcard(word));
            }
            else
            {
                filter.names.Add(word);
            }
        }

        return filter.names.Count + filter.patterns.Count > 0 ? filter : throw new Hosting.OptionError("The list of queues is empty: leave it out to serve all.");
    }

    /// <summary>Whether another allows the same by the same words.</summary>
    public bool IsSame(QueueFilter other) => open == other.open && Words.ToHashSet(StringComparer.Ordinal).SetEquals(other.Words);

    /// <summary>The queues that both allow.</summary>
    public QueueFilter And(QueueFilter other)
    {
        if (open || other.open)
        {
            return open ? other : this;
        }

        var both = new QueueFilter(false);
        both.all.AddRange([this, other]);
        return both;
    }

    /// <summary>Whether a queue is among them.</summary>
    public bool Allows(string queue) => open || (all.Count > 0 ? all.TrueForAll(filter => filter.Allows(queue))
        : names.Contains(queue) || patterns.Exists(pattern => pattern.IsMatch(queue)));
}
