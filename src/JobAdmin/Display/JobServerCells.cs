using System.Management.Automation;
using System.Management.Automation.Runspaces;
using JobAdmin.Connecting;

namespace JobAdmin.Display;

/// <summary>What the views show of a <see cref="JobServerConnection"/> and of a <see cref="JobServerReport"/>.</summary>
public static class JobServerCells
{
    private const int HealthWidth = 11;

    /// <summary>A star on the connection that is meant when none is named.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string Current(PSObject instance) =>
        Runspace.DefaultRunspace is not null && ReferenceEquals(ConnectionRegistry.Here.Current, Connection(instance)) ? "*" : "";

    /// <summary>The name, visible throughout.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) => CellText.Visible(Connection(instance).Name);

    /// <summary>The address, visible throughout.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string Endpoint(PSObject instance) => CellText.Visible(Connection(instance).Endpoint);

    /// <summary>What a user may do with it: <c>read-only</c>, <c>closed</c>, or empty for everything.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string Access(PSObject instance) => Connection(instance) switch
    {
        { IsClosed: true } => "closed",
        { ReadOnly: true } => "read-only",
        _ => "",
    };

    /// <summary>When it was made.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string ConnectedAt(PSObject instance) => CellText.Local(Connection(instance).ConnectedAt);

    /// <summary>What the server can do.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string Capabilities(PSObject instance) => CellText.Listed(Connection(instance).Capabilities.ToString().Split(", "));

    /// <summary>The warnings of a connection, a line each.</summary>
    /// <param name="instance">The connection.</param>
    /// <returns>The text.</returns>
    public static string Warnings(PSObject instance) => CellText.Sentences(Connection(instance).Warnings);

    /// <summary>Whether the server is well, in a word.</summary>
    /// <param name="instance">The report.</param>
    /// <returns>The text.</returns>
    public static string Health(PSObject instance) => Report(instance) switch
    {
        { Reachable: false } => CellText.Coloured("Unreachable", HealthWidth, StateColours.Bad),
        { Healthy: false } => CellText.Coloured("Attention", HealthWidth, StateColours.Doubtful),
        _ => CellText.Coloured("Healthy", HealthWidth, StateColours.Good),
    };

    /// <summary>The time of a round trip.</summary>
    /// <param name="instance">The report.</param>
    /// <returns>The text.</returns>
    public static string RoundTrip(PSObject instance) => CellText.Duration(Report(instance).RoundTrip);

    /// <summary>The memory in use, of the limit when there is one.</summary>
    /// <param name="instance">The report.</param>
    /// <returns>The text.</returns>
    public static string Memory(PSObject instance) =>
        Report(instance) is { MaxMemory: { } limit } report ? $"{CellText.Bytes(report.UsedMemory)} of {CellText.Bytes(limit)}" : CellText.Bytes(Report(instance).UsedMemory);

    /// <summary>The versions found on the queues, each with how many queues have it.</summary>
    /// <param name="instance">The report.</param>
    /// <returns>The text.</returns>
    public static string Layouts(PSObject instance) =>
        CellText.Visible(string.Join(", ", Report(instance).Layouts.OrderByDescending(layout => layout.Value).Select(layout => $"{layout.Key} ({CellText.Count(layout.Value)})")));

    /// <summary>The number of warnings.</summary>
    /// <param name="instance">The report.</param>
    /// <returns>The text.</returns>
    public static string WarningCount(PSObject instance) => CellText.Count(Report(instance).Warnings.Count);

    /// <summary>The warnings of a report, a line each.</summary>
    /// <param name="instance">The report.</param>
    /// <returns>The text.</returns>
    public static string ReportWarnings(PSObject instance) => CellText.Sentences(Report(instance).Warnings);

    private static JobServerConnection Connection(PSObject instance) => (JobServerConnection)instance.BaseObject;

    private static JobServerReport Report(PSObject instance) => (JobServerReport)instance.BaseObject;
}
