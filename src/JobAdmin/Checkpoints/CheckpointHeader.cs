using System.Text.Json.Serialization;

namespace JobAdmin.Checkpoints;

/// <summary>The first line of a checkpoint: what it is of.</summary>
internal sealed record CheckpointHeader
{
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
}
