using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>What the views show of a <see cref="JobFailureGroup"/>.</summary>
public static class JobFailureCells
{
    /// <summary>The heading of a queue's groups: the queue, and the connection it is on.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) => CellText.OnConnection(Failure(instance).Queue, Failure(instance).Connection);

    /// <summary>How many jobs.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Count(PSObject instance) => CellText.Count(Failure(instance).Count);

    /// <summary>How long ago the first of them failed.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string First(PSObject instance) => CellText.Relative(Failure(instance).FirstSeen);

    /// <summary>How long ago the last of them failed.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Last(PSObject instance) => CellText.Relative(Failure(instance).LastSeen);

    /// <summary>The job names, the most frequent first.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Names(PSObject instance) => CellText.Visible(string.Join(", ", Failure(instance).JobNames));

    /// <summary>What the reasons have in common.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Reason(PSObject instance) =>
        Failure(instance) is { IsRest: false } group ? group.Reason.Length == 0 ? "(no reason)" : CellText.Visible(group.Reason) : "(reasons of other kinds)";

    /// <summary>The newest reason as the worker gave it.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Example(PSObject instance) => CellText.VisibleLines(Failure(instance).Example);

    /// <summary>When the first of them failed, where it is read.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string FirstSeen(PSObject instance) => CellText.Local(Failure(instance).FirstSeen);

    /// <summary>When the last of them failed, where it is read.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string LastSeen(PSObject instance) => CellText.Local(Failure(instance).LastSeen);

    /// <summary>Ids of some of them.</summary>
    /// <param name="instance">The group.</param>
    /// <returns>The text.</returns>
    public static string Samples(PSObject instance) => CellText.Listed(Failure(instance).SampleIds.Select(id => CellText.Visible(id)));

    private static JobFailureGroup Failure(PSObject instance) => (JobFailureGroup)instance.BaseObject;
}
