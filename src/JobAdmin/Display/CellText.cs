using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobAdmin.Display;

/// <summary>How values are written in views: short, with units, and with nothing in them that a terminal would obey.</summary>
internal static class CellText
{
    // A cell is cut to its column anyway; this only keeps a reason of a megabyte out of the formatter.
    private const int LongestCell = 500;

    /// <summary>One line of a text from outside. Control characters become their pictures, invisible and direction marks their codes.</summary>
    public static string Visible(string? text, int longest = LongestCell)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var cut = text.Length > longest;
        var span = cut ? text.AsSpan(0, longest) : text.AsSpan();
        var plain = true;
        foreach (var c in span)
        {
            plain &= c is >= ' ' and < '\u007f';
        }

        if (plain)
        {
            return cut ? string.Concat(span, "…") : text;
        }

        var shown = new StringBuilder(span.Length + 16);
        while (!span.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(span, out var rune, out var used) == System.Buffers.OperationStatus.Done)
            {
                AppendVisible(shown, rune);
            }
            else
            {
                AppendCode(shown, span[0]);
            }

            span = span[used..];
        }

        return cut ? shown.Append('…').ToString() : shown.ToString();
    }

    /// <summary>A text of several lines, each made visible, the last of them dropped when there are too many.</summary>
    public static string VisibleLines(string? text, int mostLines = 40, int longestLine = 2000)
    {
        var lines = (text ?? "").ReplaceLineEndings("\n").TrimEnd('\n').Split('\n', mostLines + 1);
        var shown = lines.Take(mostLines).Select(line => Visible(line.Replace("\t", "    ", StringComparison.Ordinal), longestLine));
        return string.Join('\n', lines.Length > mostLines ? shown.Append("…") : shown);
    }

    /// <summary>An id, visible throughout, in so many columns: of a long one, both ends, since UUIDs and the like may differ in either.</summary>
    public static string Id(string id, int width)
    {
        var shown = Visible(id);
        return shown.Length <= width ? shown : string.Concat(shown.AsSpan(0, (width - 1) / 2), "…", shown.AsSpan(shown.Length - (width / 2)));
    }

    /// <summary>Sentences in a list view, each on lines of its own and broken between words: the list itself would break inside of them.</summary>
    public static string Sentences(IEnumerable<string> sentences) => string.Join('\n', sentences.Select(sentence => Wrapped(Visible(sentence).Split(' '), "\n  ")));

    /// <summary>Words with commas, broken into lines that fit a list view.</summary>
    public static string Listed(IEnumerable<string> words) => Wrapped(string.Join(", ", words).Split(' '), "\n");

    /// <summary>A count with its thousands apart; empty when it is not known.</summary>
    public static string Count(long? count) => count?.ToString("N0", CultureInfo.CurrentCulture) ?? "";

    /// <summary>A part in percent. Arabic puts a mark behind it that turns no line here, and would be shown as an escape.</summary>
    public static string Percent(double part) => part.ToString("P1", CultureInfo.CurrentCulture).Replace("\u061C", "", StringComparison.Ordinal);

    /// <summary>A count in six characters at the most: from 100,000 on in thousands, millions and so on.</summary>
    public static string Compact(long? count) => count switch
    {
        null => "",
        < 100_000 => Count(count),
        < 1_000_000 => Invariant($"{count / 1000}k"),
        < 10_000_000 => string.Create(CultureInfo.CurrentCulture, $"{Math.Floor(count.Value / 10_000.0) / 100:0.00}M"),
        < 100_000_000 => string.Create(CultureInfo.CurrentCulture, $"{Math.Floor(count.Value / 100_000.0) / 10:0.0}M"),
        < 1_000_000_000 => Invariant($"{count / 1_000_000}M"),
        _ => Invariant($"{count / 1_000_000_000}G"),
    };

    /// <summary>Jobs a second with what matters of it; empty when it is not known.</summary>
    public static string Rate(double? perSecond) => perSecond switch
    {
        null => "",
        0 => "0",
        < 0.1 => string.Create(CultureInfo.CurrentCulture, $"{perSecond:0.00}"),
        < 100 => string.Create(CultureInfo.CurrentCulture, $"{perSecond:0.0}"),
        _ => Compact((long)perSecond),
    };

    /// <summary>A span in its largest unit: <c>12s</c>, <c>3m</c>, <c>5h</c>, <c>12d</c>, <c>3y</c>.</summary>
    public static string Short(TimeSpan span) => span.Duration() switch
    {
        { TotalSeconds: < 60 } s => Invariant($"{(int)s.TotalSeconds}s"),
        { TotalMinutes: < 60 } s => Invariant($"{(int)s.TotalMinutes}m"),
        { TotalHours: < 48 } s => Invariant($"{(int)s.TotalHours}h"),
        { TotalDays: < 1000 } s => Invariant($"{(int)s.TotalDays}d"),
        var s => Invariant($"{(int)(s.TotalDays / 365.25)}y"),
    };

    /// <summary>How far a time is from now: <c>3m ago</c>, <c>in 5h</c>, <c>now</c>; empty when there is none.</summary>
    public static string Relative(DateTimeOffset? time)
    {
        if (time is not { } at)
        {
            return "";
        }

        var passed = DateTimeOffset.UtcNow - at;
        return passed.Duration() < TimeSpan.FromSeconds(1) ? "now" : passed > TimeSpan.Zero ? Short(passed) + " ago" : "in " + Short(passed);
    }

    /// <summary>A duration with two figures that matter: <c>340 ms</c>, <c>1.24 s</c>, <c>3m 05s</c>, <c>2h 14m</c>, <c>3d 4h</c>.</summary>
    public static string Duration(TimeSpan? duration) => duration?.Duration() switch
    {
        null => "",
        { TotalMilliseconds: < 10 } d => string.Create(CultureInfo.CurrentCulture, $"{d.TotalMilliseconds:0.##} ms"),
        { TotalSeconds: < 1 } d => Invariant($"{(int)d.TotalMilliseconds} ms"),
        { TotalSeconds: < 60 } d => string.Create(CultureInfo.CurrentCulture, $"{d.TotalSeconds:0.##} s"),
        { TotalMinutes: < 60 } d => Invariant($"{d.Minutes}m {d.Seconds:00}s"),
        { TotalHours: < 48 } d => Invariant($"{(int)d.TotalHours}h {d.Minutes:00}m"),
        { } d => Invariant($"{d.Days}d {d.Hours}h"),
    };

    /// <summary>A time where it is read, with its offset and how far it is from now; empty when there is none.</summary>
    public static string Local(DateTimeOffset? time) =>
        time is { } at ? Invariant($"{at.ToLocalTime():yyyy-MM-dd HH:mm:ss.fff zzz} ({Relative(at)})") : "";

    /// <summary>A time where it is read, to the second, in the calendar that a typed ISO 8601 time is read in, whichever the culture's is.</summary>
    public static string Second(DateTimeOffset time) => Invariant($"{time.ToLocalTime():yyyy-MM-dd HH:mm:ss}");

    /// <summary>The same with its offset; empty for none.</summary>
    public static string SecondWithOffset(DateTimeOffset? time) => Invariant($"{time?.ToLocalTime():yyyy-MM-dd HH:mm:ss zzz}");

    /// <summary>Bytes in the unit that suits them.</summary>
    public static string Bytes(long? bytes)
    {
        if (bytes is not { } size)
        {
            return "";
        }

        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        var value = (double)size;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.CurrentCulture, $"{value:0.#} {units[unit]}");
    }

    /// <summary>A progress as a job reports it: a bar for a number from 0 to 100 (alone or as <c>percent</c> of an object), otherwise what it is.</summary>
    public static string Progress(object? progress)
    {
        if (progress is string text)
        {
            return ProgressOfObject(text) ?? Visible(text);
        }

        return progress is IConvertible number ? Bar(number.ToDouble(CultureInfo.InvariantCulture)) : "";
    }

    /// <summary>A queue and the connection that it is on; the connection alone where the server has no queues.</summary>
    public static string OnConnection(string queue, string? connection) =>
        Visible(connection is null ? queue : queue.Length == 0 ? connection : $"{queue} on {connection}");

    /// <summary>A name in colour, cut to its column first so that the colour is closed inside of it.</summary>
    public static string Coloured(string word, int width, string? colour)
    {
        var cut = word.Length > width ? string.Concat(word.AsSpan(0, width - 1), "…") : word;
        return colour is null ? cut : $"\u001b[{colour}m{cut}\u001b[0m";
    }

    private static string Wrapped(IEnumerable<string> words, string lineBreak)
    {
        // What a list view has beside its longest label on a screen of 80.
        const int Width = 60;
        var text = new StringBuilder();
        var column = 0;
        foreach (var word in words)
        {
            if (column > 0 && column + word.Length >= Width)
            {
                text.Append(lineBreak);
                column = 0;
            }
            else if (column > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        return text.ToString();
    }

    private static string Bar(double percent)
    {
        if (percent is not (>= 0 and <= 100))
        {
            return percent.ToString("0.##", CultureInfo.CurrentCulture);
        }

        const int Cells = 8;
        var full = (int)(percent / 100 * Cells);
        return Invariant($"{new string('█', full)}{new string('░', Cells - full)} {(int)percent,3}%");
    }

    private static string? ProgressOfObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.String)
            {
                return Visible(root.GetString());
            }

            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("percent", out var percent) || percent.ValueKind != JsonValueKind.Number)
            {
                return null;
            }

            var stage = root.TryGetProperty("stage", out var word) && word.ValueKind == JsonValueKind.String ? " " + Visible(word.GetString()) : "";
            return Bar(percent.GetDouble()) + stage;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void AppendVisible(StringBuilder shown, Rune rune)
    {
        switch (Rune.GetUnicodeCategory(rune))
        {
            case UnicodeCategory.Control when rune.Value < 0x20:
                shown.Append((char)(0x2400 + rune.Value));
                break;
            case UnicodeCategory.Control when rune.Value == 0x7f:
                shown.Append('␡');
                break;
            // The joiners belong to Persian words and to emoji; they are harmless.
            case UnicodeCategory.Format when rune.Value is 0x200c or 0x200d:
                shown.Append(rune);
                break;
            case UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator:
                AppendCode(shown, rune.Value);
                break;
            default:
                shown.Append(rune);
                break;
        }
    }

    private static void AppendCode(StringBuilder shown, int code) =>
        shown.Append(code > 0xffff ? Invariant($"\\u{{{code:X}}}") : Invariant($"\\u{code:X4}"));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
