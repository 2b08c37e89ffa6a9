using System.Globalization;
using Cronos;

namespace JobAdmin.Client.BullMq;

/// <summary>A cron pattern as BullMQ's workers read it, with the rules of their major version.</summary>
internal sealed class CronPattern
{
    private const int LongestText = 1024;
    private static readonly int[] DaysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["@yearly"] = "0 0 1 1 *", ["@monthly"] = "0 0 1 * *", ["@weekly"] = "0 0 * * 0", ["@daily"] = "0 0 * * *", ["@hourly"] = "0 * * * *",
    };

    private static readonly Dictionary<string, string> WordsOfSix = new(StringComparer.Ordinal)
    {
        ["@annually"] = "0 0 1 1 *", ["@minutely"] = "* * * * *", ["@secondly"] = "* * * * * *", ["@weekdays"] = "0 0 * * 1-5", ["@weekends"] = "0 0 * * 0,6",
    };

    private readonly List<CronExpression> expressions = [];
    private readonly bool everyHour, seesMidnight, secondMidnight;

    /// <summary>Reads a pattern.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="major">BullMQ's major version.</param>
    public CronPattern(string text, int major)
    {
        var spelt = Words.GetValueOrDefault(text) ?? (major >= 6 ? WordsOfSix.GetValueOrDefault(text) : null) ?? text;
        var parts = spelt.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length is not (5 or 6) || spelt.Length > LongestText)
        {
            throw new JobServerException("InvalidPattern", JobErrorKind.InvalidInput, $"The pattern '{text}' has {parts.Length} fields.",
                "A pattern has five or six fields: [seconds] minutes hours day-of-month month day-of-week, as in '0 3 * * 1-5'.") { Target = text };
        }

        CronField[] fields = [.. (parts.Length == 5 ? parts.Prepend("0") : parts).Select((part, kind) => new CronField(kind, part, major))];
        var months = fields[4].Values.Distinct().Order().ToList();
        var (days, weekdays) = (fields[3], fields[5]);
        if (months is [var only] && days.Values.Count > 0 && days.Values.Min() > DaysInMonth[only - 1])
        {
            throw days.Bad("that month has no such day");
        }

        if (days.LastDay && weekdays.NthOfAll > 0)
        {
            throw days.Bad("BullMQ 5 can't have 'L' together with a '#' day of the week");
        }

        var hours = fields[2].Values.Distinct().Order().ToList();
        // An hour named twice makes them named hours: the workers count.
        everyHour = hours.Count == 24 && fields[2].Values.Count == 24;
        secondMidnight = major >= 6;
        seesMidnight = major >= 6 && hours[^1] == 23;
        var time = $"{List(fields[0].Values)} {List(fields[1].Values)} {(everyHour ? "*" : List(hours))}";
        foreach (var group in months.GroupBy(month => string.Join('\n', DayRules(days, weekdays, month, months.Count == 1))))
        {
            foreach (var rule in group.Key.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var (day, weekday) = rule.Split(' ') is [var d, var w] ? (d, w) : ("*", "*");
                expressions.Add(CronExpression.Parse($"{time} {day} {List(group)} {weekday}", CronFormat.IncludeSeconds));
            }
        }
    }

    /// <summary>The first run after a time; null when there is none.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        DateTimeOffset? first = null;
        foreach (var expression in expressions)
        {
            var next = everyHour ? NextOfAnyHour(expression, after, zone) : NextOnTheClock(expression, after, zone);
            first = first is null || next < first ? next ?? first : first;
        }

        return first?.ToUniversalTime();
    }

    /// <summary>Where no hour is named, every moment counts that fits: none in an hour that the clock leaves out, and both in one that comes twice.</summary>
    private static DateTimeOffset? NextOfAnyHour(CronExpression expression, DateTimeOffset after, TimeZoneInfo zone)
    {
        while (true)
        {
            var offset = zone.GetUtcOffset(after);
            if (expression.GetNextOccurrence(DateTime.SpecifyKind(after.UtcDateTime + offset, DateTimeKind.Utc)) is not { } wall)
            {
                return null;
            }

            var moment = new DateTimeOffset(DateTime.SpecifyKind(wall, DateTimeKind.Unspecified), offset);
            if (zone.GetUtcOffset(moment) == offset)
            {
                return moment;
            }

            after = ChangeOfClock(after, moment, offset, zone) - TimeSpan.FromTicks(1);
            if (zone.GetUtcOffset(after) == offset)
            {
                // From the change on, the clock is another one; a run on the very moment of the change counts as well.
                after += TimeSpan.FromTicks(1);
                var start = DateTime.SpecifyKind(after.UtcDateTime + zone.GetUtcOffset(after), DateTimeKind.Utc);
                if (expression.GetNextOccurrence(start.AddTicks(-1)) == start)
                {
                    return after;
                }
            }
        }
    }

    /// <summary>The first moment between two at which the clock has been changed.</summary>
    private static DateTimeOffset ChangeOfClock(DateTimeOffset from, DateTimeOffset to, TimeSpan offset, TimeZoneInfo zone)
    {
        var (low, high) = (from, to);
        for (var day = from.AddDays(1); day < to; day = day.AddDays(1))
        {
            if (zone.GetUtcOffset(day) != offset)
            {
                high = day;
                break;
            }

            low = day;
        }

        while (high - low > TimeSpan.FromSeconds(1))
        {
            var middle = low + ((high - low) / 2);
            (low, high) = zone.GetUtcOffset(middle) == offset ? (middle, high) : (low, middle);
        }

        // Clocks are changed on full seconds.
        return new DateTimeOffset(high.Ticks - (high.Ticks % TimeSpan.TicksPerSecond), high.Offset);
    }

    /// <summary>Hours that are named are read off the clock on the wall: one that the clock leaves out is made up for in the next, one that comes twice counts once.</summary>
    private DateTimeOffset? NextOnTheClock(CronExpression expression, DateTimeOffset after, TimeZoneInfo zone)
    {
        var now = TimeZoneInfo.ConvertTime(after, zone);
        // Who begins in the second of two such hours sees no other.
        var inSecond = WallClock.Offsets(now.DateTime, zone) is [_, var second] && now.Offset == second;
        var wall = DateTime.SpecifyKind(now.DateTime, DateTimeKind.Utc);
        while (expression.GetNextOccurrence(wall) is { } next)
        {
            wall = next;
            var local = DateTime.SpecifyKind(next, DateTimeKind.Unspecified);
            if (WallClock.Offsets(local, zone) is { Count: > 0 } offsets)
            {
                // Where the first hour of a day comes twice, BullMQ 6 takes the second.
                return new DateTimeOffset(local, inSecond || (secondMidnight && local.Hour == 0 && now.Date < local.Date) ? offsets[^1] : offsets[0]);
            }

            // The first hour of a day is left out unseen, unless the walk comes there from the hour before.
            if (WallClock.Offsets(local.Date, zone).Count > 0 || seesMidnight)
            {
                return new DateTimeOffset(local, WallClock.OffsetBefore(next, zone));
            }
        }

        return null;
    }

    /// <summary>The days of one month, each rule as a day of the month and a day of the week of which one is a star. When both fields are restricted, a day needs to fit only one.</summary>
    private static IEnumerable<string> DayRules(CronField days, CronField weekdays, int month, bool alone)
    {
        var length = DaysInMonth[month - 1];
        var values = alone ? days.Values.Where(day => day <= length) : days.Values;
        var anyDay = days.IsWildcard(length);
        var anyWeekday = weekdays.IsWildcard(length);
        if (anyDay && anyWeekday)
        {
            yield return "* *";
            yield break;
        }

        if (!anyDay)
        {
            foreach (var rule in DayOfMonthRules(values, days.LastDay, weekdays.NthOfAll))
            {
                yield return rule;
            }
        }

        if (anyWeekday)
        {
            yield break;
        }

        if (weekdays.Values.Count > 0)
        {
            yield return weekdays.Nth > 0 ? string.Create(CultureInfo.InvariantCulture, $"* {weekdays.Values[0] % 7}#{weekdays.Nth}") : $"* {List(weekdays.Values.Select(day => day % 7))}";
        }

        foreach (var day in weekdays.LastDays.Distinct())
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"* {day}L");
        }
    }

    private static IEnumerable<string> DayOfMonthRules(IEnumerable<int> values, bool last, int nth)
    {
        var fitting = values.Where(day => nth == 0 || (day + 6) / 7 == nth).ToList();
        if (fitting.Count > 0)
        {
            yield return $"{List(fitting)} *";
        }

        if (last)
        {
            yield return "L *";
        }
    }

    private static string List(IEnumerable<int> values) => string.Join(',', values.Distinct().Order());
}
