using JobAdmin.Client.Http.BioAgents;
using JobAdmin.Client.Http.Conveyor;

namespace JobAdmin.Client.Http;

/// <summary>Makes connections to the HTTP admin APIs.</summary>
internal static class HttpServers
{
    /// <summary>Connects, after finding out what kind of server it is when that is not said.</summary>
    public static async Task<IJobServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken) =>
        await ConnectAsync(options, TimeProvider.System, Environment.GetEnvironmentVariable, cancellationToken).ConfigureAwait(false);

    internal static async Task<HttpJobServer> ConnectAsync(
        JobServerOptions options, TimeProvider time, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        var server = Make(WithKey(options, environment), time);
        try
        {
            await server.ConnectAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static HttpJobServer Make(JobServerOptions options, TimeProvider time) => options.Kind switch
    {
        JobServerKind.BioAgents => new BioAgentsServer(options, time),
        JobServerKind.Conveyor => new ConveyorServer(options, time),
        _ => throw new JobServerException("InvalidAddress", JobErrorKind.InvalidInput, $"{options.Kind} is not reached over {options.Address.Scheme}.",
            "Use redis:// or rediss:// for BullMQ on Redis.") { Target = options.Address },
    };

    /// <summary>The key from the environment variables that the server itself uses, when none is given and the user has said what server it is: a key is not
    /// for whoever answers a probe.</summary>
    private static JobServerOptions WithKey(JobServerOptions options, Func<string, string?> environment)
    {
        string[] names = options.Kind switch
        {
            JobServerKind.BioAgents => ["ADMIN_API_KEY", "ADMIN_PASSWORD"],
            JobServerKind.Mcrit => ["MCRIT_CLI_APITOKEN"],
            _ => [],
        };
        return options.Password is null && names.Select(environment).FirstOrDefault(static value => !string.IsNullOrEmpty(value)) is { } key
            ? options with { Password = new Secret(key) } : options;
    }
}
