using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobDefect"/>.</summary>
public static class JobDefectCells
{
    private const int StatusWidth = 8, KeysShown = 20;

    /// <summary>The queue and its connection.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) => CellText.OnConnection(Defect(instance).Queue, Defect(instance).Connection);

    /// <summary>The kind.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Kind(PSObject instance) => Defect(instance).Kind.ToString();

    /// <summary>The job.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Visible(Defect(instance).Id);

    /// <summary>The state that it is in.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string State(PSObject instance) => Defect(instance).State == JobState.Unknown ? "" : JobErrors.Word(Defect(instance).State);

    /// <summary>What has become of it, in colour.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Status(PSObject instance) => CellText.Coloured(Defect(instance).Status.ToString(), StatusWidth, Defect(instance).Status switch
    {
        JobDefectStatus.Found => StateColours.Bad,
        JobDefectStatus.Repaired => StateColours.Good,
        _ => StateColours.Doubtful,
    });

    /// <summary>What is wrong.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Message(PSObject instance) => CellText.Visible(Defect(instance).Message);

    /// <summary>What is wrong, on lines of its own.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Sentence(PSObject instance) => CellText.Sentences([Defect(instance).Message]);

    /// <summary>Since when.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Since(PSObject instance) => CellText.Local(Defect(instance).Since);

    /// <summary>The keys that it is about, some of them.</summary>
    /// <param name="instance">The damage.</param>
    /// <returns>The text.</returns>
    public static string Keys(PSObject instance) =>
        Defect(instance).Keys is var keys ? CellText.Listed(keys.Take(KeysShown).Select(key => CellText.Visible(key)).Concat(keys.Count > KeysShown ? ["…"] : [])) : "";

    private static JobDefect Defect(PSObject instance) => (JobDefect)instance.BaseObject;
}
