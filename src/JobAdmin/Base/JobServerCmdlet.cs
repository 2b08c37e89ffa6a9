using System.Management.Automation;
using JobAdmin.Completion;
using JobAdmin.Connecting;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet that works on job servers.</summary>
public abstract class JobServerCmdlet : AsyncCmdlet
{
    private ConnectionRegistry? registry;

    /// <summary>The connections to work on, or their names. Without it, the current one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Connection]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public JobServerConnection[]? Connection { get; set; }

    internal ConnectionRegistry Registry => registry ??= ConnectionRegistry.Here;

    /// <summary>The servers to work on.</summary>
    internal IReadOnlyList<IJobServer> Servers() =>
        Connection is { } given ? [.. given.Select(ServerOf)] : [ServerOf(Registry.Current ?? throw JobErrors.NotConnected())];

    /// <summary>The server behind an object's own connection. After a reconnect under the same name it is the new one.</summary>
    internal IJobServer Live(IJobServer server) =>
        !server.Connection.IsClosed ? server
        : Registry.Find(server.Connection.Name) is [{ Server: { } successor }] ? successor
        : throw JobErrors.ConnectionClosed(server.Connection.Name);

    /// <summary>The server of a connection by its name.</summary>
    internal IJobServer ServerNamed(string name) =>
        Registry.Find(name) is [{ Server: { } server }] ? server : throw JobErrors.ConnectionNotFound(name, Registry.All.Select(c => c.Name));

    /// <summary>The queues that are meant, on all servers: those given, else each connection's default one, else all.</summary>
    internal IReadOnlyList<QueueReference> ResolveQueues(string[]? patterns)
    {
        var servers = Servers();
        return Run<IReadOnlyList<QueueReference>>(async token =>
        {
            var queues = new List<QueueReference>();
            await EachServerAsync(servers, async server =>
            {
                var names = await ResolveQueuesAsync(server, patterns, token).ConfigureAwait(false);
                queues.AddRange(names.Select(name => new QueueReference(server, name)));
            }).ConfigureAwait(false);
            return queues;
        });
    }

    /// <summary>The names of the queues that are meant: those given, else the connection's default one, else all.</summary>
    /// <remarks>A plain name that isn't there is an error record and the others go on.</remarks>
    internal async Task<IReadOnlyList<string>> ResolveQueuesAsync(IJobServer server, string[]? patterns, CancellationToken token)
    {
        patterns ??= server.Connection.DefaultQueue is { } queue ? [queue] : null;
        if (!server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues))
        {
            // Such a server has one nameless set of jobs, or takes names without saying which there are.
            return patterns ?? [""];
        }

        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var query in Queries(patterns))
        {
            try
            {
                await foreach (var found in server.GetQueuesAsync(query, token).ConfigureAwait(false))
                {
                    if (seen.Add(found.Name))
                    {
                        names.Add(found.Name);
                    }
                }
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound)
            {
                await WriteErrorAsync(e, query.Names).ConfigureAwait(false);
            }
        }

        return names;
    }

    /// <summary>Runs work for each server. With several, the error of one is a record, and the others go on.</summary>
    internal async Task EachServerAsync(IReadOnlyList<IJobServer> servers, Func<IJobServer, Task> work)
    {
        foreach (var server in servers)
        {
            try
            {
                await work(server).ConfigureAwait(false);
            }
            catch (JobServerException e) when (servers.Count > 1)
            {
                await WriteErrorAsync(e, server.Connection).ConfigureAwait(false);
            }
        }
    }

    private IJobServer ServerOf(JobServerConnection connection) =>
        connection.IsClosed ? throw JobErrors.ConnectionClosed(connection.Name)
        : connection.Server ?? throw JobErrors.ConnectionNotFound(connection.Name, Registry.All.Select(c => c.Name));

    // One query a plain name, so that one that is missing does not stop the rest; patterns go together.
    private static IEnumerable<QueueQuery> Queries(string[]? patterns)
    {
        if (patterns is null)
        {
            yield return new QueueQuery { NamesOnly = true };
            yield break;
        }

        foreach (var name in patterns.Where(pattern => !JobWildcard.HasWildcard(pattern)))
        {
            yield return new QueueQuery { Names = [name], NamesOnly = true };
        }

        if (patterns.Where(JobWildcard.HasWildcard).ToArray() is { Length: > 0 } wild)
        {
            yield return new QueueQuery { Names = wild, NamesOnly = true };
        }
    }
}
