namespace JobAdmin.Completion;

/// <summary>Completes what Test-JobQueue examines.</summary>
public sealed class QueueCheckCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) => Enum.GetNames<JobQueueCheck>().Select(name => (name, name));
}
