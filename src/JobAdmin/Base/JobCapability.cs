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

    /// <summary>Throws unless the server can, before anything is sent to it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="need">What is needed; null for nothing in particular.</param>
    /// <exception cref="JobServerException">It can't.</exception>
    public static void Require(IJobServer server, CapabilityNeed? need)
    {
        // A connection that refuses changes says so itself, and better.
        if (need is { } what && !server.Connection.Capabilities.HasFlag(what.Capability) && !server.Connection.ReadOnly)
        {
            throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, what.Operation);
        }
    }
}
