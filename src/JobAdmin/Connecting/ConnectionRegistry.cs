using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace JobAdmin.Connecting;

/// <summary>The connections of one runspace, by name, and the one that is current.</summary>
internal sealed class ConnectionRegistry
{
    private static readonly ConditionalWeakTable<Runspace, ConnectionRegistry> Registries = new();

    private readonly object gate = new();
    private readonly SortedDictionary<string, JobServerConnection> connections = new(StringComparer.OrdinalIgnoreCase);
    private JobServerConnection? current;

    /// <summary>The registry of the runspace that this thread runs: only for the pipeline thread.</summary>
    public static ConnectionRegistry Here => Registries.GetValue(Runspace.DefaultRunspace, Create);

    /// <summary>The connection that is meant when none is named.</summary>
    public JobServerConnection? Current
    {
        get
        {
            lock (gate)
            {
                return current;
            }
        }
    }

    /// <summary>All connections, by name.</summary>
    public IReadOnlyList<JobServerConnection> All
    {
        get
        {
            lock (gate)
            {
                return [.. connections.Values];
            }
        }
    }

    /// <summary>Adds a connection and makes it the current one.</summary>
    /// <param name="connection">The connection.</param>
    /// <returns>The one that had the name before, to be closed.</returns>
    public JobServerConnection? Add(JobServerConnection connection)
    {
        lock (gate)
        {
            connections.TryGetValue(connection.Name, out var replaced);
            connections[connection.Name] = connection;
            current = connection;
            return replaced;
        }
    }

    /// <summary>Forgets a connection. The newest of the others becomes current when it was the current one.</summary>
    /// <param name="connection">The connection.</param>
    public void Remove(JobServerConnection connection)
    {
        lock (gate)
        {
            if (connections.TryGetValue(connection.Name, out var known) && ReferenceEquals(known, connection))
            {
                connections.Remove(connection.Name);
            }

            if (ReferenceEquals(current, connection))
            {
                current = connections.Values.MaxBy(other => other.ConnectedAt);
            }
        }
    }

    /// <summary>Makes a connection the current one.</summary>
    /// <param name="connection">The connection.</param>
    public void Use(JobServerConnection connection)
    {
        lock (gate)
        {
            current = connection;
        }
    }

    /// <summary>The connections that a name or wildcard pattern means.</summary>
    /// <param name="pattern">The name or pattern.</param>
    /// <returns>The connections; none when nothing matches.</returns>
    public IReadOnlyList<JobServerConnection> Find(string pattern)
    {
        lock (gate)
        {
            // Names hold colons, dots and, for IPv6, brackets: an exact name comes before any pattern.
            if (connections.TryGetValue(pattern, out var exact))
            {
                return [exact];
            }

            var wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            return JobWildcard.HasWildcard(pattern) ? [.. connections.Values.Where(c => wildcard.IsMatch(c.Name))] : [];
        }
    }

    /// <summary>Closes a connection: what was read from it stays, and can do nothing more.</summary>
    /// <param name="connection">The connection.</param>
    public static async Task CloseAsync(JobServerConnection connection)
    {
        connection.IsClosed = true;
        if (connection.Server is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Closes all connections of the runspace that this thread runs.</summary>
    public static void CloseHere()
    {
        if (Runspace.DefaultRunspace is { } runspace && Registries.TryGetValue(runspace, out var registry))
        {
            Registries.Remove(runspace);
            registry.CloseAll();
        }
    }

    private static ConnectionRegistry Create(Runspace runspace)
    {
        var registry = new ConnectionRegistry();
        runspace.StateChanged += (_, e) =>
        {
            if (e.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                registry.CloseAll();
            }
        };
        return registry;
    }

    private void CloseAll()
    {
        IReadOnlyList<JobServerConnection> all;
        lock (gate)
        {
            all = [.. connections.Values];
            connections.Clear();
            current = null;
        }

        // Nobody waits for it: the session goes on, or the process ends.
        _ = Task.WhenAll(all.Select(CloseAsync));
    }
}
