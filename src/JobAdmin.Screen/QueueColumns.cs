using JobAdmin.Display;
using JobAdmin.Watching;
using Spectre.Console;

namespace JobAdmin.Screen;

/// <summary>A column of the screen.</summary>
/// <param name="Header">Its head.</param>
/// <param name="Width">Its width.</param>
/// <param name="Cell">The text of a row, and its style.</param>
/// <param name="IsKnown">Whether a server says it.</param>
internal sealed record QueueColumn(string Header, int Width, Func<QueueRow, (string Text, Style Style)> Cell, Func<JobQueueSample, bool> IsKnown)
{
    /// <summary>The order in which rows are when they are sorted by this column.</summary>
    public QueueOrder? Order { get; init; }

    /// <summary>Whether it stands at the left.</summary>
    public bool IsLeft { get; init; }

    /// <summary>The column as the table has it.</summary>
    public TableColumn Head(QueueScreenState state)
    {
        var column = Cells.Column(Header, Width, isOrder: Order == state.Order);
        return IsLeft ? column : column.RightAligned();
    }
}

/// <summary>Which columns a width has room for.</summary>
internal static class QueueColumns
{
    public static readonly Style Bad = new(Color.Maroon), Good = new(Color.Green), Busy = new(Color.Teal), Held = new(Color.Olive), Dim = new(Color.Grey), Plain = Style.Plain;

    /// <summary>The columns beside the name, with what no server says left out.</summary>
    public static IReadOnlyList<QueueColumn> For(int width, IReadOnlyList<QueueRow> rows)
    {
        var trend = width switch { < 60 => 0, < 100 => 6, < 140 => 14, < 180 => 16, _ => 28 };
        var columns = new List<QueueColumn?>
        {
            Count("Waiting", 8, s => s.Waiting, QueueOrder.Waiting),
            width >= 100 ? Count("Prio", 6, s => s.Prioritized) : null,
            Count("Active", 6, s => s.Active, QueueOrder.Active, Busy),
            width >= 60 ? Count("Delayed", 7, s => s.Delayed, QueueOrder.Delayed) : null,
            width >= 140 ? Count("Flows", 6, s => s.WaitingChildren) : null,
            Count("Failed", 6, s => s.Failed, QueueOrder.Failed, Bad),
            width >= 100 ? Count("Done", 6, s => s.Completed, style: Good) : null,
            width >= 48 ? Rate("In/s", s => s.AddedPerSecond, QueueOrder.In) : null,
            width >= 140 ? Trend("In trend", trend, row => row.Added, Plain) : null,
            width >= 48 ? Rate("Out/s", s => s.FinishedPerSecond, QueueOrder.Out) : null,
            trend > 0 ? Trend(width >= 140 ? "Out trend" : "Trend", trend, row => row.Finished, Busy) : null,
            width >= 120 ? Rate("Fail/s", s => s.FailedPerSecond, style: Bad) : null,
            width >= 120 ? new QueueColumn("Left", 7, row => (CellText.Duration(Whole(row.Sample.TimeLeft)), Plain), s => s.TimeLeft is not null) : null,
            width >= 60 ? new QueueColumn("Wkr", 3, Workers, s => s.Workers is not null) : null,
            width >= 60 ? new QueueColumn("Age", 4, row => (row.Sample.OldestWaiting is { } age ? CellText.Short(age) : "", Plain), s => s.OldestWaiting is not null) { Order = QueueOrder.Age } : null,
        };
        // The time left comes and goes with the traffic; its column stays.
        return [.. columns.OfType<QueueColumn>().Where(column => column.Header == "Left" || rows.Any(row => column.IsKnown(row.Sample)))];
    }

    private static QueueColumn Count(string header, int width, Func<JobQueueSample, long?> count, QueueOrder? order = null, Style? style = null) =>
        new(header, width, row => (CellText.Compact(count(row.Sample)), count(row.Sample) is 0 ? Dim : style ?? Plain), s => count(s) is not null) { Order = order };

    private static QueueColumn Rate(string header, Func<JobQueueSample, double?> rate, QueueOrder? order = null, Style? style = null) =>
        new(header, header.Length > 5 ? 6 : 5, row => (CellText.Rate(rate(row.Sample)), rate(row.Sample) is 0 ? Dim : style ?? Plain), s => rate(s) is not null) { Order = order };

    private static QueueColumn Trend(string header, int width, Func<QueueRow, IReadOnlyList<double>> past, Style style) =>
        new(header, width, row => (Sparkline.Newest(past(row), width), style), s => s.FinishedPerSecond is not null) { IsLeft = true };

    // Nobody there while jobs wait is what one watches for.
    private static (string, Style) Workers(QueueRow row) =>
        (CellText.Compact(row.Sample.Workers), row.Sample is { Workers: 0, IsPaused: not true } && (row.Sample.Waiting ?? 0) + (row.Sample.Prioritized ?? 0) > 0 ? Bad : Plain);

    private static TimeSpan? Whole(TimeSpan? span) => span is { } exact ? TimeSpan.FromSeconds(Math.Ceiling(exact.TotalSeconds)) : null;
}
