using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>What the views show of a <see cref="JobOutcome"/>.</summary>
public static class JobOutcomeCells
{
    private const int StatusWidth = 17;

    /// <summary>The heading of a group: the queue, and the connection it is on.</summary>
    /// <param name="instance">The outcome.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) => CellText.OnConnection(Outcome(instance).Queue, Outcome(instance).Connection);

    /// <summary>The job's id, visible throughout.</summary>
    /// <param name="instance">The outcome.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Visible(Outcome(instance).Id);

    /// <summary>The status in its colour.</summary>
    /// <param name="instance">The outcome.</param>
    /// <returns>The text.</returns>
    public static string Status(PSObject instance) =>
        CellText.Coloured(Outcome(instance).Status.ToString(), StatusWidth, StateColours.Of(Outcome(instance).Status));

    /// <summary>The state before; empty when it is not known.</summary>
    /// <param name="instance">The outcome.</param>
    /// <returns>The text.</returns>
    public static string PreviousState(PSObject instance) =>
        Outcome(instance).PreviousState is var state and not JobState.Unknown ? state.ToString() : "";

    /// <summary>The id of the job that was made, and the message.</summary>
    /// <param name="instance">The outcome.</param>
    /// <returns>The text.</returns>
    public static string Detail(PSObject instance)
    {
        var outcome = Outcome(instance);
        return CellText.Visible(string.Join("; ", new[] { outcome.NewId is { } id ? $"new job {id}" : null, outcome.Message }.Where(part => part is not null)));
    }

    private static JobOutcome Outcome(PSObject instance) => (JobOutcome)instance.BaseObject;
}
