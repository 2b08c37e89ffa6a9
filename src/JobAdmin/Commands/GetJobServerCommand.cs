using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Connecting;

namespace JobAdmin.Commands;

/// <summary>Shows the connections of this session.</summary>
[Cmdlet(VerbsCommon.Get, "JobServer")]
[OutputType(typeof(JobServerConnection))]
public sealed class GetJobServerCommand : AsyncCmdlet
{
    /// <summary>The names of the connections; wildcards may be used. Without it, all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("Connection")]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only the current one; nothing when there is none.</summary>
    [Parameter]
    public SwitchParameter Current { get; set; }

    internal override void Process()
    {
        var registry = ConnectionRegistry.Here;
        foreach (var connection in Name is null ? registry.All : Named(registry, Name))
        {
            if (!Current || ReferenceEquals(connection, registry.Current))
            {
                WriteObject(connection);
            }
        }
    }

    private IEnumerable<JobServerConnection> Named(ConnectionRegistry registry, string[] names)
    {
        var found = new List<JobServerConnection>();
        foreach (var name in names)
        {
            var matches = registry.Find(name);
            if (matches.Count == 0 && !JobWildcard.HasWildcard(name))
            {
                WriteError(JobErrors.From(JobErrors.ConnectionNotFound(name, registry.All.Select(c => c.Name))));
            }

            found.AddRange(matches);
        }

        return found.Distinct();
    }
}
