using System.Collections;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using JobAdmin.Audit;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Connecting;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Connects to a job server: BullMQ's data on Redis, or an HTTP admin API.</summary>
[Cmdlet(VerbsCommunications.Connect, "JobServer")]
[OutputType(typeof(JobServerConnection))]
public sealed class ConnectJobServerCommand : AsyncCmdlet
{
    // What PowerShell learns of a cmdlet at its first use, it need not learn while somebody waits for jobs.
    private static readonly Lazy<Task> Learnt = new(static () => Task.Run(static () => _ = new CommandMetadata(typeof(GetJobCommand))));

    /// <summary>The address: redis://host:6379/0, rediss://host:6380, host:port, or https://host/path. Without it, $env:REDIS_URL.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [Alias("Url", "Address")]
    [ArgumentCompleter(typeof(AddressCompleter))]
    public string? Uri { get; set; }

    /// <summary>User and password. They count before those in the address.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The key of an HTTP API, or a password alone: a SecureString, or a text.</summary>
    [Parameter]
    [Secret]
    public Secret? Key { get; set; }

    /// <summary>Further request headers, as a hashtable of texts or SecureStrings.</summary>
    [Parameter]
    [Secret]
    public Hashtable? Header { get; set; }

    /// <summary>The kind of HTTP API; found out when it can be, without it.</summary>
    [Parameter]
    public JobServerKind? Api { get; set; }

    /// <summary>The name of the connection. Without it, host and port.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public string? Name { get; set; }

    /// <summary>The prefix of BullMQ's keys.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PlainText]
    public string Prefix { get; set; } = "bull";

    /// <summary>The queue that is meant when a command names none.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PlainText]
    public string? Queue { get; set; }

    /// <summary>Refuses every change on this connection.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>A file to which every change on this connection is written down, in JSON Lines. Without it, the one that $env:JOBADMIN_AUDIT names.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditPath { get; set; }

    /// <summary>How long connecting, or one answer, may take: seconds, 500ms, or a TimeSpan.</summary>
    [Parameter]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The name of the master that the sentinels at the address watch.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SentinelMaster { get; set; }

    /// <summary>Accepts any TLS certificate.</summary>
    [Parameter]
    public SwitchParameter SkipCertificateCheck { get; set; }

    /// <summary>A certificate authority to trust besides the system's: a certificate, or the path of one.</summary>
    [Parameter]
    [Certificate]
    public X509Certificate2? CertificateAuthority { get; set; }

    /// <summary>The client's certificate with its key: a certificate, or the path of a PEM file with both.</summary>
    [Parameter]
    [Certificate(WithKey = true)]
    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>The time zone of a server that sends local times without saying so, by its id.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TimeZoneCompleter))]
    public string? TimeZone { get; set; }

    /// <summary>Requests under way at once on an HTTP API.</summary>
    [Parameter]
    [ValidateRange(1, 256)]
    public int ThrottleLimit { get; set; } = 16;

    internal override void Process()
    {
        var given = Uri ?? ServerEnvironment.Address(Api) ?? throw JobErrors.Input("AddressMissing", "Nothing says where to connect to.",
            "Give an address, as in Connect-JobServer redis://host:6379, or set $env:REDIS_URL.");
        var address = Parse(given);
        var options = Options(address);
        var audit = AuditPath is null ? null : AuditTrail.Open(this, GetUnresolvedProviderPathFromPSPath(AuditPath));
        var server = Run(token => ClientLoader.Factory.ConnectAsync(options, token));
        server.Connection.AuditPath = audit;
        Register(server);
        _ = Learnt.Value;
    }

    private ServerAddress Parse(string given)
    {
        // Whatever is wrong with the address, its password must not stand in the error record: this comes before anything can go wrong.
        var scheme = Api is null or JobServerKind.Redis ? "redis" : "http";
        TypedSecrets.StrikeOut(MyInvocation, [.. ServerAddress.FindSecrets(given, scheme), Key?.Reveal() ?? "", Credential?.GetNetworkCredential()?.Password ?? "",
            .. Headers().Values.Select(value => value.Reveal())]);
        return ServerAddress.Parse(given, scheme, SentinelMaster is not null);
    }

    private JobServerOptions Options(ServerAddress address)
    {
        var login = Credential?.GetNetworkCredential();
        return new JobServerOptions
        {
            Name = Name ?? address.DisplayName + (address.IsRedis && Prefix != "bull" ? $"/{Prefix}" : ""),
            Kind = Api ?? (address.IsRedis ? JobServerKind.Redis : null),
            Address = address.Uri,
            MoreAddresses = [.. address.Hosts.Skip(1)],
            SentinelMaster = SentinelMaster,
            User = login is null ? address.User : login.UserName is { Length: > 0 } user ? user : null,
            Password = login is not null ? new Secret(login.Password)
                : Key ?? (address.Password is { } password ? new Secret(password) : ServerEnvironment.Key(Api)),
            Headers = Headers(),
            Database = address.Database,
            Prefix = Prefix,
            DefaultQueue = Queue,
            ReadOnly = ReadOnly,
            Timeout = Timeout > TimeSpan.Zero && Timeout <= TimeSpan.FromDays(1) ? Timeout
                : throw JobErrors.Input("InvalidTimeout", "-Timeout must be more than nothing, and no more than a day.", "Give a length of time, as in 500ms, 10s or 1m."),
            SkipCertificateCheck = SkipCertificateCheck,
            CertificateAuthority = CertificateAuthority,
            ClientCertificate = ClientCertificate,
            ServerTimeZone = Zone(),
            ThrottleLimit = ThrottleLimit,
        };
    }

    private Dictionary<string, Secret> Headers() =>
        Header is null ? [] : Header.Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => entry.Value as Secret
            ?? throw JobErrors.Input("InvalidHeader", $"The value for the header '{entry.Key}' is $null.", "Look whether its variable is set, or leave the header out."));

    private TimeZoneInfo? Zone()
    {
        if (TimeZone is null)
        {
            return null;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out var zone)
            ? zone
            : throw JobErrors.Input("InvalidTimeZone", $"'{TimeZone}' is not a time zone of this system.", "Get-TimeZone -ListAvailable shows them; as in Europe/Berlin.", TimeZone);
    }

    private void Register(IJobServer server)
    {
        var connection = server.Connection;
        connection.Server ??= server;
        if (ConnectionRegistry.Here.Add(connection) is { } replaced && !ReferenceEquals(replaced, connection))
        {
            Tell($"the connection that was called {replaced.Name} before is closed");
            Run(_ => ConnectionRegistry.CloseAsync(replaced));
        }

        foreach (var warning in connection.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(connection);
    }
}
