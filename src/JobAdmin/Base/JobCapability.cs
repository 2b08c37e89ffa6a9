namespace JobAdmin.Base;

/// <summary>What only some servers can do.</summary>
internal static class JobCapability
{
    /// <summary>The server as one that can.</summary>
    /// <typeparam name="T">What it can.</typeparam>
    /// <param name="server">The server.</param>
    /// <param name="operation">The operation, as a phrase ("add jobs").</param>
    /// <exception cref="JobServerException">It can't.</exception>
    public static T Of<T>(IJobServer server, string operation)
        where T : class =>
        server as T ?? throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, operation);
}
