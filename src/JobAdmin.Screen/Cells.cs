using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace JobAdmin.Screen;

/// <summary>Texts and columns of a fixed width in terminal cells, of which some characters take two.</summary>
internal static class Cells
{
    /// <summary>How many cells a text takes.</summary>
    public static int Width(string text) => new Segment(text).CellCount();

    /// <summary>A text in no more cells than there are; what is too long ends in dots.</summary>
    public static string Fit(string text, int width)
    {
        if (Width(text) <= width)
        {
            return text;
        }

        var cut = new StringBuilder();
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            used += Width(rune.ToString());
            if (used > width - 1)
            {
                break;
            }

            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    /// <summary>A column of a fixed width, with a gap behind it. The head of the one by which rows are sorted is underlined.</summary>
    public static TableColumn Column(string head, int width, int gap = 1, bool isOrder = false) =>
        new(new Text(Fit(head, width), new Style(decoration: isOrder ? Decoration.Bold | Decoration.Underline : Decoration.Bold))) { Padding = new Padding(0, 0, gap, 0), Width = width, NoWrap = true };

    /// <summary>A table of such columns, and nothing around them.</summary>
    public static Table Table(bool hasHead, params IEnumerable<TableColumn> columns)
    {
        var table = new Table { ShowHeaders = hasHead }.NoBorder();
        foreach (var column in columns)
        {
            table.AddColumn(column);
        }

        return table;
    }

    /// <summary>Adds a row, each text cut to its column.</summary>
    public static void Add(Table table, params IEnumerable<(string Text, Style Style)> cells) =>
        table.AddRow(cells.Zip(table.Columns, (cell, column) => new Text(Fit(cell.Text, column.Width!.Value), cell.Style)));

    /// <summary>One line of pieces, cut to a width.</summary>
    public static Paragraph Line(int width, params IEnumerable<(string Text, Style Style)> pieces)
    {
        var line = new Paragraph();
        foreach (var (text, style) in pieces)
        {
            var fitting = Fit(text, width);
            line.Append(fitting, style);
            width -= Width(fitting);
            if (width <= 0 || fitting.Length < text.Length)
            {
                break;
            }
        }

        return line;
    }
}
