namespace JobAdmin.Client.Http;

/// <summary>Makes connections to the HTTP admin APIs.</summary>
internal static class HttpServers
{
    /// <summary>Connects to the API at an address.</summary>
    public static Task<IJobServer> ConnectAsync(JobServerOptions options, CancellationToken cancellationToken) =>
        throw JobServerException.NotSupported(options.Name, options.Kind ?? JobServerKind.BioAgents, "be reached over HTTP");
}
