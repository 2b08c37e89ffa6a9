using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Makes the library's connections from our options.</summary>
internal static class RedisConnector
{
    /// <summary>The address without user and password, with the port.</summary>
    public static string Endpoint(JobServerOptions options) =>
        options.SentinelMaster is { } master ? $"{master} (sentinel {Host(options)})" : Host(options);

    /// <summary>Connects; <paramref name="patience"/> is how long one answer may take.</summary>
    public static async Task<ConnectionMultiplexer> ConnectAsync(JobServerOptions options, RedisErrors errors, TimeSpan patience, StallGuard stalls, CancellationToken cancellationToken)
    {
        var configuration = Configure(options, patience);
        configuration.BeforeSocketConnect = stalls.Note;
        try
        {
            var multiplexer = await ConnectionMultiplexer.ConnectAsync(configuration).WaitOrLeaveAsync(cancellationToken).ConfigureAwait(false);
            GuardLogin(multiplexer, options, errors);
            return multiplexer;
        }
        catch (RedisConnectionException exception)
        {
            // The library's own message spells out the whole configuration; ours does not.
            throw exception.FailureType is ConnectionFailureType.AuthenticationFailure
                ? errors.Server("WRONGPASS", "AUTH")
                : new JobServerException("ConnectionFailed", JobErrorKind.Connection, $"Can't connect to {Endpoint(options)}: {Words(exception.FailureType)}.",
                    "Check the address, and that the server is running and reachable from here.") { Target = Endpoint(options) };
        }
    }

    /// <summary>Accepts what the options accept; null for the system's own rules.</summary>
    public static RemoteCertificateValidationCallback? Validator(JobServerOptions options)
    {
        if (options.SkipCertificateCheck)
        {
            return static (_, _, _, _) => true;
        }

        if (options.CertificateAuthority is not { } authority)
        {
            return null;
        }

        return (_, certificate, _, problems) =>
        {
            if (problems == SslPolicyErrors.None)
            {
                return true;
            }

            if (certificate is null || (problems & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            {
                return false;
            }

            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return chain.Build(certificate as X509Certificate2 ?? new X509Certificate2(certificate));
        };
    }

    public static int Port(JobServerOptions options) => options.Address.Port > 0 ? options.Address.Port : options.SentinelMaster is null ? 6379 : 26379;

    private static string Host(JobServerOptions options) => $"{options.Address.Host}:{Port(options)}";

    private static ConfigurationOptions Configure(JobServerOptions options, TimeSpan patience)
    {
        var configuration = new ConfigurationOptions
        {
            AbortOnConnectFail = true,
            AllowAdmin = true,
            ClientName = "JobAdmin",
            ConnectRetry = 1,
            // A server that comes back is met again within a second.
            HeartbeatInterval = TimeSpan.FromMilliseconds(250),
            ReconnectRetryPolicy = new LinearRetry(250),
            ConnectTimeout = (int)options.Timeout.TotalMilliseconds,
            AsyncTimeout = (int)patience.TotalMilliseconds,
            SyncTimeout = (int)patience.TotalMilliseconds,
            DefaultDatabase = options.Database,
            IncludeDetailInExceptions = false,
            Ssl = options.Address.Scheme == "rediss",
            User = options.User,
            Password = options.Password is { IsEmpty: false } password ? password.Reveal() : null,
            ServiceName = options.SentinelMaster,
            Protocol = RedisProtocol.Resp2,
            // Neither keys nor channels of the library's own: a user who may only read BullMQ's keys needs no more than that.
            TieBreaker = "",
            ConfigurationChannel = "",
        };
        if (options.SentinelMaster is null)
        {
            configuration.CommandMap = CommandMap.Create(["ECHO", "SUBSCRIBE", "UNSUBSCRIBE"], available: false);
        }

        configuration.EndPoints.Add(options.Address.Host, Port(options));
        // What is written twice is one address: the library refuses to take it again.
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Host(options) };
        foreach (var more in options.MoreAddresses)
        {
            var place = Uri.TryCreate($"{options.Address.Scheme}://{more}", UriKind.Absolute, out var address) ? Host(options with { Address = address }) : more;
            if (known.Add(place))
            {
                configuration.EndPoints.Add(place);
            }
        }

        if (configuration.Ssl)
        {
            configuration.SslHost = options.Address.Host;
            if (Validator(options) is { } validator)
            {
                configuration.CertificateValidation += validator;
            }

            if (options.ClientCertificate is { } certificate)
            {
                configuration.CertificateSelection += (_, _, _, _, _) => certificate;
            }
        }

        return configuration;
    }

    /// <summary>The library goes on with a connection made anew whose login was refused, and does not say so. Where anybody may come in, that is another user, with other
    /// rights; else nothing works, as if the server were away. So a login is tried at each break and each return.</summary>
    private static void GuardLogin(ConnectionMultiplexer multiplexer, JobServerOptions options, RedisErrors errors)
    {
        if (options.Password is not { IsEmpty: false })
        {
            return;
        }

        var trying = 0;
        multiplexer.ConnectionFailed += (_, broken) => _ = broken.FailureType == ConnectionFailureType.ConnectionDisposed ? Task.CompletedTask : TryAsync(broken.EndPoint);
        multiplexer.ConnectionRestored += (_, back) => _ = TryAsync(back.EndPoint);

        async Task TryAsync(EndPoint? endpoint)
        {
            if (endpoint is not (DnsEndPoint or IPEndPoint) || Interlocked.Exchange(ref trying, 1) == 1)
            {
                return;
            }

            try
            {
                var (host, port) = endpoint is DnsEndPoint dns ? (dns.Host, dns.Port) : (((IPEndPoint)endpoint).Address.ToString(), ((IPEndPoint)endpoint).Port);
                await RedisProbe.RunAsync(options, host, port, errors, Validator(options), CancellationToken.None).ConfigureAwait(false);
            }
            catch (JobServerException exception)
            {
                errors.Note(exception);
            }
            finally
            {
                Volatile.Write(ref trying, 0);
            }
        }
    }

    private static string Words(ConnectionFailureType type) => type switch
    {
        ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.UnableToConnect => "nothing answers there",
        ConnectionFailureType.ProtocolFailure => "it does not speak Redis",
        ConnectionFailureType.SocketClosed or ConnectionFailureType.SocketFailure => "it hung up",
        _ => type.ToString(),
    };
}
