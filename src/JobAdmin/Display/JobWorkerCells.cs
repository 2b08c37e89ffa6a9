using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobWorker"/>.</summary>
public static class JobWorkerCells
{
    /// <summary>The queue.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Queue(PSObject instance) => CellText.Visible(Worker(instance).Queue);

    /// <summary>The name.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) => CellText.Visible(Worker(instance).Name);

    /// <summary>The id.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Visible(Worker(instance).Id);

    /// <summary>Where it runs.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Host(PSObject instance) => CellText.Visible(Worker(instance).Host);

    /// <summary>How long it has been there.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Age(PSObject instance) => Worker(instance).Age is { } age ? CellText.Short(age) : "";

    /// <summary>How long it has been silent.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Idle(PSObject instance) => Worker(instance).Idle is { } idle ? CellText.Short(idle) : "";

    /// <summary>Jobs it runs, of those it may run at once.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Jobs(PSObject instance) => Worker(instance) is { } worker && worker.Concurrency is { } most
        ? $"{(worker.Active is { } active ? $"{active}/" : "")}{most}" : CellText.Count(Worker(instance).Active);

    /// <summary>Since when it is there.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Started(PSObject instance) => CellText.Local(Worker(instance).Started);

    /// <summary>When it was last heard of.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string LastSeen(PSObject instance) => CellText.Local(Worker(instance).LastSeen);

    /// <summary>What else the server says of it.</summary>
    /// <param name="instance">The worker.</param>
    /// <returns>The text.</returns>
    public static string Fields(PSObject instance) => CellText.Visible(string.Join(", ", (Worker(instance).Fields ?? new Dictionary<string, string>()).Select(field => $"{field.Key} {field.Value}")));

    private static JobWorker Worker(PSObject instance) => (JobWorker)instance.BaseObject;
}
