using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobQueueFinding"/>.</summary>
public static class JobQueueFindingCells
{
    private const int SeverityWidth = 8;

    /// <summary>The queue.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Finding(instance).Queue);

    /// <summary>The connection that a table is headed with.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) => CellText.Visible(Finding(instance).Connection);

    /// <summary>What was examined.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Check(PSObject instance) => Finding(instance).Check?.ToString() ?? "";

    /// <summary>How bad it is, in colour.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Severity(PSObject instance) => CellText.Coloured(Finding(instance).Severity.ToString(), SeverityWidth, Finding(instance).Severity switch
    {
        JobFindingSeverity.Ok => StateColours.Good,
        JobFindingSeverity.Critical => StateColours.Bad,
        _ => StateColours.Doubtful,
    });

    /// <summary>What was found, in words.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Message(PSObject instance) => CellText.Visible(Finding(instance).Message);

    /// <summary>What was found, on lines of its own.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Sentence(PSObject instance) => CellText.Sentences([Finding(instance).Message]);

    /// <summary>What to do about it.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Advice(PSObject instance) => Finding(instance).Advice is { } advice ? CellText.Sentences([advice]) : "";

    /// <summary>The value with its unit.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Value(PSObject instance) => Text(Finding(instance).Value);

    /// <summary>The thresholds.</summary>
    /// <param name="instance">The finding.</param>
    /// <returns>The text.</returns>
    public static string Threshold(PSObject instance) => Finding(instance) switch
    {
        { Check: JobQueueCheck.Workers, WarningAt: var least } => $"at least {Text(least)}",
        { WarningAt: { } warning, CriticalAt: { } critical } => $"warning from {Text(warning)}, critical from {Text(critical)}",
        { WarningAt: { } warning } => $"warning from {Text(warning)}",
        _ => "",
    };

    private static string Text(object? value) => value switch
    {
        null => "",
        TimeSpan span => CellText.Duration(span),
        double part => CellText.Percent(part),
        _ => CellText.Count(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
    };

    private static JobQueueFinding Finding(PSObject instance) => (JobQueueFinding)instance.BaseObject;
}
