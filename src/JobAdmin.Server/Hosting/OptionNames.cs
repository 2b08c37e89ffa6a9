namespace JobAdmin.Server.Hosting;

/// <summary>The names of the settings. A name that isn't here is an error: a mistyped bound would otherwise bind nothing.</summary>
internal static class OptionNames
{
    private static readonly string[] Flags = ["demo", "read-only"];
    private static readonly string[] Values =
    [
        "urls", "redis", "prefix", "sentinel-master", "redis-ca", "queues", "keys-file", "rate-limit", "cors-origins", "audit-log", "max-body", "max-list",
        "max-streams", "heartbeat", "scan-seconds", "log",
    ];

    /// <summary>What <c>--help</c> prints.</summary>
    public const string Usage = """
        jobadmin-server: the job admin API over BullMQ on Redis

        usage: dotnet run --project src/JobAdmin.Server -- [settings]
               dotnet run --project src/JobAdmin.Server -- new-key NAME [reader|operator|admin]

          --urls URLS             where to listen, ;-separated (http://127.0.0.1:7700); beyond loopback only with a key
          --redis URL             which Redis (REDIS_URL, else redis://127.0.0.1:6379)
          --prefix TEXT           the prefix of BullMQ's keys (bull)
          --sentinel-master NAME  the master that the addressed sentinels watch
          --redis-ca FILE         a certificate authority to trust for rediss://
          --queues LIST           the only queues that are served: names or wildcards, comma-separated
          --read-only             refuse every change
          --keys-file FILE        keys with roles, one a line; read again when it changes
          --rate-limit N          requests a second of one key (200); 0 for no bound
          --cors-origins LIST     web origins that browsers may call from (none)
          --audit-log FILE        note every change there, one line of JSON each
          --max-body BYTES        the largest request body (1048576)
          --max-list N            the longest list of /api/admin/jobs (100000)
          --max-streams N         event streams open at once (2000)
          --heartbeat SECONDS     how often a silent event stream shows that it lives (15)
          --scan-seconds N        how long one search may take (20)
          --log text|json         how logs are written (text)
          --demo                  start a demo application with a Redis of its own, and serve that

        Every setting is also read from the environment: --read-only is JOBADMIN_READ_ONLY. Keys come from JOBADMIN_KEYS, --keys-file, and
        ADMIN_API_KEY or ADMIN_PASSWORD. docs/server.md has the rest.
        """;

    /// <summary>Takes a command line apart.</summary>
    public static Dictionary<string, string> Read(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var equals = args[i].IndexOf('=');
            var name = (equals > 0 ? args[i][..equals] : args[i]).TrimStart('-');
            var flag = Flags.Contains(name);
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || (!flag && !Values.Contains(name)))
            {
                throw new OptionError($"'{args[i]}' is not known. --help lists the settings.");
            }

            given[name] = equals > 0 ? args[i][(equals + 1)..] : flag ? "" : ++i < args.Count ? args[i] : throw new OptionError($"--{name} needs a value.");
        }

        return given;
    }

    /// <summary>The environment's name of a setting.</summary>
    public static string Variable(string name) => "JOBADMIN_" + name.Replace('-', '_').ToUpperInvariant();
}
