using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Commands;

namespace JobAdmin.Display;

/// <summary>What the view shows of a <see cref="JobQueueRemoval"/>.</summary>
public static class JobQueueRemovalCells
{
    /// <summary>The queue, visible throughout.</summary>
    /// <param name="instance">The removal.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Removal(instance).Queue);

    /// <summary>What was removed: jobs of some states, or the queue.</summary>
    /// <param name="instance">The removal.</param>
    /// <returns>The text.</returns>
    public static string What(PSObject instance) =>
        Removal(instance).States is { Count: > 0 } states ? string.Join(", ", states.Select(JobErrors.Word)) : "the queue";

    /// <summary>Jobs that matched.</summary>
    /// <param name="instance">The removal.</param>
    /// <returns>The text.</returns>
    public static string Matched(PSObject instance) => CellText.Count(Removal(instance).Matched);

    /// <summary>Jobs that were removed.</summary>
    /// <param name="instance">The removal.</param>
    /// <returns>The text.</returns>
    public static string Removed(PSObject instance) => CellText.Count(Removal(instance).Removed);

    /// <summary>How long it took.</summary>
    /// <param name="instance">The removal.</param>
    /// <returns>The text.</returns>
    public static string Duration(PSObject instance) => CellText.Duration(Removal(instance).Duration);

    private static JobQueueRemoval Removal(PSObject instance) => (JobQueueRemoval)instance.BaseObject;
}
