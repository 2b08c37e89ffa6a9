using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobLogLine"/> and of a <see cref="JobGroup"/>.</summary>
public static class JobLogCells
{
    /// <summary>The job that wrote the line.</summary>
    /// <param name="instance">The line.</param>
    /// <returns>The text.</returns>
    public static string Job(PSObject instance) => $"{CellText.Visible(Line(instance).Id)} in queue {CellText.OnConnection(Line(instance).Queue, Line(instance).Connection)}";

    /// <summary>The line.</summary>
    /// <param name="instance">The line.</param>
    /// <returns>The text.</returns>
    public static string Text(PSObject instance) => CellText.Visible(Line(instance).Text, 4000);

    /// <summary>The queue of a group, and the connection that it is on.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string GroupQueue(PSObject instance) => CellText.OnConnection(Group(instance).Queue, Group(instance).Connection);

    /// <summary>The id of a group.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string GroupId(PSObject instance) => CellText.Visible(Group(instance).GroupId);

    /// <summary>Jobs of a group that workers have.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string GroupActive(PSObject instance) => CellText.Count(Group(instance).Active);

    /// <summary>Jobs of a group that wait.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string GroupWaiting(PSObject instance) => CellText.Count(Group(instance).Waiting);

    private static JobLogLine Line(PSObject instance) => (JobLogLine)instance.BaseObject;

    private static JobGroup Group(PSObject instance) => (JobGroup)instance.BaseObject;
}
