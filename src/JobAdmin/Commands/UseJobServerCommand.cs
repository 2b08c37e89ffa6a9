using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Connecting;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Makes a connection the current one of this session.</summary>
[Cmdlet(VerbsOther.Use, "JobServer")]
[OutputType(typeof(JobServerConnection))]
public sealed class UseJobServerCommand : AsyncCmdlet
{
    /// <summary>The connection, or its name.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    [Alias("Name")]
    [Connection]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public JobServerConnection[] Connection { get; set; } = [];

    /// <summary>Writes the connection.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override void Process()
    {
        var registry = ConnectionRegistry.Here;
        if (Connection is not [var connection])
        {
            throw JobErrors.Input("ConnectionAmbiguous", $"Only one connection can be current, and {Connection.Length} are named: {string.Join<JobServerConnection>(", ", Connection)}.");
        }

        if (connection.IsClosed)
        {
            throw JobErrors.ConnectionClosed(connection.Name);
        }

        if (connection.Server is null)
        {
            throw JobErrors.ConnectionNotFound(connection.Name, registry.All.Select(c => c.Name));
        }

        registry.Use(connection);
        if (PassThru)
        {
            WriteObject(connection);
        }
    }
}
