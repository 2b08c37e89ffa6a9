using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows what happens in queues while it happens, until it is stopped, or a number or a time is reached.</summary>
[Cmdlet(VerbsCommon.Watch, "JobEvent")]
[OutputType(typeof(JobEvent))]
public sealed class WatchJobEventCommand : JobServerCmdlet
{
    private readonly object counting = new();
    private long left = long.MaxValue;

    /// <summary>The queues, by name or wildcard pattern. Without it, the connection's default queue, or all there are.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PlainText]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string[]? Queue { get; set; }

    /// <summary>Queues from the pipeline: what Get-JobQueue writes, or objects with the property Queue; of jobs, only their own events.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Only events of these jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [JobId]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Only these events, such as completed or failed; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EventCompleter))]
    public string[]? Event { get; set; }

    /// <summary>Only events of jobs with one of these names; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Ends after this many events.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Count { get; set; }

    /// <summary>Ends after this time: seconds, 5m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Where to begin: a time, how far back (10m), start for all that is kept, or an event's id. Without it, now.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [EventStart]
    [ArgumentCompleter(typeof(EventStartCompleter))]
    public string? From { get; set; }

    /// <summary>The longest time between two looks on a server that has no events of its own: seconds, 500ms, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? PollInterval { get; set; }

    private readonly Dictionary<IJobServer, HashSet<string>> piped = [];
    private readonly HashSet<(string Queue, string Id)> pipedJobs = [];
    private bool pipedWholeQueue;

    internal override void Process()
    {
        if (InputObject is not { } item)
        {
            return;
        }

        if (PipedObject.QueueOf(this, item) is not { } queue)
        {
            throw JobErrors.Input("NotAQueue", $"'{item}' does not name a queue.", "Pipe queues, jobs, or objects with the property Queue.", item);
        }

        if (!piped.TryGetValue(queue.Server, out var names))
        {
            piped[queue.Server] = names = new HashSet<string>(StringComparer.Ordinal);
        }

        names.Add(queue.Queue);
        if (item.BaseObject is JobQueueInfo || item.Properties["Id"]?.Value?.ToString() is not { Length: > 0 } id)
        {
            pipedWholeQueue = true;
        }
        else
        {
            pipedJobs.Add((queue.Queue, id));
        }
    }

    internal override void End()
    {
        if (MyInvocation.ExpectingInput && piped.Count == 0)
        {
            return;
        }

        left = Count ?? long.MaxValue;
        var servers = piped.Count > 0 ? [.. piped.Keys] : Servers();
        Run(token => WatchAllAsync(servers, token));
    }

    private async Task WatchAllAsync(IReadOnlyList<IJobServer> servers, CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (Timeout is { } timeout && timeout >= TimeSpan.Zero)
        {
            ending.CancelAfter(timeout);
        }

        try
        {
            await Task.WhenAll(servers.Select(WatchOneAsync)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The time is over, or the number is reached.
        }

        async Task WatchOneAsync(IJobServer server)
        {
            try
            {
                await WatchAsync(server, ending).ConfigureAwait(false);
            }
            catch (JobServerException e) when (servers.Count > 1)
            {
                // One server of several: the others are watched all the same.
                await WriteErrorAsync(e, server.Connection).ConfigureAwait(false);
            }
        }
    }

    private async Task WatchAsync(IJobServer server, CancellationTokenSource ending)
    {
        // A server with one stream for all tells of queues that come later, too.
        var all = piped.Count == 0 && Queue is null && server.Connection is { DefaultQueue: null } and not { Kind: JobServerKind.Redis };
        IReadOnlyList<string> queues = piped.TryGetValue(server, out var names) ? [.. names]
            : all ? [] : await ResolveQueuesAsync(server, Queue, ending.Token).ConfigureAwait(false);
        if (queues.Count == 0 && !all)
        {
            if (Queue is null || Array.Exists(Queue, JobWildcard.HasWildcard))
            {
                await WarnAsync($"There is no such queue on {server.Connection.Name}: nothing to watch.").ConfigureAwait(false);
            }

            return;
        }

        var ids = Id ?? (pipedWholeQueue || pipedJobs.Count == 0 ? null : [.. pipedJobs.Where(job => names!.Contains(job.Queue)).Select(job => job.Id).Distinct(StringComparer.Ordinal)]);
        var query = new EventQuery { Queues = [.. queues.Where(name => name.Length > 0)], Ids = ids, From = From, PollInterval = PollInterval, LeftOut = error => WriteErrorAsync(error) };
        var filter = new EventFilter(server, Id, Event, Name, pipedWholeQueue ? null : pipedJobs);
        try
        {
            await foreach (var batch in server.WatchEventsAsync(query, ending.Token).ConfigureAwait(false))
            {
                var passed = await filter.ApplyAsync(batch, ending.Token).ConfigureAwait(false);
                await EmitPageAsync(UpToCount(passed)).ConfigureAwait(false);
                if (left == 0)
                {
                    break;
                }
            }
        }
        finally
        {
            if (left == 0)
            {
                await ending.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    // A gap is no event: it goes through, and does not count.
    private List<JobEvent> UpToCount(IReadOnlyList<JobEvent> events)
    {
        var page = new List<JobEvent>(events.Count);
        lock (counting)
        {
            foreach (var e in events)
            {
                if (left == 0)
                {
                    break;
                }

                left -= e.IsGap ? 0 : 1;
                page.Add(e);
            }
        }

        return page;
    }
}
