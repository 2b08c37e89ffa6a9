using JobAdmin.Parameters;

namespace JobAdmin.Completion;

/// <summary>Completes what Wait-Job waits for.</summary>
public sealed class WaitGoalCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        JobStates.Names.Select(name => (name, name)).Prepend(("finished", "completed, failed or cancelled"));
}
