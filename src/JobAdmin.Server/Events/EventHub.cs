using JobAdmin.Server.Hosting;

namespace JobAdmin.Server.Events;

/// <summary>Reads each queue's events once, however many listen. Queues that were first asked for together share one waiting connection to Redis.</summary>
internal sealed class EventHub(RedisGateway gateway, ILogger<EventHub> log) : BackgroundService
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(30), Look = TimeSpan.FromSeconds(5);
    private readonly object turn = new();
    private readonly Dictionary<string, QueueFeed> feeds = new(StringComparer.Ordinal);
    private readonly List<(CancellationTokenSource Stop, IReadOnlyList<QueueFeed> Feeds)> watches = [];
    private readonly SemaphoreSlim catchingUp = new(8);
    private int clients;

    /// <summary>How many listen.</summary>
    public int Clients => Volatile.Read(ref clients);

    /// <summary>How many queues are read.</summary>
    public int Feeds
    {
        get
        {
            lock (turn)
            {
                return feeds.Count;
            }
        }
    }

    /// <summary>Takes a place; false when all are taken.</summary>
    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref clients) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref clients);
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave(EventClient client, IEnumerable<string> queues)
    {
        Interlocked.Decrement(ref clients);
        Part(client, queues);
    }

    /// <summary>Has a client handed no more events of queues.</summary>
    public void Part(EventClient client, IEnumerable<string> queues)
    {
        lock (turn)
        {
            foreach (var queue in queues)
            {
                feeds.GetValueOrDefault(queue)?.Remove(client);
            }
        }
    }

    /// <summary>Has a client handed the events of queues from now on.</summary>
    /// <param name="client">Who listens.</param>
    /// <param name="queues">The queues.</param>
    /// <param name="some">Whether queues whose events can't be read are left out; otherwise one of them is an error.</param>
    /// <param name="stop">Ends the wait.</param>
    /// <returns>The last event of each queue before those.</returns>
    public async Task<IReadOnlyDictionary<string, StreamId>> JoinAsync(EventClient client, IReadOnlyList<string> queues, bool some, CancellationToken stop)
    {
        var all = new List<QueueFeed>(queues.Count);
        var added = new List<QueueFeed>();
        lock (turn)
        {
            foreach (var queue in queues)
            {
                if (!feeds.TryGetValue(queue, out var feed))
                {
                    added.Add(feed = feeds[queue] = new QueueFeed(queue));
                }

                feed.Add(client);
                all.Add(feed);
            }
        }

        if (added.Count > 0)
        {
            await StartAsync(added).ConfigureAwait(false);
        }

        var positions = new Dictionary<string, StreamId>(StringComparer.Ordinal);
        foreach (var feed in all)
        {
            try
            {
                await feed.Started.Task.WaitAsync(stop).ConfigureAwait(false);
                positions[feed.Queue] = feed.Last;
            }
            catch (JobServerException e) when (some && IsOfQueue(e))
            {
                // The others go on without it.
            }
        }

        return positions;
    }

    /// <summary>Events of the past.</summary>
    public async Task<IReadOnlyList<JobEvent>> PastAsync(string queue, StreamId after, CancellationToken stop)
    {
        await catchingUp.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            return await ((IJobEventHistory)gateway.Server).GetEventsAfterAsync(queue, after.ToString(), stop).ConfigureAwait(false);
        }
        finally
        {
            catchingUp.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Look, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            EndIdle();
        }

        lock (turn)
        {
            watches.ForEach(static watch => watch.Stop.Cancel());
        }
    }

    private async Task StartAsync(List<QueueFeed> added)
    {
        await Task.WhenAll(added.Select(StartAsync)).ConfigureAwait(false);
        var started = added.Where(static feed => feed.Started.Task.IsCompletedSuccessfully).ToList();
        if (started.Count == 0)
        {
            return;
        }

        var stop = new CancellationTokenSource();
        lock (turn)
        {
            watches.Add((stop, started));
        }

        _ = Task.Run(() => WatchAsync(started, stop.Token));
    }

    /// <summary>Finds where a feed begins. What is in the way is told to whoever waits for it.</summary>
    private async Task StartAsync(QueueFeed feed)
    {
        try
        {
            feed.Start(StreamId.Parse(await ((IJobEventHistory)gateway.Server).GetLastEventIdAsync(feed.Queue, CancellationToken.None).ConfigureAwait(false)));
        }
        catch (Exception e)
        {
            Forget([feed], e);
        }
    }

    private async Task WatchAsync(List<QueueFeed> watched, CancellationToken stop)
    {
        var byQueue = watched.ToDictionary(static feed => feed.Queue, StringComparer.Ordinal);
        var query = new EventQuery { LeftOut = LeaveOutAsync };
        while (!stop.IsCancellationRequested)
        {
            query = query with { Queues = [.. byQueue.Keys], Positions = byQueue.ToDictionary(static f => f.Key, static f => f.Value.Last.ToString()) };
            try
            {
                await foreach (var batch in gateway.Server.WatchEventsAsync(query, stop).ConfigureAwait(false))
                {
                    foreach (var item in batch)
                    {
                        byQueue[item.Queue].Pass(EventFrame.Of(item));
                    }
                }
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (Exception e) when (e is JobServerException { Kind: JobErrorKind.Connection or JobErrorKind.Timeout } or Api.ApiFault)
            {
                // The connection of its own could not be made: again in a moment, from where it stood.
                await Task.Delay(500, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                log.LogError(e, "The events of {Queues} can't be read", string.Join(", ", byQueue.Keys));
                Forget(watched, e);
                watched.ForEach(static feed => feed.End());
                break;
            }
        }

        // Ends the streams of those alone who read this queue. Whoever reads all of them comes back, and it is left out then.
        Task LeaveOutAsync(JobServerException why)
        {
            log.LogError("{Reason}", why.Message);
            if (why.Target is string queue && byQueue.Remove(queue, out var feed))
            {
                Forget([feed], why);
                lock (turn)
                {
                    watched.Remove(feed);
                }

                feed.End();
            }

            return Task.CompletedTask;
        }
    }

    private static bool IsOfQueue(JobServerException e) => e.ErrorId is "AccessDenied" or "WrongKeyType";

    private void Forget(List<QueueFeed> gone, Exception why)
    {
        lock (turn)
        {
            foreach (var feed in gone)
            {
                feed.Started.TrySetException(why);
                if (feeds.GetValueOrDefault(feed.Queue) == feed)
                {
                    feeds.Remove(feed.Queue);
                }
            }

            watches.RemoveAll(watch => ReferenceEquals(watch.Feeds, gone));
        }
    }

    /// <summary>Stops reading what nobody has listened to for a while.</summary>
    private void EndIdle()
    {
        lock (turn)
        {
            foreach (var watch in watches.Where(static watch => watch.Feeds.All(static feed => feed.IsIdle(Linger))).ToList())
            {
                watch.Stop.Cancel();
                watches.Remove(watch);
                foreach (var feed in watch.Feeds)
                {
                    feeds.Remove(feed.Queue);
                }
            }
        }
    }
}
