namespace JobAdmin;

/// <summary>A connection to one job server. It holds no secret that can be read back.</summary>
public sealed class JobServerConnection
{
    private string? auditPath;

    /// <summary>The name by which <c>-Connection</c> finds it.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of server.</summary>
    public JobServerKind Kind { get; init; }

    /// <summary>The address, without user or password.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The user it is logged in as, when one was given.</summary>
    public string? User { get; init; }

    /// <summary>The prefix of BullMQ's keys; null on HTTP servers.</summary>
    public string? Prefix { get; init; }

    /// <summary>The queue that is meant when none is named; null for all.</summary>
    public string? DefaultQueue { get; init; }

    /// <summary>Whether changes are refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>The server's version, as far as it says.</summary>
    public string? ServerVersion { get; init; }

    /// <summary>What the server can do.</summary>
    public JobServerCapabilities Capabilities { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset ConnectedAt { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>Whether it has been disconnected.</summary>
    public bool IsClosed { get; internal set; }

    /// <summary>What the user should know, found while connecting.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The file to which every change is written down: the connection's own, else the one that <c>JOBADMIN_AUDIT</c> in the environment names; null for none.</summary>
    public string? AuditPath
    {
        get => auditPath ?? (Environment.GetEnvironmentVariable("JOBADMIN_AUDIT") is { Length: > 0 } path ? path : null);
        internal set => auditPath = value;
    }

    internal IJobServer? Server { get; set; }

    /// <summary>The shortest time between two looks at a server whose events do not tell all; null for one whose events do.</summary>
    internal TimeSpan? ShortestPause { get; init; }

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
