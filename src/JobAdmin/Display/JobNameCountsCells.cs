using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of <see cref="JobNameCounts"/>.</summary>
public static class JobNameCountsCells
{
    /// <summary>The queue.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.OnConnection(Counts(instance).Queue, Counts(instance).Connection);

    /// <summary>The job name.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) => CellText.Visible(Counts(instance).Name);

    /// <summary>Jobs that wait.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Waiting(PSObject instance) => CellText.Count(Counts(instance).Waiting);

    /// <summary>Jobs that workers have.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Active(PSObject instance) => CellText.Count(Counts(instance).Active);

    /// <summary>Jobs that finished with success.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Completed(PSObject instance) => CellText.Count(Counts(instance).Completed);

    /// <summary>Jobs that failed.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Failed(PSObject instance) => CellText.Count(Counts(instance).Failed);

    /// <summary>Cancelled jobs.</summary>
    /// <param name="instance">The counts.</param>
    /// <returns>The text.</returns>
    public static string Cancelled(PSObject instance) => CellText.Count(Counts(instance).Cancelled);

    private static JobNameCounts Counts(PSObject instance) => (JobNameCounts)instance.BaseObject;
}
