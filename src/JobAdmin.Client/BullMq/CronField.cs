using System.Globalization;
using System.Text.RegularExpressions;

namespace JobAdmin.Client.BullMq;

/// <summary>One field of a cron pattern, read as the library in BullMQ's workers reads it: what it would refuse is refused here.</summary>
internal sealed partial class CronField
{
    public static readonly string[] Names = ["seconds", "minutes", "hours", "day of the month", "month", "day of the week"];

    private const int DayOfMonth = 3, Month = 4, DayOfWeek = 5;
    private static readonly (int Min, int Max)[] Bounds = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly int kind;
    private readonly string raw;
    private readonly int major;

    public CronField(int kind, string raw, int major)
    {
        this.kind = kind;
        this.raw = raw;
        this.major = major;
        var text = NameWord().Replace(raw, Number);
        if (text.Contains('H'))
        {
            throw Bad("'H' would be another time at each run");
        }

        if (kind == DayOfWeek && text.Contains('#'))
        {
            text = ReadNth(text);
        }

        var plain = kind switch { DayOfMonth => DayOfMonthText(), DayOfWeek => DayOfWeekText(), _ => PlainText() };
        if (!plain.IsMatch(text) || (major < 6 && kind < DayOfMonth && text.Contains('?')) || (major < 6 && kind == Month && text.Contains('?')) || (text.Contains('*') && text.Contains('?')))
        {
            throw Bad("it has a character that means nothing there");
        }

        var (min, max) = Bounds[kind];
        var whole = string.Create(CultureInfo.InvariantCulture, $"{min}-{max}");
        foreach (var part in text.Replace("*", whole).Replace("?", whole).Split(','))
        {
            ReadPart(part);
        }

        if (major >= 6 && (Values.Distinct().Count() < Values.Count || LastDays.Distinct().Count() < LastDays.Count || text.Split(',').Count(part => part == "L") > 1))
        {
            throw Bad("it names a value twice");
        }
    }

    /// <summary>The values, as often as they are named.</summary>
    public List<int> Values { get; } = [];

    /// <summary>Whether the last day of the month is one (<c>L</c>).</summary>
    public bool LastDay { get; private set; }

    /// <summary>Days of the week that count only in the last week of the month (<c>5L</c>).</summary>
    public List<int> LastDays { get; } = [];

    /// <summary>Which of the month's days of that name counts (<c>#2</c>); 0 for all.</summary>
    public int Nth { get; private set; }

    /// <summary>The same, where it holds for days of the month as well: BullMQ 5 has it so.</summary>
    public int NthOfAll => major < 6 ? Nth : 0;

    /// <summary>How many values it names.</summary>
    public int Count => Values.Count + LastDays.Count + (LastDay ? 1 : 0);

    /// <summary>Whether it says nothing, so that the other day field decides alone. BullMQ 5 counts the values, BullMQ 6 looks at the text.</summary>
    public bool IsWildcard(int daysInMonth) => major >= 6 ? raw is "*" or "?" : kind == DayOfWeek ? Count == 8 : Count >= daysInMonth;

    public JobServerException Bad(string reason) => new("InvalidPattern", JobErrorKind.InvalidInput,
        $"The {Names[kind]} '{raw}' of the pattern can't be read: {reason}.", "A pattern has five or six fields: [seconds] minutes hours day-of-month month day-of-week, as in '0 3 * * 1-5'.") { Target = raw };

    private static string Number(Match word, string[] names, int first)
    {
        var index = Array.IndexOf(names, word.Value.ToLowerInvariant());
        return index < 0 ? word.Value : (index + first).ToString(CultureInfo.InvariantCulture);
    }

    private string Number(Match word) => kind switch { Month => Number(word, Months, 1), DayOfWeek => Number(word, Days, 0), _ => word.Value };

    private string ReadNth(string text)
    {
        var halves = text.Split('#');
        if (halves.Length != 2 || !int.TryParse(halves[1], NumberStyles.None, CultureInfo.InvariantCulture, out var nth) || nth is < 1 or > 5
            || !int.TryParse(halves[0], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            throw Bad("'#' stands between one day of the week and a number from 1 to 5");
        }

        Nth = nth;
        return halves[0];
    }

    private void ReadPart(string part)
    {
        var (min, max) = Bounds[kind];
        if (part.EndsWith('L'))
        {
            ReadLast(part);
            return;
        }

        var halves = part.Split('/');
        if (halves.Length > 2)
        {
            throw Bad("it has two steps");
        }

        var step = 1;
        if (halves.Length == 2 && (!int.TryParse(halves[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step == 0))
        {
            throw Bad("the step is no number above 0");
        }

        var ends = halves[0].Split('-');
        if (ends.Length > 2 || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var from))
        {
            throw Bad("it is no number and no range");
        }

        var to = ends.Length == 2 ? (int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out var end) ? end : -1) : halves.Length == 2 ? max : from;
        if (from < min || to > max || from > to)
        {
            throw Bad(from > to && to >= 0 ? "the range runs backwards" : $"it must lie between {min} and {max}");
        }

        if (ends.Length == 1 && halves.Length == 1)
        {
            Values.Add(kind == DayOfWeek ? from % 7 : from);
            return;
        }

        AddRange(from, to, step);
    }

    private void ReadLast(string part)
    {
        if (kind == DayOfMonth && part == "L")
        {
            LastDay = true;
        }
        else if (kind == DayOfWeek && part.Length == 2 && part[0] is >= '0' and <= '7' && Nth == 0)
        {
            LastDays.Add((part[0] - '0') % 7);
        }
        else
        {
            throw Bad("'L' is the last day of the month alone, or stands behind one day of the week");
        }
    }

    /// <summary>Both versions put Sunday, as 0, before a range that ends on it as 7; they differ in when.</summary>
    private void AddRange(int from, int to, int step)
    {
        var first = Values.Count;
        if (kind == DayOfWeek && to % 7 == 0 && (major < 6 || (to - from) % step == 0))
        {
            Values.Add(0);
        }

        var since = step;
        for (var value = from; value <= to; value++, since++)
        {
            var has = Values.IndexOf(0, first) >= 0 && value == 0;
            if (major < 6 ? !has && since % step == 0 : !has && (value - from) % step == 0)
            {
                Values.Add(value);
                since = 0;
            }
        }
    }

    [GeneratedRegex("[a-zA-Z]{3}")]
    private static partial Regex NameWord();

    [GeneratedRegex(@"^[?,*\d/-]+$")]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^[?,*\dL/-]+$")]
    private static partial Regex DayOfMonthText();

    [GeneratedRegex(@"^[?,*\dL/-]+$")]
    private static partial Regex DayOfWeekText();
}
