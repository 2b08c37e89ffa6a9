using System.Security.Cryptography.X509Certificates;

namespace JobAdmin;

/// <summary>Everything that a connection is made from.</summary>
public sealed record JobServerOptions
{
    /// <summary>The connection's name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of server; null to find out.</summary>
    public JobServerKind? Kind { get; init; }

    /// <summary>The address: <c>redis://</c>, <c>rediss://</c>, <c>http://</c> or <c>https://</c>, without user and password.</summary>
    public required Uri Address { get; init; }

    /// <summary>Further addresses of the same Redis: cluster nodes or sentinels, as <c>host:port</c>.</summary>
    public IReadOnlyList<string> MoreAddresses { get; init; } = [];

    /// <summary>The name of the master that Sentinel watches; null without Sentinel.</summary>
    public string? SentinelMaster { get; init; }

    /// <summary>The user.</summary>
    public string? User { get; init; }

    /// <summary>The password or key.</summary>
    public Secret? Password { get; init; }

    /// <summary>Further request headers for hosts that define their own authentication.</summary>
    public IReadOnlyDictionary<string, Secret> Headers { get; init; } = new Dictionary<string, Secret>();

    /// <summary>The Redis database number.</summary>
    public int Database { get; init; }

    /// <summary>The prefix of BullMQ's keys.</summary>
    public string Prefix { get; init; } = "bull";

    /// <summary>The queue that is meant when none is named.</summary>
    public string? DefaultQueue { get; init; }

    /// <summary>Whether changes are refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>How long a connect or one answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether any TLS certificate is accepted.</summary>
    public bool SkipCertificateCheck { get; init; }

    /// <summary>A certificate authority to trust besides the system's.</summary>
    public X509Certificate2? CertificateAuthority { get; init; }

    /// <summary>A client certificate.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The time zone of a server that sends local times as if they were UTC (Mcrit).</summary>
    public TimeZoneInfo? ServerTimeZone { get; init; }

    /// <summary>Requests in flight at once on HTTP servers.</summary>
    public int ThrottleLimit { get; init; } = 16;
}

/// <summary>A password or key that shows itself only where it is sent.</summary>
public sealed class Secret(string value)
{
    private readonly string value = value;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => value.Length == 0;

    internal string Reveal() => value;

    /// <summary>Never the secret.</summary>
    /// <returns>Asterisks.</returns>
    public override string ToString() => "********";
}

/// <summary>Makes connections. The module finds the one implementation in the client's own load context.</summary>
public interface IJobServerFactory
{
    /// <summary>Connects and checks that the server answers and lets the user in.</summary>
    /// <param name="options">What to connect to.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <returns>The server.</returns>
    /// <exception cref="JobServerException">It can't be reached, refuses the user, or is not what was asked for.</exception>
    Task<IJobServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken);
}
