using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>What the views show of a <see cref="JobQueueSample"/>.</summary>
public static class JobQueueSampleCells
{
    /// <summary>The local time of day.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Time(PSObject instance) => Sample(instance).Time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>The time in full.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string LocalTime(PSObject instance) => CellText.Local(Sample(instance).Time);

    /// <summary>The queue, visible throughout.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Sample(instance).Queue);

    /// <summary>Jobs that wait, with priority or without; a mark says that the queue is paused.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Waiting(PSObject instance) =>
        (Sample(instance).IsPaused == true ? "⏸ " : "") + (Sample(instance) is { Waiting: null, Prioritized: null } ? "" : CellText.Compact((Sample(instance).Waiting ?? 0) + (Sample(instance).Prioritized ?? 0)));

    /// <summary>Jobs that workers have.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Active(PSObject instance) => CellText.Compact(Sample(instance).Active);

    /// <summary>Jobs that wait for their time.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Delayed(PSObject instance) => CellText.Compact(Sample(instance).Delayed);

    /// <summary>Kept jobs that failed.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Failed(PSObject instance) => CellText.Compact(Sample(instance).Failed);

    /// <summary>Jobs added, a second.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string In(PSObject instance) => CellText.Rate(Sample(instance).AddedPerSecond);

    /// <summary>Jobs finished, a second.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Out(PSObject instance) => CellText.Rate(Sample(instance).FinishedPerSecond);

    /// <summary>Connected workers.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Workers(PSObject instance) => CellText.Count(Sample(instance).Workers);

    /// <summary>How long the job that is next in line has waited.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Oldest(PSObject instance) => Sample(instance).OldestWaiting is { } age ? CellText.Short(age) : "";

    /// <summary>When nothing waits any more.</summary>
    /// <param name="instance">The sample.</param>
    /// <returns>The text.</returns>
    public static string Left(PSObject instance) => Sample(instance).TimeLeft is { } left ? CellText.Duration(TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds))) : "";

    private static JobQueueSample Sample(PSObject instance) => (JobQueueSample)instance.BaseObject;
}
