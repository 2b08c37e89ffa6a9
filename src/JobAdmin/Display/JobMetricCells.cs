using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobMetric"/> and of its points.</summary>
public static class JobMetricCells
{
    private const int Widest = 30;

    /// <summary>The queue, and the job name where names are counted apart.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Metric(instance) is { Name: { } name } one ? $"{one.Queue} {name}" : Metric(instance).Queue);

    /// <summary>Jobs that completed.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string Completed(PSObject instance) => Metric(instance).HasMetrics ? CellText.Count(Metric(instance).Completed) : "";

    /// <summary>Jobs that failed.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string Failed(PSObject instance) => Metric(instance).HasMetrics ? CellText.Count(Metric(instance).Failed) : "";

    /// <summary>Finished jobs a minute.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string PerMinute(PSObject instance) => Metric(instance).HasMetrics ? Metric(instance).PerMinute.ToString("0.##", CultureInfo.CurrentCulture) : "";

    /// <summary>The part that failed.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string FailureRate(PSObject instance) => Metric(instance).FailureRate is { } rate ? CellText.Percent(rate) : "";

    /// <summary>All jobs that completed since the counts began.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string TotalCompleted(PSObject instance) => CellText.Count(Metric(instance).TotalCompleted);

    /// <summary>All jobs that failed since the counts began.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string TotalFailed(PSObject instance) => CellText.Count(Metric(instance).TotalFailed);

    /// <summary>Finished jobs over the span, as a row of bars, oldest first.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string Sparkline(PSObject instance) =>
        Metric(instance).HasMetrics ? Display.Sparkline.Whole([.. Metric(instance).Points.Select(point => (double)(point.Completed + point.Failed))], Widest) : "no counts kept";

    /// <summary>The span.</summary>
    /// <param name="instance">The metric.</param>
    /// <returns>The text.</returns>
    public static string Span(PSObject instance) => $"{CellText.Local(Metric(instance).From)} to {CellText.Local(Metric(instance).To)}";

    /// <summary>When the step begins, where it is read.</summary>
    /// <param name="instance">The point.</param>
    /// <returns>The text.</returns>
    public static string PointTime(PSObject instance) => Point(instance).Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>The job name that the point is of, when it is not of the whole queue.</summary>
    /// <param name="instance">The point.</param>
    /// <returns>The text.</returns>
    public static string PointName(PSObject instance) => CellText.Visible(Point(instance).Name);

    /// <summary>Jobs that completed in the step.</summary>
    /// <param name="instance">The point.</param>
    /// <returns>The text.</returns>
    public static string PointCompleted(PSObject instance) => CellText.Count(Point(instance).Completed);

    /// <summary>Jobs that failed in the step.</summary>
    /// <param name="instance">The point.</param>
    /// <returns>The text.</returns>
    public static string PointFailed(PSObject instance) => CellText.Count(Point(instance).Failed);

    /// <summary>How long the step's jobs ran on average.</summary>
    /// <param name="instance">The point.</param>
    /// <returns>The text.</returns>
    public static string PointDuration(PSObject instance) => CellText.Duration(Point(instance).AverageDuration);

    /// <summary>The queue of a point.</summary>
    /// <param name="instance">The point.</param>
    /// <returns>The text.</returns>
    public static string PointGroup(PSObject instance) => CellText.OnConnection(Point(instance).Queue, Point(instance).Connection);

    /// <summary>The queue of a sparkline.</summary>
    /// <param name="instance">The sparkline.</param>
    /// <returns>The text.</returns>
    public static string LineQueue(PSObject instance) => CellText.Visible(Recent(instance).Queue);

    /// <summary>The finished jobs of a sparkline.</summary>
    /// <param name="instance">The sparkline.</param>
    /// <returns>The text.</returns>
    public static string LineSum(PSObject instance) => CellText.Count(Recent(instance).Points.Sum());

    /// <summary>A sparkline as a row of bars.</summary>
    /// <param name="instance">The sparkline.</param>
    /// <returns>The text.</returns>
    public static string Line(PSObject instance) => Display.Sparkline.Whole([.. Recent(instance).Points.Select(static point => (double)point)], Widest);

    private static JobMetric Metric(PSObject instance) => (JobMetric)instance.BaseObject;

    private static JobSparkline Recent(PSObject instance) => (JobSparkline)instance.BaseObject;

    private static JobMetricPoint Point(PSObject instance) => (JobMetricPoint)instance.BaseObject;
}
