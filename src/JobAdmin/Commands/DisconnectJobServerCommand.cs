using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Connecting;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Closes connections: the current one, or those named.</summary>
[Cmdlet(VerbsCommunications.Disconnect, "JobServer")]
[OutputType(typeof(void))]
public sealed class DisconnectJobServerCommand : AsyncCmdlet
{
    /// <summary>The connections, or their names; wildcards may be used. Without it, the current one.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("Name")]
    [Connection]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public JobServerConnection[]? Connection { get; set; }

    internal override void Process()
    {
        var registry = ConnectionRegistry.Here;
        foreach (var connection in Connection ?? [registry.Current ?? throw JobErrors.NotConnected()])
        {
            if (connection.Server is null)
            {
                // A pattern that matches nothing is no error.
                if (!JobWildcard.HasWildcard(connection.Name))
                {
                    WriteError(JobErrors.From(JobErrors.ConnectionNotFound(connection.Name, registry.All.Select(c => c.Name))));
                }

                continue;
            }

            registry.Remove(connection);
            Run(_ => ConnectionRegistry.CloseAsync(connection));
        }
    }
}
