namespace JobAdmin.Parameters;

/// <summary>The states as users write them: our names, BullMQ's, in any case.</summary>
internal static class JobStates
{
    /// <summary>The names, as BullMQ writes them, in the order of a job's life.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["waiting", "prioritized", "delayed", "waiting-children", "active", "completed", "failed", "paused", "cancelled", "unknown"];

    /// <summary>Reads one name.</summary>
    /// <param name="text">The name.</param>
    /// <param name="state">The state.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out JobState state)
    {
        var found = text.Replace("-", "").Replace("_", "").ToLowerInvariant() switch
        {
            "waiting" or "wait" => JobState.Waiting,
            "prioritized" => JobState.Prioritized,
            "delayed" => JobState.Delayed,
            "waitingchildren" => JobState.WaitingChildren,
            "active" => JobState.Active,
            "completed" => JobState.Completed,
            "failed" => JobState.Failed,
            "paused" => JobState.Paused,
            "cancelled" or "canceled" => JobState.Cancelled,
            "unknown" => JobState.Unknown,
            _ => (JobState?)null,
        };
        state = found ?? default;
        return found is not null;
    }

    /// <summary>Reads names.</summary>
    /// <param name="names">The names; null for none.</param>
    /// <returns>The states, each once, in the order given.</returns>
    public static IReadOnlyList<JobState> Parse(IEnumerable<string>? names)
    {
        var states = new List<JobState>();
        foreach (var name in names ?? [])
        {
            if (!TryParse(name, out var state))
            {
                throw Base.JobErrors.Input("InvalidState", $"'{name}' is not a state.", $"The states are {string.Join(", ", Names)}.", name);
            }

            if (!states.Contains(state))
            {
                states.Add(state);
            }
        }

        return states;
    }
}
