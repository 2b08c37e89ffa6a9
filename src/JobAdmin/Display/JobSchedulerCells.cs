using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>Cells of a <see cref="JobScheduler"/>.</summary>
public static class JobSchedulerCells
{
    /// <summary>The queue and the connection that it is on.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) => CellText.OnConnection(Scheduler(instance).Queue, Scheduler(instance).Connection);

    /// <summary>The id.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Visible(Scheduler(instance).Id);

    /// <summary>The id, of which a table shows no more than both ends when it is long.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string ShortId(PSObject instance) => CellText.Id(Scheduler(instance).Id, 18);

    /// <summary>The name of its jobs, where that is not the id.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) => CellText.Visible(Scheduler(instance).Name);

    /// <summary>The state, in the colour of what it means.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string State(PSObject instance) => CellText.Coloured(Scheduler(instance).State.ToString(), 10, StateColours.Of(Scheduler(instance).State));

    /// <summary>The pattern or the interval.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Rule(PSObject instance) => CellText.Visible(Rule(Scheduler(instance)));

    /// <summary>When it runs next.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Next(PSObject instance) =>
        Scheduler(instance) is { State: not (JobSchedulerState.Ended or JobSchedulerState.Stuck), Next: { } next } ? CellText.Relative(next) : "never";

    /// <summary>When it runs next, in full.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string NextLine(PSObject instance) =>
        Scheduler(instance) is { State: not (JobSchedulerState.Ended or JobSchedulerState.Stuck) } scheduler ? CellText.Local(scheduler.Next) : "never";

    /// <summary>The runs after the next one.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string NextRuns(PSObject instance) => string.Join('\n', Scheduler(instance).NextRuns.Skip(1).Select(run => CellText.Local(run)));

    /// <summary>The job of its next run.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string NextJob(PSObject instance) => CellText.Visible(Scheduler(instance).NextJobId);

    /// <summary>How often it has run, of how often it may. What counts towards the limit begins anew when a scheduler is changed; the runs don't.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Count(PSObject instance) => Scheduler(instance) is { Limit: { } limit } scheduler && !(scheduler.IterationCount > limit)
        ? string.Create(CultureInfo.CurrentCulture, $"{scheduler.IterationCount ?? 0:N0}/{limit:N0}") : CellText.Count(Scheduler(instance).IterationCount);

    /// <summary>When it begins.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string StartDate(PSObject instance) => CellText.Local(Scheduler(instance).StartDate);

    /// <summary>When it ends.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string EndDate(PSObject instance) => CellText.Local(Scheduler(instance).EndDate);

    /// <summary>The data of its jobs.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The objects.</returns>
    public static object? Data(PSObject instance) => JsonObjects.ToObject(Scheduler(instance).GetData(), Scheduler(instance).GetDataText());

    /// <summary>The options of its jobs.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The objects.</returns>
    public static object? Options(PSObject instance) => JsonObjects.ToObject(Scheduler(instance).GetOptions(), Scheduler(instance).GetOptionsText());

    /// <summary>The data of its jobs as text.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string DataText(PSObject instance) => CellText.Visible(Scheduler(instance).GetDataText(), 2000);

    /// <summary>The options of its jobs as text.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string OptionsText(PSObject instance) => CellText.Visible(Scheduler(instance).GetOptionsText(), 2000);

    /// <summary>What an operator should know.</summary>
    /// <param name="instance">The scheduler.</param>
    /// <returns>The text.</returns>
    public static string Problem(PSObject instance) => Scheduler(instance).Problem is { } problem ? CellText.Sentences([problem]) : "";

    internal static string Rule(JobScheduler scheduler) => scheduler.Pattern is { } pattern ? $"{pattern}{(scheduler.TimeZone is { } zone ? $" {zone}" : "")}"
        : scheduler.Every is { } every ? $"every {CellText.Duration(every)}" : "";

    private static JobScheduler Scheduler(PSObject instance) => (JobScheduler)instance.BaseObject;
}
