namespace JobAdmin.Client.BullMq;

/// <summary>BullMQ's words for states, and the keys that hold them.</summary>
internal static class StateWords
{
    /// <summary>The order in which states are listed when none is named: what runs and what waits first.</summary>
    public static readonly JobState[] All =
    [
        JobState.Active, JobState.Waiting, JobState.Paused, JobState.Prioritized, JobState.Delayed, JobState.WaitingChildren, JobState.Failed, JobState.Completed,
    ];

    /// <summary>The order in which jobs go through states: who reads them in this order meets each job that goes on meanwhile, some of them twice.</summary>
    public static readonly JobState[] Course =
    [
        JobState.Delayed, JobState.WaitingChildren, JobState.Prioritized, JobState.Waiting, JobState.Paused, JobState.Active, JobState.Failed, JobState.Completed,
    ];

    /// <summary>The key word of a state, or null when BullMQ has no such state.</summary>
    public static string? KeyWord(JobState state) => state switch
    {
        JobState.Waiting => "wait",
        JobState.Paused => "paused",
        JobState.Active => "active",
        JobState.Prioritized => "prioritized",
        JobState.Delayed => "delayed",
        JobState.WaitingChildren => "waiting-children",
        JobState.Completed => "completed",
        JobState.Failed => "failed",
        _ => null,
    };

    /// <summary>BullMQ's own name of a state (<c>waiting</c>, where the key is <c>wait</c>).</summary>
    public static string RawName(JobState state) => state == JobState.Waiting ? "waiting" : KeyWord(state) ?? "unknown";

    /// <summary>Whether the state is a list, which has an order but no index.</summary>
    public static bool IsList(JobState state) => state is JobState.Waiting or JobState.Paused or JobState.Active;

    /// <summary>Whether the score of the state's sorted set is the time a job finished.</summary>
    public static bool ScoreIsFinishedOn(JobState state) => state is JobState.Completed or JobState.Failed;

    /// <summary>A state from its key word or BullMQ's name.</summary>
    public static JobState Parse(string? word) => word switch
    {
        "wait" or "waiting" => JobState.Waiting,
        "paused" => JobState.Paused,
        "active" => JobState.Active,
        "prioritized" => JobState.Prioritized,
        "delayed" => JobState.Delayed,
        "waiting-children" => JobState.WaitingChildren,
        "completed" => JobState.Completed,
        "failed" => JobState.Failed,
        _ => JobState.Unknown,
    };

    /// <summary>The states to read for the ones asked for. As in BullMQ, <c>waiting</c> takes in the list that a paused queue of BullMQ 4 and 5 keeps.</summary>
    public static IReadOnlyList<JobState> Expand(IReadOnlyList<JobState> states)
    {
        if (states.Count == 0)
        {
            return All;
        }

        var result = new List<JobState>();
        foreach (var state in states)
        {
            if (KeyWord(state) is null)
            {
                continue;
            }

            if (!result.Contains(state))
            {
                result.Add(state);
            }

            if (state == JobState.Waiting && !result.Contains(JobState.Paused))
            {
                result.Add(JobState.Paused);
            }
        }

        return result;
    }
}
