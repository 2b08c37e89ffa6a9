using System.Management.Automation;
using JobAdmin.Audit;
using JobAdmin.Completion;
using JobAdmin.Connecting;
using JobAdmin.Display;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet that works on job servers.</summary>
public abstract class JobServerCmdlet : AsyncCmdlet
{
    private ConnectionRegistry? registry;
    private AuditTrail? audit;

    /// <summary>The connections to work on, or their names. Without it, the current one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Connection]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public JobServerConnection[]? Connection { get; set; }

    /// <summary>What a server must be able to do; null for nothing in particular. It is asked for before anything is sent.</summary>
    internal virtual CapabilityNeed? Need => null;

    /// <summary>Throws unless a server can do what the parameters say, before it is asked for anything.</summary>
    internal virtual void Require(IJobServer server) => JobCapability.Require(server, Need);

    internal ConnectionRegistry Registry => registry ??= ConnectionRegistry.Here;

    /// <summary>Where changes are written down.</summary>
    internal AuditTrail Audit => audit ??= new AuditTrail(this);

    /// <summary>Why a change is made, for the audit.</summary>
    internal virtual string? Why => null;

    /// <summary>The time by a server's clock, or by ours where it does not tell.</summary>
    internal DateTimeOffset TimeOf(IJobServer server) => server is IJobClock clock ? Run(clock.GetTimeAsync) : DateTimeOffset.UtcNow;

    /// <summary>The moment from which ages are reckoned: the server's, which jobs are dated by, lest this machine's clock makes jobs old that are not. Nobody is asked where there are none.</summary>
    internal DateTimeOffset AgesAsOf(IJobServer server, params TimeSpan?[] ages) => Array.Exists(ages, static age => age is not null) ? TimeOf(server) : DateTimeOffset.UtcNow;

    /// <summary>Whether a change shall be made, asked with one sentence; if so, the audit says that it begins. Every change goes through here.</summary>
    /// <param name="queue">The queue that is changed.</param>
    /// <param name="sentence">What is done, in words.</param>
    /// <param name="which">Which of its jobs are meant; null where they are named, or where the queue itself is meant.</param>
    /// <param name="skipped">Why not, when not.</param>
    internal bool ShouldDo(QueueReference queue, string sentence, AuditFilter? which, out ShouldProcessReason skipped)
    {
        sentence = CellText.VisibleLines(sentence);
        if (!ShouldProcess(sentence, sentence + "?", "Confirm", out skipped))
        {
            return false;
        }

        Audit.Begin(queue, which, Why);
        return true;
    }

    /// <summary>Whether a change shall be made.</summary>
    internal bool ShouldDo(QueueReference queue, string sentence, AuditFilter? which = null) => ShouldDo(queue, sentence, which, out _);

    /// <summary>Whether a change shall be made, asked from the pool.</summary>
    internal Task<bool> ShouldDoAsync(QueueReference queue, string sentence, AuditFilter? which = null) => AskAsync(() => ShouldDo(queue, sentence, which));

    /// <summary>Says under -WhatIf what would be done in all. Nothing is done after it.</summary>
    internal void SumUp(string sentence) => _ = ShouldProcess(sentence, sentence + "?", "Confirm");

    /// <summary>Runs the change of a queue, whose end goes into the audit.</summary>
    internal void Audited(QueueReference queue, Action change)
    {
        try
        {
            change();
        }
        catch (JobServerException e)
        {
            EndAudit(() => Audit.End(queue, e));
            throw;
        }

        EndAudit(() => Audit.End(queue, null));
    }

    internal override void Conclude() => EndAudit(() => audit?.EndAll("completed", null));

    internal override void Leave()
    {
        base.Leave();
        try
        {
            audit?.EndAll(Stopping || Failure is null or PipelineStoppedException or FlowControlException ? "stopped" : "failed", Failure is PipelineStoppedException or FlowControlException ? null : Failure);
        }
        catch (JobServerException e)
        {
            Host?.UI?.WriteWarningLine(e.Message);
        }
    }

    // What has been done can't be undone for want of a line.
    internal void EndAudit(Action end)
    {
        try
        {
            end();
        }
        catch (JobServerException e)
        {
            WriteWarning($"What was done is not in the audit: {e.Message}");
        }
    }

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
                Require(server);
                var names = await ResolveQueuesAsync(server, patterns, token).ConfigureAwait(false);
                queues.AddRange(names.Select(name => new QueueReference(server, name)));
            }).ConfigureAwait(false);
            return queues;
        });
    }

    /// <summary>The names of the queues that are meant: those given, else the connection's default one, else all.</summary>
    /// <remarks>A plain name that isn't there, or can't be read while others are named, is an error record and the others go on.</remarks>
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
        var queries = Queries(patterns).ToList();
        foreach (var query in queries)
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
            catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound || (queries.Count > 1 && (e.Kind == JobErrorKind.Access || e.ErrorId == "WrongKeyType")))
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
