using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>What the views show of a <see cref="JobEvent"/>.</summary>
public static class JobEventCells
{
    private const int EventWidth = 17;

    /// <summary>The local time of day, or the day as well when it isn't today.</summary>
    /// <param name="instance">The event.</param>
    /// <returns>The text.</returns>
    public static string Time(PSObject instance)
    {
        if (Event(instance).Time?.ToLocalTime() is not { } at)
        {
            return "";
        }

        return at.ToString(at.Date == DateTimeOffset.Now.Date ? "HH:mm:ss.fff" : "MM-dd HH:mm", CultureInfo.InvariantCulture);
    }

    /// <summary>The queue, visible throughout.</summary>
    /// <param name="instance">The event.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Event(instance).Queue);

    /// <summary>The event in its colour.</summary>
    /// <param name="instance">The event.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) =>
        CellText.Coloured(CellText.Visible(Event(instance).Event), EventWidth, StateColours.Of(Event(instance).Event));

    /// <summary>The job's id, visible throughout.</summary>
    /// <param name="instance">The event.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Visible(Event(instance).Id);

    /// <summary>What the event carries: a reason, a return value, a progress, a due time, the state the job came from.</summary>
    /// <param name="instance">The event.</param>
    /// <returns>The text.</returns>
    public static string Detail(PSObject instance)
    {
        var entry = Event(instance);
        var detail = entry switch
        {
            { IsGap: true } => entry.Missed is { } missed ? $"{CellText.Count(missed)} missed" : "events missed",
            { FailedReason: { } reason } => CellText.Visible(reason.Trim()),
            { ReturnValue: { } value } => value == "null" ? "" : CellText.Visible(value),
            { Progress: { } progress } => CellText.Progress(double.TryParse(progress, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : progress),
            { DelayUntil: { } due } => $"due {CellText.Relative(due)}",
            { Previous: { } previous } => $"was {CellText.Visible(previous)}",
            { Fields: { Count: > 0 } fields } => CellText.Visible(string.Join(", ", fields.Select(field => $"{field.Key}={field.Value}"))),
            _ => "",
        };
        return entry.Name is not { Length: > 0 } name ? detail : detail.Length == 0 ? CellText.Visible(name) : $"{CellText.Visible(name)}: {detail}";
    }

    /// <summary>The time in full.</summary>
    /// <param name="instance">The event.</param>
    /// <returns>The text.</returns>
    public static string LocalTime(PSObject instance) => CellText.Local(Event(instance).Time);

    private static JobEvent Event(PSObject instance) => (JobEvent)instance.BaseObject;
}
