using System.Globalization;
using JobAdmin.Display;
using JobAdmin.Watching;
using Spectre.Console;
using Spectre.Console.Rendering;
using static JobAdmin.Screen.QueueColumns;

namespace JobAdmin.Screen;

/// <summary>Draws the screen as lines of text.</summary>
internal static class QueueFrame
{
    private const int MostFailures = 8;

    // Above the failures, as many rows of the table have to be left.
    private const int RowsBeforeFailures = 6;

    private static readonly Style Bold = new(decoration: Decoration.Bold);

    /// <summary>How many failures are worth asking for.</summary>
    public static int FailuresFor(int height) => Math.Clamp(height / 4, 0, MostFailures);

    /// <summary>The lines of a frame: as many as the screen has, none wider.</summary>
    /// <param name="state">What to show.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    public static IReadOnlyList<string> Draw(QueueScreenState state, int width, int height)
    {
        string[] head = [.. Lines(Title(state, width)), .. Lines(Summary(state, width)), ""];
        string[] foot = [.. Lines(Footer(state, width))];
        var room = height - head.Length - foot.Length;
        string[] panel = state.ShowsHelp || !state.ShowsFailures ? [] : [.. Failures(state, width, Math.Min(FailuresFor(height), room - RowsBeforeFailures)).SelectMany(Lines)];
        var body = (state.ShowsHelp ? Help(width) : Table(state, width, room - panel.Length)).SelectMany(Lines).Take(Math.Max(0, room - panel.Length)).ToList();
        body.AddRange(Enumerable.Repeat("", Math.Max(0, room - panel.Length - body.Count)));
        return [.. ((IEnumerable<string>)[.. head, .. body, .. panel, .. foot]).Take(height)];

        IEnumerable<string> Lines(IRenderable what) => Render(what, width, state.Options.Colours);
    }

    private static Table Title(QueueScreenState state, int width)
    {
        var servers = state.Options.Sampler.Servers.Select(watched => watched.Server.Connection).ToList();
        var where = servers is [var one] ? $"{one.Name} · {one.Endpoint}" : string.Join(", ", servers.Select(server => server.Name));
        var mode = state.Paused ? "PAUSED" : $"every {CellText.Duration(state.Interval)}";
        var right = $"{mode}  {state.ReadAt?.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}";
        var leftWidth = Math.Max(10, width - Cells.Width(right) - 1);
        var table = Cells.Table(hasHead: false, Cells.Column("", leftWidth), Cells.Column("", right.Length, gap: 0));
        return table.AddRow(Cells.Line(leftWidth, ("JobAdmin", Bold), ("  " + CellText.Visible(where), Plain)), new Text(right, state.Paused ? Held : Dim));
    }

    private static Paragraph Summary(QueueScreenState state, int width)
    {
        var all = state.All.Select(row => row.Sample).ToList();
        List<(string, Style)> pieces = [(state.Rows.Count == all.Count ? Plural(all.Count, "queue") : $"{state.Rows.Count} of {Plural(all.Count, "queue")}", Plain)];
        Part(all.Count(sample => sample.IsPaused == true), "paused", Held, onlyWhenAny: true);
        Part(all.Sum(sample => (sample.Waiting ?? 0) + (sample.Prioritized ?? 0)), "waiting", Plain);
        Part(all.Sum(sample => sample.Active ?? 0), "active", Busy);
        Part(all.Sum(sample => sample.Failed ?? 0), "failed", Bad);
        if (all.Any(sample => sample.FinishedPerSecond is not null))
        {
            pieces.Add(($" · in {CellText.Rate(all.Sum(sample => sample.AddedPerSecond))}/s · out {CellText.Rate(all.Sum(sample => sample.FinishedPerSecond))}/s", Plain));
        }

        if (all.Any(sample => sample.Workers is not null))
        {
            pieces.Add(($" · {Plural(all.Sum(sample => sample.Workers ?? 0), "worker")}", Plain));
        }

        return Cells.Line(width, pieces);

        void Part(long count, string word, Style style, bool onlyWhenAny = false)
        {
            if (count > 0 || !onlyWhenAny)
            {
                pieces.Add((" · ", Plain));
                pieces.Add(($"{CellText.Count(count)} {word}", count > 0 ? style : Plain));
            }
        }
    }

    private static IEnumerable<IRenderable> Table(QueueScreenState state, int width, int height)
    {
        if (state.Rows.Count == 0)
        {
            var why = state.All.Count == 0 ? "There are no queues." : $"No queue has '{CellText.Visible(state.Filter)}' in its name.";
            yield return Cells.Line(width, (why, Dim));
            yield break;
        }

        var room = Math.Max(1, height - 2);
        var first = Math.Clamp(state.Selected - room + 1, 0, Math.Max(0, state.Rows.Count - room));
        var shown = state.Rows.Skip(first).Take(room).ToList();
        var columns = For(width, state.Rows);
        var nameWidth = Math.Clamp(width - 4 - columns.Sum(column => column.Width + 1), 6, 60);
        var table = Cells.Table(hasHead: true, [Cells.Column("", 2), Cells.Column("Queue", nameWidth, isOrder: state.Order == QueueOrder.Name), .. columns.Select(column => column.Head(state))]);
        for (var i = 0; i < shown.Count; i++)
        {
            var isSelected = first + i == state.Selected;
            Cells.Add(table, [((isSelected ? "▸" : " ") + (shown[i].Sample.IsPaused == true ? "‖" : ""), Busy), Name(shown[i], state, isSelected), .. columns.Select(column => column.Cell(shown[i]))]);
        }

        yield return table;
        if (shown.Count < state.Rows.Count)
        {
            yield return Cells.Line(width, ($"  {first + 1} to {first + shown.Count} of {state.Rows.Count}", Dim));
        }
    }

    private static IEnumerable<IRenderable> Failures(QueueScreenState state, int width, int most)
    {
        if (most <= 0 || state.SelectedRow is not { Sample: { } sample } || state.Failures.Count == 0 || state.Failures[0].Queue != sample.Queue)
        {
            yield break;
        }

        var nameWidth = Math.Clamp(width / 6, 8, 24);
        var table = Cells.Table(hasHead: false, Cells.Column("", 8), Cells.Column("", 12), Cells.Column("", nameWidth), Cells.Column("", Math.Max(10, width - 23 - nameWidth), gap: 0));
        foreach (var job in state.Failures.Take(most))
        {
            Cells.Add(table, (CellText.Relative(job.FinishedOn ?? job.Timestamp), Dim), (CellText.Visible(job.Id), Plain), (CellText.Visible(job.Name), Plain),
                (CellText.Visible(job.FailedReason?.Trim()), Bad));
        }

        yield return new Text("");
        yield return Cells.Line(width, ($"Newest failures in {CellText.Visible(sample.Queue)}", Bold));
        yield return table;
    }

    private static IEnumerable<IRenderable> Help(int width)
    {
        var table = Cells.Table(hasHead: false, Cells.Column("", 10), new TableColumn("") { Padding = new Padding(0), Width = Math.Max(10, width - 12) });
        foreach (var (keys, effect) in QueueScreenKeys.All)
        {
            table.AddRow(new Text(keys, Busy), new Text(effect));
        }

        yield return table;
        yield return new Text("\nRates are of the newest events. Left is when nothing waits any more, at this pace. ‖ is a paused queue. Any key goes back.", Dim);
    }

    private static Paragraph Footer(QueueScreenState state, int width)
    {
        if (state.IsTyping)
        {
            return Cells.Line(width, ("filter: ", Busy), (CellText.Visible(state.Filter), Plain), ("█", Plain));
        }

        if (state.Problem is { } problem)
        {
            return Cells.Line(width, (CellText.Visible(problem), Bad));
        }

        var filter = state.Filter.Length > 0 ? $"filter: {CellText.Visible(state.Filter)}" : "filter";
        var keys = new List<(string Key, string Word)> { ("q", "quit"), ("space", state.Paused ? "go on" : "pause"), ("s", $"sort: {state.Order.ToString().ToLowerInvariant()}{(state.Reversed ? " ↑" : "")}"), ("/", filter) };
        if (width >= 80)
        {
            keys.AddRange([("↑↓", "select"), ("f", "failures")]);
        }

        keys.Add(("?", "help"));
        return Cells.Line(width, keys.SelectMany(key => new[] { (key.Key, Busy), ($" {key.Word}  ", Dim) }));
    }

    private static (string, Style) Name(QueueRow row, QueueScreenState state, bool isSelected)
    {
        var name = state.Options.Sampler.Servers.Count > 1 ? CellText.OnConnection(row.Sample.Queue, row.Sample.Connection) : CellText.Visible(row.Sample.Queue);
        return (name, new Style(row.Sample.IsPaused == true ? Color.Olive : Color.Default, decoration: isSelected ? Decoration.Bold : Decoration.None));
    }

    private static string Plural(int count, string word) => $"{count} {word}{(count == 1 ? "" : "s")}";

    private static IEnumerable<string> Render(IRenderable what, int width, bool hasColours)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes, ColorSystem = hasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = width;
        console.Profile.Capabilities.Unicode = true;
        console.Write(what);
        // Each thing ends its last line, or does not.
        var lines = text.ToString().ReplaceLineEndings("\n").Split('\n');
        return lines.Length > 1 && lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
