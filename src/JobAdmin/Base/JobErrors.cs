using System.Management.Automation;
using JobAdmin.Display;

namespace JobAdmin.Base;

/// <summary>Makes every error record of the module.</summary>
internal static class JobErrors
{
    // From 7.5 on PowerShell shows the recommended action below the message by itself.
    private static readonly bool AdviceInMessage = typeof(PSObject).Assembly.GetName().Version < new Version(7, 5);

    /// <summary>The record of an error of a server or of what the user asked.</summary>
    /// <param name="error">The error.</param>
    /// <param name="target">What it is about, when the error itself does not say.</param>
    /// <returns>The record.</returns>
    public static ErrorRecord From(JobServerException error, object? target = null) =>
        new(error, error.ErrorId, Category(error.Kind), error.Target ?? target)
        {
            // The exception keeps the text as it is; what is shown moves no cursor and changes no colour.
            ErrorDetails = new ErrorDetails(CellText.VisibleLines(AdviceInMessage && error.Advice is { Length: > 0 } advice ? $"{error.Message} {advice}" : error.Message))
            {
                RecommendedAction = error.Advice ?? "",
            },
        };

    /// <summary>The record of a job that was not changed as asked.</summary>
    /// <param name="outcome">What became of it.</param>
    /// <param name="verb">The change as a participle ("retried").</param>
    /// <returns>The record.</returns>
    public static ErrorRecord From(JobOutcome outcome, string verb)
    {
        var (id, kind, what, advice) = outcome.Status switch
        {
            JobOutcomeStatus.NotFound => ("JobNotFound", JobErrorKind.NotFound, "it is not there", "It may have finished and not been kept, or been removed."),
            JobOutcomeStatus.Locked => ("JobLocked", JobErrorKind.InvalidState, "a worker has it, or one of its children",
                "Wait until it has finished: Wait-Job."),
            JobOutcomeStatus.SkippedWrongState => ("InvalidJobState", JobErrorKind.InvalidState,
                outcome.PreviousState == JobState.Unknown ? "its state does not allow it" : $"it is {Word(outcome.PreviousState)}", "Get-Job shows its state."),
            JobOutcomeStatus.SchedulerOwned => ("JobBelongsToScheduler", JobErrorKind.InvalidState, "it is the next run of a scheduler",
                "Change the scheduler instead."),
            JobOutcomeStatus.Refused => ("JobRefused", JobErrorKind.Server, "the server refused", outcome.Fault?.Advice),
            JobOutcomeStatus.NotChanged => ("JobNotChanged", JobErrorKind.Connection, "nothing was changed", outcome.Fault?.Advice ?? "Try again."),
            JobOutcomeStatus.AlreadyExists => ("JobExists", JobErrorKind.InvalidState, "it is there already", null),
            _ => ("OutcomeUnknown", JobErrorKind.Connection, "the connection broke, and what became of it is not known",
                outcome.Id.Length > 0 ? "Get-Job shows its state." : "Look at the newest jobs of the queue before you add it again."),
        };
        var was = outcome.Status == JobOutcomeStatus.Unknown ? "may not have been" : "was not";
        var reason = outcome.Message is { Length: > 0 } message ? message.TrimEnd('.') : what;
        return From(new JobServerException(id, kind, $"{(outcome.Id.Length > 0 ? $"Job {outcome.Id}" : "A job")} in queue {outcome.Queue} {was} {verb}: {reason}.", advice) { Target = outcome });
    }

    /// <summary>No connection is current and none was named.</summary>
    public static JobServerException NotConnected() =>
        new("NotConnected", JobErrorKind.InvalidState, "This session is not connected to a job server.",
            "Connect-JobServer redis://host:6379 connects, and without an address it takes the one in $env:REDIS_URL.");

    /// <summary>A named connection is not there.</summary>
    /// <param name="name">The name.</param>
    /// <param name="known">The names that are.</param>
    public static JobServerException ConnectionNotFound(string name, IEnumerable<string> known)
    {
        var names = string.Join(", ", known);
        return new("ConnectionNotFound", JobErrorKind.NotFound, $"No connection is called '{name}' in this session.",
            names.Length > 0 ? $"There is: {names}." : "Connect-JobServer makes one.") { Target = name };
    }

    /// <summary>A connection has been closed.</summary>
    /// <param name="name">The name.</param>
    public static JobServerException ConnectionClosed(string name) =>
        new("ConnectionClosed", JobErrorKind.InvalidState, $"The connection '{name}' has been closed.", "Connect again with Connect-JobServer.") { Target = name };

    /// <summary>A result has no job (any more).</summary>
    /// <param name="id">The result's id.</param>
    /// <param name="connection">The connection's name.</param>
    public static JobServerException ResultNotFound(string id, string connection) =>
        new("ResultNotFound", JobErrorKind.NotFound, $"No job on {connection} has the result '{id}'.", "Get-Job shows the result ids of finished jobs.") { Target = id };

    /// <summary>A job is not there.</summary>
    /// <param name="id">The id.</param>
    /// <param name="where">Where it was looked for ("queue emails").</param>
    public static JobServerException JobNotFound(string id, string where) =>
        new("JobNotFound", JobErrorKind.NotFound, $"There is no job {id} in {where}.", "It may have finished and not been kept, or been removed.") { Target = id };

    /// <summary>A scheduler is not there.</summary>
    /// <param name="id">The id.</param>
    /// <param name="where">Where it was looked for ("queue reports").</param>
    public static JobServerException SchedulerNotFound(string id, string where) =>
        new("SchedulerNotFound", JobErrorKind.NotFound, $"There is no scheduler '{id}' in {where}.", "Get-JobScheduler lists them.") { Target = id };

    /// <summary>Something that the user gave can't be used.</summary>
    /// <param name="errorId">The id.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="advice">What to give instead.</param>
    /// <param name="target">What was given.</param>
    public static JobServerException Input(string errorId, string message, string? advice = null, object? target = null) =>
        new(errorId, JobErrorKind.InvalidInput, message, advice) { Target = target };

    /// <summary>Whether an error is about one queue, so that others may be worked on all the same: it is gone, may not be read, or has a key of another type.</summary>
    /// <param name="error">The error.</param>
    /// <param name="queue">The queue.</param>
    public static bool IsOfQueue(JobServerException error, string queue) => error.Kind is JobErrorKind.InvalidState or JobErrorKind.Access || error.IsAbout(queue);

    /// <summary>A state in words, as BullMQ writes it.</summary>
    /// <param name="state">The state.</param>
    public static string Word(JobState state) => state == JobState.WaitingChildren ? "waiting-children" : state.ToString().ToLowerInvariant();

    private static ErrorCategory Category(JobErrorKind kind) => kind switch
    {
        JobErrorKind.Connection => ErrorCategory.ConnectionError,
        JobErrorKind.Access => ErrorCategory.PermissionDenied,
        JobErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        JobErrorKind.InvalidState => ErrorCategory.InvalidOperation,
        JobErrorKind.InvalidInput => ErrorCategory.InvalidArgument,
        JobErrorKind.NotSupported => ErrorCategory.NotImplemented,
        JobErrorKind.Timeout => ErrorCategory.OperationTimeout,
        _ => ErrorCategory.InvalidResult,
    };
}
