using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobFlowNode"/>.</summary>
public static class JobFlowCells
{
    /// <summary>The job in its place in the tree.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string Tree(PSObject instance) => CellText.Coloured(Node(instance).Branch + (Node(instance).Name.Length > 0 ? CellText.Visible(Node(instance).Name) : "?"), 60, null);

    /// <summary>The state, in the colour of what it means.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string State(PSObject instance) => Node(instance).Job.RawState == "missing" ? CellText.Coloured("gone", 16, StateColours.Bad)
        : CellText.Coloured(Node(instance).State.ToString(), 16, StateColours.Of(Node(instance).State));

    /// <summary>The queue.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Coloured(CellText.Visible(Node(instance).Queue), 16, null);

    /// <summary>The id. Jobs of flows have long ones by custom, which would leave no room for what holds them up.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Coloured(CellText.Visible(Node(instance).Id), 12, null);

    /// <summary>The queue in full.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string QueueLine(PSObject instance) => CellText.OnConnection(Node(instance).Queue, Node(instance).Connection);

    /// <summary>The id in full.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string IdLine(PSObject instance) => CellText.Visible(Node(instance).Id);

    /// <summary>The name in full.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string NameLine(PSObject instance) => CellText.Visible(Node(instance).Name);

    /// <summary>What holds it up, why it failed, or how far it is.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string Detail(PSObject instance)
    {
        var node = Node(instance);
        return node.BlockedBy is { } blocked ? CellText.Visible(blocked)
            : node.ChildState == JobChildState.Ignored ? $"let pass: {CellText.Visible(node.Job.FailedReason)}"
            : node.Job.FailedReason is { Length: > 0 } reason ? CellText.Visible(reason)
            : node.Job.Problem is { } problem ? CellText.Visible(problem)
            : node.State == JobState.Active ? CellText.Progress(node.Job.Progress) : "";
    }

    /// <summary>How many of its children are done, of how many.</summary>
    /// <param name="instance">The node.</param>
    /// <returns>The text.</returns>
    public static string Children(PSObject instance) => Node(instance) is { ChildCount: > 0 and var all } node
        ? node.PendingChildren is { } pending ? $"{all - pending}/{all}" : CellText.Count(all) : "";

    private static JobFlowNode Node(PSObject instance) => (JobFlowNode)instance.BaseObject;
}
