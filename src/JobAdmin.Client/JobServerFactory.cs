using JobAdmin.Client.BullMq;
using JobAdmin.Client.Http;

namespace JobAdmin.Client;

/// <summary>Makes connections to every kind of server.</summary>
public sealed class JobServerFactory : IJobServerFactory
{
    /// <inheritdoc/>
    public async Task<IJobServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken) => options.Address.Scheme switch
    {
        "redis" or "rediss" => await BullMqServer.ConnectAsync(options, cancellationToken).ConfigureAwait(false),
        "http" or "https" => await HttpServers.ConnectAsync(options, cancellationToken).ConfigureAwait(false),
        var scheme => throw new JobServerException("InvalidAddress", JobErrorKind.InvalidInput, $"'{scheme}://' is no address of a job server.",
            "Use redis://host:6379 or rediss:// for BullMQ on Redis, http:// or https:// for an admin API."),
    };
}
