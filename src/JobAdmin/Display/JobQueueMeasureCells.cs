using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobQueueMeasure"/>.</summary>
public static class JobQueueMeasureCells
{
    /// <summary>The queue, or the job name where each is measured on its own.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string What(PSObject instance) => Measure(instance) is { Name: { } name } ? name.Length == 0 ? "(not known)" : CellText.Visible(name) : Queue(instance);

    /// <summary>The queue.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Measure(instance).Queue);

    /// <summary>What a table is headed with: the queue where names are measured, else the connection.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) =>
        Measure(instance) is { Name: not null } measure ? CellText.OnConnection(measure.Queue, measure.Connection) : CellText.Visible(Measure(instance).Connection);

    /// <summary>Jobs added a second.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string In(PSObject instance) => Rate(Measure(instance).InPerSecond);

    /// <summary>Jobs finished a second.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Out(PSObject instance) => Rate(Measure(instance).OutPerSecond);

    /// <summary>The part that failed.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string FailureRate(PSObject instance) => Measure(instance).FailureRate is { } rate ? (rate * 100).ToString(rate is > 0 and < 0.1 ? "0.0" : "0", CultureInfo.CurrentCulture) + "%" : "";

    /// <summary>The wait that half of the jobs do not exceed, and 95 in 100.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Wait(PSObject instance) => Pair(Measure(instance).WaitP50, Measure(instance).WaitP95);

    /// <summary>The run that half of the jobs do not exceed, and 95 in 100.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Run(PSObject instance) => Pair(Measure(instance).RunP50, Measure(instance).RunP95);

    /// <summary>Jobs that wait.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Waiting(PSObject instance) => CellText.Count(Measure(instance).Waiting);

    /// <summary>Jobs that workers have.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Active(PSObject instance) => CellText.Count(Measure(instance).Active);

    /// <summary>When the queue will be empty.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Empty(PSObject instance) => Measure(instance) switch
    {
        { Waiting: 0 } => "now",
        { TimeUntilEmpty: { } time } => "in " + CellText.Short(time),
        { Waiting: null } or { GrowthPerSecond: null } => "",
        _ => "never",
    };

    /// <summary>The span, and what was looked at.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Span(PSObject instance) =>
        Measure(instance) is var measure ? $"{CellText.Duration(measure.Span)}, from {measure.From.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} to {measure.To.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture)}" : "";

    /// <summary>What it was measured by.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Source(PSObject instance) => Measure(instance) is { Source: var source, Sample: var sample, IsTrimmed: var trimmed, IsCut: var cut }
        ? $"{CellText.Count(sample)} {(source == JobMeasureSource.Events ? "events" : "finished jobs")}{(trimmed ? ", trimmed by the server" : cut ? ", the newest of more" : "")}" : "";

    /// <summary>Jobs that came and went in the span.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Counts(PSObject instance) => Measure(instance) is var measure
        ? $"{(measure.Added is { } added ? $"{CellText.Count(added)} added, " : "")}{CellText.Count(measure.Completed)} completed, {CellText.Count(measure.Failed)} failed{(measure.Stalled > 0 ? $", {CellText.Count(measure.Stalled)} stalled" : "")}" : "";

    /// <summary>The waits in full.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Waits(PSObject instance) => Measure(instance) is var m ? Line(m.WaitSample, m.WaitAverage, m.WaitP50, m.WaitP95, m.WaitP99, m.WaitMax) : "";

    /// <summary>The runs in full.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Runs(PSObject instance) => Measure(instance) is var m ? Line(m.RunSample, m.RunAverage, m.RunP50, m.RunP95, m.RunP99, m.RunMax) : "";

    /// <summary>How fast the waiting jobs become more or fewer.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Growth(PSObject instance) =>
        Measure(instance).GrowthPerSecond is { } growth ? $"{(growth > 0 ? "+" : growth < 0 ? "−" : "")}{Rate(Math.Abs(growth))} a second" : "";

    /// <summary>What has to be known, a line each.</summary>
    /// <param name="instance">The measure.</param>
    /// <returns>The text.</returns>
    public static string Notes(PSObject instance) => CellText.Sentences(Measure(instance).Notes);

    private static string Rate(double? rate) => rate switch
    {
        null => "",
        0 => "0",
        < 0.01 => rate.Value.ToString("0.0000", CultureInfo.CurrentCulture),
        < 10 => rate.Value.ToString("0.00", CultureInfo.CurrentCulture),
        < 100 => rate.Value.ToString("0.0", CultureInfo.CurrentCulture),
        _ => rate.Value.ToString("N0", CultureInfo.CurrentCulture),
    };

    private static string Pair(TimeSpan? half, TimeSpan? most) => half is null ? "" : $"{Brief(half.Value)} / {Brief(most!.Value)}";

    // Two of them stand in one cell: 2h 14m would not fit.
    private static string Brief(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 1000 } => $"{(int)time.TotalMilliseconds}ms",
        { TotalSeconds: < 60 } => time.TotalSeconds.ToString("0.0", CultureInfo.CurrentCulture) + "s",
        _ => CellText.Short(time),
    };

    private static string Line(int count, TimeSpan? average, TimeSpan? p50, TimeSpan? p95, TimeSpan? p99, TimeSpan? most) => count == 0 ? "none seen"
        : CellText.Listed([$"p50 {CellText.Duration(p50)}", $"p95 {CellText.Duration(p95)}", $"p99 {CellText.Duration(p99)}", $"longest {CellText.Duration(most)}", $"average {CellText.Duration(average)}", $"of {CellText.Count(count)}"]);

    private static JobQueueMeasure Measure(PSObject instance) => (JobQueueMeasure)instance.BaseObject;
}
