using System.Globalization;
using System.Text.Json.Nodes;
using JobAdmin.Display;

namespace JobAdmin.Base;

/// <summary>What changes of a scheduler, in words.</summary>
internal static class SchedulerChange
{
    /// <summary>The settings of a scheduler that is there.</summary>
    public static JobSchedulerSettings SettingsOf(JobScheduler scheduler) => new()
    {
        Id = scheduler.Id, Name = scheduler.Name.Length > 0 ? scheduler.Name : null, Pattern = scheduler.Pattern, TimeZone = scheduler.TimeZone, Every = scheduler.Every, Limit = scheduler.Limit,
        // The offset of a plain interval is only what its first run happened to leave.
        StartDate = scheduler.StartDate, EndDate = scheduler.EndDate, Data = scheduler.GetDataText() ?? "{}", Options = scheduler.GetOptionsText() ?? "{}",
    };

    /// <summary>What differs, a phrase each; empty when nothing does.</summary>
    public static IReadOnlyList<string> Differences(JobSchedulerSettings before, JobSchedulerSettings after)
    {
        var words = new List<string>();
        Add("name", before.Name ?? before.Id, after.Name ?? after.Id);
        Add("pattern", before.Pattern, after.Pattern);
        Add("time zone", before.TimeZone, after.TimeZone);
        Add("interval", Text(before.Every), Text(after.Every));
        if (after.Offset is not null)
        {
            Add("offset", null, Text(after.Offset));
        }

        Add("limit", before.Limit?.ToString(CultureInfo.CurrentCulture), after.Limit?.ToString(CultureInfo.CurrentCulture));
        Add("start", Text(before.StartDate), Text(after.StartDate));
        Add("end", Text(before.EndDate), Text(after.EndDate));
        AddJson("data", before.Data, after.Data);
        AddJson("options", before.Options, after.Options);
        return words;

        void Add(string what, string? old, string? now)
        {
            if (old != now)
            {
                words.Add(old is null ? $"{what} {now}" : now is null ? $"no {what} (was {old})" : $"{what} {old} → {now}");
            }
        }

        void AddJson(string what, string old, string now)
        {
            if (!Same(old, now))
            {
                Add(what, CellText.Visible(old, 200), CellText.Visible(now, 200));
            }
        }
    }

    /// <summary>Settings in words.</summary>
    public static string Describe(JobSchedulerSettings settings) => string.Join(", ", Differences(new JobSchedulerSettings { Id = settings.Id }, settings));

    private static string? Text(TimeSpan? span) => span is { } given ? CellText.Duration(given) : null;

    private static string? Text(DateTimeOffset? time) => time is { } given ? CellText.SecondWithOffset(given) : null;

    private static bool Same(string a, string b)
    {
        try
        {
            return a == b || JsonNode.DeepEquals(JsonNodes.Parse(a), JsonNodes.Parse(b));
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}
