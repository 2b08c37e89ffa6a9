using System.Globalization;
using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>The JSON of a <see cref="QueueJob"/> as objects, and what its table and wide views show.</summary>
public static class QueueJobCells
{
    private const int StateWidth = 11;
    private const int IdWidth = 12;

    /// <summary>The job's data as objects.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>Objects; the text when it is not JSON; null when it was not read.</returns>
    public static object? Data(PSObject instance) => JsonObjects.ToObject(Job(instance).GetData(), Job(instance).GetDataText());

    /// <summary>The job's options as objects, in the short names in which BullMQ stores them.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>Objects; the text when it is not JSON; null when it was not read.</returns>
    public static object? Options(PSObject instance) => JsonObjects.ToObject(Job(instance).GetOptions(), Job(instance).GetOptionsText());

    /// <summary>The job's return value as objects.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>Objects; the text when it is not JSON; null when there is none or it was not read.</returns>
    public static object? ReturnValue(PSObject instance) => JsonObjects.ToObject(Job(instance).GetReturnValue(), Job(instance).GetReturnValueText());

    /// <summary>The heading of a group: the queue, and the connection it is on.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Group(PSObject instance) => CellText.OnConnection(Job(instance).Queue, Job(instance).Connection);

    /// <summary>The id, visible throughout.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Id(PSObject instance) => CellText.Visible(Job(instance).Id);

    /// <summary>The id as the table has room for it.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string ShortId(PSObject instance) => CellText.Id(Job(instance).Id, IdWidth);

    /// <summary>The name, visible throughout.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) => CellText.Visible(Job(instance).Name);

    /// <summary>The state in its colour.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string State(PSObject instance) => CellText.Coloured(Job(instance).State.ToString(), StateWidth, StateColours.Of(Job(instance).State));

    /// <summary>The time that matters in the job's state: when it finished, started, becomes due or was added.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string When(PSObject instance)
    {
        var job = Job(instance);
        return job switch
        {
            { State: JobState.Delayed, DelayUntil: { } due } when due < DateTimeOffset.UtcNow => CellText.Short(DateTimeOffset.UtcNow - due) + " late",
            { State: JobState.Delayed, DelayUntil: { } due } => CellText.Relative(due),
            { State: JobState.Active } => CellText.Relative(job.ProcessedOn ?? job.Timestamp),
            { State: JobState.Completed or JobState.Failed or JobState.Cancelled } => CellText.Relative(job.FinishedOn ?? job.Timestamp),
            _ => CellText.Relative(job.Timestamp),
        };
    }

    /// <summary>Attempts made of those allowed: <c>3/5</c>.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Attempts(PSObject instance)
    {
        var job = Job(instance);

        // BullMQ stores 0 when nothing was said, and then runs the job once.
        return string.Create(CultureInfo.InvariantCulture, $"{job.AttemptsMade}") + (job.Attempts is { } allowed ? string.Create(CultureInfo.InvariantCulture, $"/{Math.Max(allowed, 1)}") : "");
    }

    /// <summary>What else matters in the job's state: a problem, a stop that waits, the reason it failed, its progress, how long it took.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Detail(PSObject instance)
    {
        var job = Job(instance);
        return job switch
        {
            { Problem: { } problem } => "⚠ " + CellText.Visible(problem),
            { DeferredFailure: { } reason } => "stopped: " + CellText.Visible(reason),
            { State: JobState.Active } => CellText.Progress(job.Progress),
            { State: JobState.Completed, Duration: { } took } => "took " + CellText.Duration(took),
            { State: not JobState.Completed, FailedReason: { } reason } => CellText.Visible(reason.Trim()),
            { ParentId: { } parent } => CellText.Visible($"child of {parent}"),
            _ => "",
        };
    }

    /// <summary>Id and name, for <c>Format-Wide</c>.</summary>
    /// <param name="instance">The job.</param>
    /// <returns>The text.</returns>
    public static string Wide(PSObject instance) => CellText.Visible($"{Job(instance).Id} {Job(instance).Name}");

    internal static QueueJob Job(PSObject instance) => (QueueJob)instance.BaseObject;
}
