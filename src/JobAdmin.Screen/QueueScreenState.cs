using JobAdmin.Watching;

namespace JobAdmin.Screen;

/// <summary>What the screen shows.</summary>
internal sealed class QueueScreenState(QueueScreenOptions options)
{
    private readonly Dictionary<(string?, string), QueueRow> known = [];
    private (string?, string)? selected;

    public QueueScreenOptions Options => options;

    public TimeSpan Interval { get; set; } = options.Interval;

    public QueueOrder Order { get; set; } = options.Order;

    public bool Reversed { get; set; }

    /// <summary>Whether the looks rest, so that one can read.</summary>
    public bool Paused { get; set; }

    public bool Quit { get; set; }

    public bool ShowsHelp { get; set; }

    public bool ShowsFailures { get; set; } = true;

    /// <summary>What a queue's name must hold.</summary>
    public string Filter { get; set; } = "";

    /// <summary>Whether keys go into the filter.</summary>
    public bool IsTyping { get; set; }

    /// <summary>The rows to show, in their order.</summary>
    public IReadOnlyList<QueueRow> Rows { get; private set; } = [];

    /// <summary>All queues that were read, whatever the filter.</summary>
    public IReadOnlyCollection<QueueRow> All => known.Values;

    /// <summary>When they were read.</summary>
    public DateTimeOffset? ReadAt { get; private set; }

    /// <summary>What went wrong with the newest look; null when nothing did.</summary>
    public string? Problem { get; set; }

    /// <summary>The newest failures of the selected queue.</summary>
    public IReadOnlyList<QueueJob> Failures { get; set; } = [];

    /// <summary>The place of the selected row; -1 when there are no rows.</summary>
    public int Selected
    {
        get
        {
            for (var i = 0; i < Rows.Count; i++)
            {
                if (Key(Rows[i].Sample) == selected)
                {
                    return i;
                }
            }

            return Rows.Count - 1 < 0 ? -1 : 0;
        }
    }

    /// <summary>The selected row.</summary>
    public QueueRow? SelectedRow => Selected is >= 0 and var at ? Rows[at] : null;

    /// <summary>Selects a row, or the nearest that there is.</summary>
    public void Select(int place)
    {
        if (Rows.Count > 0)
        {
            selected = Key(Rows[Math.Clamp(place, 0, Rows.Count - 1)].Sample);
        }
    }

    /// <summary>Takes what was read.</summary>
    public void Take(IReadOnlyList<JobQueueSample> samples, DateTimeOffset at)
    {
        ReadAt = at;
        var keys = samples.Select(Key).ToHashSet();
        foreach (var gone in known.Keys.Where(key => !keys.Contains(key)).ToList())
        {
            known.Remove(gone);
        }

        foreach (var sample in samples)
        {
            var key = Key(sample);
            if (!known.TryGetValue(key, out var row))
            {
                known[key] = row = new QueueRow(sample);
            }

            row.Take(sample);
        }

        Arrange();
    }

    /// <summary>Filters and sorts anew. The selection stays with its queue.</summary>
    public void Arrange()
    {
        var place = Selected;
        var was = selected;
        IEnumerable<QueueRow> rows = known.Values.Where(row => row.Sample.Queue.Contains(Filter, StringComparison.OrdinalIgnoreCase));
        rows = Order == QueueOrder.Name
            ? Reversed ? rows.OrderByDescending(Name, StringComparer.OrdinalIgnoreCase) : rows.OrderBy(Name, StringComparer.OrdinalIgnoreCase)
            : (Reversed ? rows.OrderBy(Number) : rows.OrderByDescending(Number)).ThenBy(Name, StringComparer.OrdinalIgnoreCase);
        Rows = [.. rows];
        if (was is null || !Rows.Any(row => Key(row.Sample) == was))
        {
            selected = null;
            Select(Math.Max(0, place));
        }
    }

    private double Number(QueueRow row) => Order switch
    {
        QueueOrder.Waiting => (row.Sample.Waiting ?? 0) + (row.Sample.Prioritized ?? 0),
        QueueOrder.Active => row.Sample.Active ?? 0,
        QueueOrder.Delayed => row.Sample.Delayed ?? 0,
        QueueOrder.Failed => row.Sample.Failed ?? 0,
        QueueOrder.In => row.Sample.AddedPerSecond ?? 0,
        QueueOrder.Out => row.Sample.FinishedPerSecond ?? 0,
        _ => row.Sample.OldestWaiting?.TotalSeconds ?? 0,
    };

    private static string Name(QueueRow row) => row.Sample.Queue;

    private static (string?, string) Key(JobQueueSample sample) => (sample.Connection, sample.Queue);
}
