namespace JobAdmin.Display;

/// <summary>The colour of each state and event word, one meaning a colour: red failed, green done, cyan at work, yellow held back, magenta out of turn.</summary>
internal static class StateColours
{
    public const string Bad = Red, Doubtful = Yellow, Good = Green;

    private const string Red = "31", Green = "32", Yellow = "33", Blue = "34", Magenta = "35", Cyan = "36", Grey = "90";

    public static string? Of(JobState state) => state switch
    {
        JobState.Failed => Red,
        JobState.Completed => Green,
        JobState.Active => Cyan,
        JobState.Delayed or JobState.Paused => Yellow,
        JobState.Prioritized => Magenta,
        JobState.WaitingChildren => Blue,
        JobState.Unknown or JobState.Cancelled => Grey,
        _ => null,
    };

    public static string? Of(JobOutcomeStatus status) => status switch
    {
        JobOutcomeStatus.NotFound or JobOutcomeStatus.Refused or JobOutcomeStatus.Unknown => Red,
        JobOutcomeStatus.SkippedWrongState or JobOutcomeStatus.Locked or JobOutcomeStatus.SchedulerOwned or JobOutcomeStatus.StopRequested
            or JobOutcomeStatus.NotChanged or JobOutcomeStatus.AlreadyExists => Yellow,
        _ => Green,
    };

    public static string? Of(JobSchedulerState state) => state switch
    {
        JobSchedulerState.Stuck => Red,
        JobSchedulerState.Due => Yellow,
        JobSchedulerState.Running => Cyan,
        JobSchedulerState.Ended or JobSchedulerState.Legacy or JobSchedulerState.Unknown => Grey,
        _ => null,
    };

    public static string? Of(string eventName) => eventName switch
    {
        "failed" or "retries-exhausted" or "stalled" or "gap" => Red,
        "completed" => Green,
        "active" or "progress" => Cyan,
        "delayed" or "paused" => Yellow,
        "waiting-children" => Blue,
        "removed" or "cleaned" or "drained" or "duplicated" or "deduplicated" or "debounced" => Grey,
        _ => null,
    };
}
