using System.Globalization;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Hosting;

/// <summary>Everything that the server is started with: command line first, then the environment.</summary>
internal sealed record ServerOptions
{
    /// <summary>Where it listens.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:7700"];

    /// <summary>Which Redis.</summary>
    public required JobServerOptions Redis { get; init; }

    /// <summary>The queues that exist for callers.</summary>
    public QueueFilter Queues { get; init; } = QueueFilter.All;

    /// <summary>Whether every change is refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Whether the queues are served at all (the first page's USE_JOB_QUEUE).</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Keys that the environment gave.</summary>
    public IReadOnlyList<AccessKey> Keys { get; init; } = [];

    /// <summary>A file with more keys, looked at again when it changes.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Requests a second of one key; 0 for no bound.</summary>
    public int RateLimit { get; init; } = 200;

    /// <summary>Wrong keys that one address may present in a row before it has to wait.</summary>
    public int WrongKeys { get; init; } = 20;

    /// <summary>Web origins that may call from a browser.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>The file that changes are noted in; null for the log alone.</summary>
    public string? AuditFile { get; init; }

    /// <summary>Bytes of a request's body at the most.</summary>
    public long MaxBody { get; init; } = 1 << 20;

    /// <summary>Jobs that one answer of the first page's list may hold at the most.</summary>
    public int MaxList { get; init; } = 100_000;

    /// <summary>Event streams open at once.</summary>
    public int MaxStreams { get; init; } = 2000;

    /// <summary>How often a silent event stream shows that it lives.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one search or scan may take before it gives what it has.</summary>
    public TimeSpan ScanTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether the demo's application and its Redis are started.</summary>
    public bool Demo { get; init; }

    /// <summary>Whether logs are lines of JSON.</summary>
    public bool JsonLog { get; init; }

    /// <summary>What is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Reads the settings.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="environment">The environment.</param>
    /// <exception cref="OptionError">One of them can't be used.</exception>
    public static ServerOptions Parse(IReadOnlyList<string> args, Func<string, string?> environment)
    {
        var given = OptionNames.Read(args);
        string? Value(string name) => given.TryGetValue(name, out var text) ? text : environment(OptionNames.Variable(name)) is { Length: > 0 } set ? set : null;
        bool Flag(string name) => Value(name) is { } text && (text.ToLowerInvariant() switch
        {
            "" or "1" or "true" or "yes" or "on" => true,
            "0" or "false" or "no" or "off" => false,
            _ => throw new OptionError($"{name} is '{text}': true or false is meant."),
        });
        int Number(string name, int unless, int least, int most) => Value(name) is not { } text ? unless
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new OptionError($"{name} is '{text}': a whole number from {least} to {most} is meant.");

        var demo = Flag("demo");
        var standard = new ServerOptions { Redis = RedisAddress.Parse(Value("redis") ?? environment("REDIS_URL") ?? "redis://127.0.0.1:6379") };
        var queues = QueueFilter.Parse(Value("queues"));
        return standard with
        {
            Urls = (Value("urls") ?? environment("ASPNETCORE_URLS"))?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? standard.Urls,
            Redis = standard.Redis with
            {
                Prefix = Value("prefix") ?? standard.Redis.Prefix,
                SentinelMaster = Value("sentinel-master"),
                ReadOnly = Flag("read-only"),
                CertificateAuthority = Value("redis-ca") is { } file ? RedisAddress.Certificate(file) : null,
            },
            Queues = queues,
            ReadOnly = Flag("read-only"),
            Enabled = environment("USE_JOB_QUEUE") is not { Length: > 0 } use || use == "true",
            Keys = KeySource.FromEnvironment(environment),
            KeysFile = Value("keys-file"),
            RateLimit = Number("rate-limit", standard.RateLimit, 0, 1_000_000),
            Origins = Value("cors-origins")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            AuditFile = Value("audit-log"),
            MaxBody = Number("max-body", (int)standard.MaxBody, 1024, 64 << 20),
            MaxList = Number("max-list", standard.MaxList, 1, 10_000_000),
            MaxStreams = Number("max-streams", standard.MaxStreams, 0, 1_000_000),
            Heartbeat = TimeSpan.FromSeconds(Number("heartbeat", (int)standard.Heartbeat.TotalSeconds, 1, 3600)),
            ScanTime = TimeSpan.FromSeconds(Number("scan-seconds", (int)standard.ScanTime.TotalSeconds, 1, 3600)),
            Demo = demo,
            JsonLog = (Value("log") ?? "text") switch { "json" => true, "text" => false, var text => throw new OptionError($"log is '{text}': text or json is meant.") },
        };
    }
}
