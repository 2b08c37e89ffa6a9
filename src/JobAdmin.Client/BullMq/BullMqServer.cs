using System.Collections.Concurrent;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>BullMQ's queues on one Redis.</summary>
internal sealed partial class BullMqServer : IJobServer
{
    private const JobServerCapabilities Reads = JobServerCapabilities.ListQueues | JobServerCapabilities.ListJobs | JobServerCapabilities.GetJob
        | JobServerCapabilities.Events | JobServerCapabilities.Result | JobServerCapabilities.Logs | JobServerCapabilities.Flows
        | JobServerCapabilities.Workers | JobServerCapabilities.Metrics | JobServerCapabilities.Schedulers | JobServerCapabilities.Raw | JobServerCapabilities.Repair;

    private const JobServerCapabilities Writes = JobServerCapabilities.Retry | JobServerCapabilities.Promote | JobServerCapabilities.Stop
        | JobServerCapabilities.Remove | JobServerCapabilities.Pause | JobServerCapabilities.Clear | JobServerCapabilities.RemoveQueue
        | JobServerCapabilities.Add | JobServerCapabilities.Edit | JobServerCapabilities.QueueSettings;

    private readonly JobServerOptions options;
    private readonly RedisErrors errors;
    private readonly ConnectionMultiplexer multiplexer;
    private readonly ScriptRunner runner;
    private readonly LanePool lanes = new();
    private readonly ConcurrentDictionary<string, (QueueProfile Profile, long At)> profiles = new(StringComparer.Ordinal);

    private BullMqServer(JobServerOptions options, RedisErrors errors, ConnectionMultiplexer multiplexer, ScriptRunner runner, JobServerConnection connection)
    {
        this.options = options;
        this.errors = errors;
        this.multiplexer = multiplexer;
        this.runner = runner;
        Connection = connection;
        connection.Server = this;
        cameBack = new JobOutcome { Server = this, Queue = "", Id = "" };
    }

    public JobServerConnection Connection { get; }

    private string Prefix => options.Prefix;

    public static async Task<BullMqServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken)
    {
        if (options.Prefix.Length == 0)
        {
            throw new JobServerException("InvalidPrefix", JobErrorKind.InvalidInput, "The prefix is empty.", "BullMQ's default is 'bull'; give the one that the application uses.");
        }

        var endpoint = RedisConnector.Endpoint(options);
        var errors = new RedisErrors(endpoint);
        if (options.SentinelMaster is null && options.MoreAddresses.Count == 0)
        {
            await RedisProbe.RunAsync(options, options.Address.Host, RedisConnector.Port(options), errors, RedisConnector.Validator(options), cancellationToken).ConfigureAwait(false);
        }

        var patience = TimeSpan.FromTicks(Math.Max(options.Timeout.Ticks, TimeSpan.FromSeconds(5).Ticks));
        var stalls = new StallGuard();
        var multiplexer = await RedisConnector.ConnectAsync(options, errors, patience, stalls, cancellationToken).ConfigureAwait(false);
        try
        {
            var server = multiplexer.GetServers().FirstOrDefault(s => s.IsConnected && !s.IsReplica) ?? multiplexer.GetServers().First(s => s.IsConnected);
            if (server.DatabaseCount is > 0 and var count && options.Database >= count)
            {
                throw errors.NoDatabase(options.Database, count, "it has no such database");
            }

            var warnings = new List<string>();
            if (server.IsReplica)
            {
                warnings.Add($"{endpoint} is a replica: it can be read, and refuses changes.");
            }

            if (options.Address.Scheme == "redis" && options.Password is { IsEmpty: false } && !IsLoopback(options.Address))
            {
                warnings.Add($"The password went to {endpoint} without encryption: use rediss:// where the server has TLS.");
            }

            if (options.SkipCertificateCheck)
            {
                warnings.Add($"The certificate of {endpoint} is not checked.");
            }

            var runner = new ScriptRunner(multiplexer.GetDatabase(), server.Version >= new Version(7, 0), errors, stalls);
            var connection = new JobServerConnection
            {
                Name = options.Name,
                Kind = JobServerKind.Redis,
                Endpoint = $"{options.Address.Scheme}://{endpoint}{(options.Database == 0 ? "" : $"/{options.Database}")}",
                User = options.User,
                Prefix = options.Prefix,
                DefaultQueue = options.DefaultQueue,
                ReadOnly = options.ReadOnly,
                ServerVersion = $"Redis {server.Version}",
                Capabilities = options.ReadOnly ? Reads : Reads | Writes,
                Warnings = warnings,
            };
            var connected = new BullMqServer(options, errors, multiplexer, runner, connection);
            Rehearsal.Begin(connected, runner);
            return connected;
        }
        catch
        {
            await multiplexer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Connection.IsClosed = true;
        lanes.Dispose();
        await multiplexer.DisposeAsync().ConfigureAwait(false);
    }

    private static bool IsLoopback(Uri address) => address.IsLoopback || (System.Net.IPAddress.TryParse(address.Host, out var ip) && System.Net.IPAddress.IsLoopback(ip));

    private void RequireWrite()
    {
        if (options.ReadOnly)
        {
            throw JobServerException.ReadOnly(Connection.Name);
        }
    }

    private QueueKeys Keys(string queue) => new(Prefix, queue);

    /// <summary>The queue's layout, kept for a while: it changes when an application is upgraded, not between two batches.</summary>
    private async Task<QueueProfile> ProfileAsync(string queue, bool fresh, CancellationToken cancellationToken)
    {
        if (!fresh && profiles.TryGetValue(queue, out var known) && Environment.TickCount64 - known.At < 5000)
        {
            return known.Profile;
        }

        try
        {
            var profile = await QueueProfile.ReadAsync(runner, Keys(queue), cancellationToken).ConfigureAwait(false) ?? throw NoQueue(queue);
            profiles[queue] = (profile, Environment.TickCount64);
            return profile;
        }
        catch (JobServerException exception) when (exception.Kind == JobErrorKind.Access)
        {
            throw Denied(queue, 0, exception);
        }
    }

    /// <summary>A user may have rights to the keys of some queues only: the error says whose are missing.</summary>
    private static JobServerException Denied(string queue, int others, JobServerException error) =>
        new(error.ErrorId, error.Kind, $"Queue '{queue}'{(others > 0 ? $" and {others:N0} more" : "")} can't be read. {error.Message}", error.Advice, error) { Target = queue };

    private JobServerException NoQueue(string queue) => new("QueueNotFound", JobErrorKind.NotFound,
        $"There is no queue '{queue}' with the prefix '{Prefix}' on {Connection.Name}.", "Get-JobQueue lists the queues; another prefix needs a connection of its own (Connect-JobServer -Prefix).")
    { Target = queue };
}
