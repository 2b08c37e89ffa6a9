namespace JobAdmin;

/// <summary>How a server is: what <c>Test-JobServer</c> shows.</summary>
public sealed class JobServerReport
{
    /// <summary>The connection's name.</summary>
    public required string Connection { get; init; }

    /// <summary>The kind of server.</summary>
    public JobServerKind Kind { get; init; }

    /// <summary>The address, without user or password.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Whether it answered.</summary>
    public bool Reachable { get; init; }

    /// <summary>The median time of a round trip.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>The server's product and version.</summary>
    public string? Version { get; init; }

    /// <summary><c>master</c> or <c>replica</c>.</summary>
    public string? Role { get; init; }

    /// <summary><c>standalone</c>, <c>cluster</c> or <c>sentinel</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>What Redis does when memory runs out; BullMQ needs <c>noeviction</c>.</summary>
    public string? MaxMemoryPolicy { get; init; }

    /// <summary>Memory in use, bytes.</summary>
    public long? UsedMemory { get; init; }

    /// <summary>The memory limit in bytes; null for none.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>What the server says of its rate limit (<c>97 of 100 requests left</c>); null when it says nothing.</summary>
    public string? RateLimit { get; init; }

    /// <summary>Where the server describes its API (OpenAPI); null when it does not.</summary>
    public string? ApiDescription { get; init; }

    /// <summary>The number of queues found.</summary>
    public int? Queues { get; init; }

    /// <summary>The BullMQ versions found on the queues, each with its number of queues.</summary>
    public IReadOnlyDictionary<string, int> Layouts { get; init; } = new Dictionary<string, int>();

    /// <summary>What an operator should see to.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether it answered and nothing calls for attention.</summary>
    public bool Healthy => Reachable && Warnings.Count == 0;
}
