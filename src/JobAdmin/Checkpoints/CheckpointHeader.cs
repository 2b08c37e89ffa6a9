using System.Text.Json.Serialization;
using JobAdmin.Audit;
using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>The first line of a checkpoint: what it is of.</summary>
internal sealed record CheckpointHeader
{
    // They say how, not what, or where to note it.
    private static readonly string[] Left =
        ["Throttle", "BatchSize", "PassThru", "AuditReason", "Checkpoint", "Connection", "Backup", "InputObject"];

    /// <summary>What the first line says of the format.</summary>
    public const string Name = "jobadmin-checkpoint";

    /// <summary>The version of the format.</summary>
    public const int Newest = 1;

    /// <summary>Always <see cref="Name"/>.</summary>
    [JsonPropertyOrder(-2)]
    public string Format { get; init; } = Name;

    /// <summary>The version of the format that it is written in.</summary>
    [JsonPropertyOrder(-1)]
    public int Version { get; init; } = Newest;

    /// <summary>Tells runs apart, and goes into the ids of jobs that are made.</summary>
    public required string Id { get; init; }

    /// <summary>When it began: later jobs are not meant.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The command.</summary>
    public required string Command { get; init; }

    /// <summary>The parameters that say what is meant.</summary>
    public required SortedDictionary<string, string> Parameters { get; init; }

    /// <summary>The server, with everything that tells it from others.</summary>
    public required string Server { get; init; }

    /// <summary>The queue that was meant when none was named.</summary>
    public string? DefaultQueue { get; init; }

    /// <summary>What a checkpoint of a command would be of, if it began now.</summary>
    /// <param name="cmdlet">The command.</param>
    /// <param name="server">The server that it changes.</param>
    /// <param name="alsoLeft">Parameters of its own that make no difference.</param>
    public static CheckpointHeader Of(JobServerCmdlet cmdlet, IJobServer server, params string[] alsoLeft) => new()
    {
        Id = Guid.NewGuid().ToString("N")[..12],
        // Jobs that came into their state within this millisecond are meant.
        Started = cmdlet.TimeOf(server).AddMilliseconds(1),
        Command = cmdlet.MyInvocation.MyCommand.Name,
        Parameters = BoundText.Meaning(cmdlet, [.. Left, .. alsoLeft]),
        Server = CheckpointRun.Name(server),
        DefaultQueue = cmdlet.MyInvocation.BoundParameters.ContainsKey("Queue") ? null : server.Connection.DefaultQueue,
    };
}
