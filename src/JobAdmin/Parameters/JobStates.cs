namespace JobAdmin.Parameters;

/// <summary>The states as users write them: our names, BullMQ's, in any case.</summary>
internal static class JobStates
{
    /// <summary>The names, as BullMQ writes them, in the order of a job's life.</summary>
    public static readonly IReadOnlyList<string> Names =
        ["waiting", "prioritized", "delayed", "waiting-children", "active", "completed", "failed", "paused", "cancelled", "unknown"];

    private static readonly Dictionary<string, JobState> Known = Enum.GetValues<JobState>()
        .Select(state => (Name: state.ToString(), State: state))
        .Append(("wait", JobState.Waiting))
        .Append(("canceled", JobState.Cancelled))
        .ToDictionary(pair => pair.Item1, pair => pair.Item2, StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads one name.</summary>
    /// <param name="text">The name.</param>
    /// <param name="state">The state.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string text, out JobState state) =>
        Known.TryGetValue(text.Replace("-", "").Replace("_", ""), out state);

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
