using JobAdmin.Client.BullMq;
using JobAdmin.Client.Http;

namespace JobAdmin.Client;

/// <summary>Makes connections to every kind of server.</summary>
public sealed class JobServerFactory : IJobServerFactory
{
    /// <inheritdoc/>
    public async Task<IJobServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken) => options.Address.Scheme switch
    {
        // A key that was meant for an API would go to Redis as a password.
        "redis" or "rediss" when options.Kind is not (null or JobServerKind.Redis) => throw new JobServerException("InvalidAddress", JobErrorKind.InvalidInput,
            $"{options.Kind} is not reached over {options.Address.Scheme}.", "Use http:// or https:// for an admin API, or leave -Api out.") { Target = options.Kind },
        "redis" or "rediss" => await BullMqServer.ConnectAsync(options, cancellationToken).ConfigureAwait(false),
        "http" or "https" => await HttpServers.ConnectAsync(options, cancellationToken).ConfigureAwait(false),
        var scheme => throw new JobServerException("InvalidAddress", JobErrorKind.InvalidInput, $"'{scheme}://' is no address of a job server.",
            "Use redis://host:6379 or rediss:// for BullMQ on Redis, http:// or https:// for an admin API."),
    };
}
