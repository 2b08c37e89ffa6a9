using System.Collections.Concurrent;
using System.Globalization;

namespace JobAdmin.Base;

/// <summary>Waits for jobs of one server: woken by events, and looking again now and then, since events may be lost or a server have none.</summary>
internal sealed partial class JobWaiter(IJobServer server, IEnumerable<JobReference> jobs, WaitGoal goal)
{
    private const int ReadTogether = 500;
    private const double LaterLooks = 3;
    private const double LooksASecond = 5000;
    private const double Slower = 1.5;
    private const int FilteredByIdAtMost = 1000;

    // The first looks follow quickly: a job may have finished between the first one and the beginning of the events.
    private static readonly double[] Looks = [0.25, 0.5, 1, 2];

    // On a server without events each look costs it a request a job: while nothing happens they come more and more rarely.
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string Queue, string Id), WaitedJob> pending =
        new(jobs.DistinctBy(job => (job.Queue, job.Id)).Select((job, place) => KeyValuePair.Create((job.Queue, job.Id), new WaitedJob(job, place))));
    private readonly ConcurrentQueue<WaitedJob> stirred = new();
    private readonly SemaphoreSlim stir = new(0);
    private readonly Outage outage = new(server);

    /// <summary>The jobs that have not got there yet, in the order in which they were given.</summary>
    public IReadOnlyList<WaitedJob> Pending => [.. pending.Values.OrderBy(job => job.Place)];

    /// <summary>What of a job that got there is read beyond the parts always shown.</summary>
    public JobParts Parts { get; init; } = JobParts.All & ~JobParts.Log;

    /// <summary>Whether jobs of other queues are waited for too, here or on another server.</summary>
    public bool OfSeveral { get; init; }

    /// <summary>Takes a job that got there, as it is then.</summary>
    public required Func<QueueJob, Task> Reached { get; init; }

    /// <summary>Takes the error of a job that never will.</summary>
    public required Func<JobServerException, Task> Missed { get; init; }

    /// <summary>Waits until no job is left.</summary>
    /// <param name="token">Stops it.</param>
    public async Task RunAsync(CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        try
        {
            if (server.Connection.ShortestPause is { } shortest)
            {
                await PollAsync(shortest, token).ConfigureAwait(false);
                return;
            }

            _ = ListenAsync(ending.Token);
            await LookAsync(Pending, token).ConfigureAwait(false);
            for (var look = 0; !pending.IsEmpty; look++)
            {
                await UntilNextLookAsync(PauseBefore(look), token).ConfigureAwait(false);
                await LookAsync(Pending, token).ConfigureAwait(false);
            }
        }
        finally
        {
            // Nobody waits for the listener to take its leave of the server.
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task PollAsync(TimeSpan shortest, CancellationToken token)
    {
        var longest = shortest * 2 > LongestPause ? shortest * 2 : LongestPause;
        TimeSpan? pause = null;
        while (true)
        {
            var (count, started) = (pending.Count, TimeProvider.System.GetTimestamp());
            await LookAsync(Pending, token).ConfigureAwait(false);
            if (pending.IsEmpty)
            {
                return;
            }

            // Of many jobs a look may take longer than the pause: the server gets half the time for others.
            var took = TimeProvider.System.GetElapsedTime(started);
            var slower = pause * Slower ?? shortest;
            pause = pending.Count < count ? shortest : slower < longest ? slower : longest;
            await Task.Delay(pause > took ? pause.Value : took, token).ConfigureAwait(false);
        }
    }

    private TimeSpan PauseBefore(int look) =>
        TimeSpan.FromSeconds(Math.Max(look < Looks.Length ? Looks[look] : LaterLooks, pending.Count / LooksASecond));

    private async Task UntilNextLookAsync(TimeSpan pause, CancellationToken token)
    {
        var end = TimeProvider.System.GetTimestamp() + (long)(pause.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!pending.IsEmpty)
        {
            var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), end);
            if (left <= TimeSpan.Zero || !await stir.WaitAsync(left, token).ConfigureAwait(false))
            {
                return;
            }

            var jobs = new HashSet<WaitedJob>();
            while (stirred.TryDequeue(out var job))
            {
                jobs.Add(job);
            }

            await LookAsync([.. jobs.OrderBy(job => job.Place)], token).ConfigureAwait(false);
        }
    }

    private async Task ListenAsync(CancellationToken token)
    {
        var keys = pending.Keys;
        var query = new EventQuery
        {
            Queues = [.. keys.Select(key => key.Queue).Where(name => name.Length > 0).Distinct(StringComparer.Ordinal)],
            Ids = keys.Count <= FilteredByIdAtMost ? [.. keys.Select(key => key.Id).Distinct(StringComparer.Ordinal)] : null,
            // The looks tell of a queue that can't be read.
            LeftOut = static _ => Task.CompletedTask,
        };
        try
        {
            await foreach (var batch in server.WatchEventsAsync(query, token).ConfigureAwait(false))
            {
                foreach (var e in batch)
                {
                    Note(e);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or JobServerException)
        {
            // Without events it takes a few seconds longer; an error that matters meets the looks as well.
        }
    }

    private void Note(JobEvent e)
    {
        if (e.Id is null || !pending.TryGetValue((e.Queue, e.Id), out var job))
        {
            return;
        }

        if (e.Event == "progress")
        {
            job.Percent = double.TryParse(e.Progress, CultureInfo.InvariantCulture, out var percent) ? percent : null;
            return;
        }

        var end = e.Event is "completed" or "failed";
        if (end)
        {
            job.Finish = e;
        }
        else if (e.Event is "waiting" or "active" or "delayed")
        {
            job.Finish = null;
        }

        if (end || !goal.OnlyEnds || e.Event is "removed" or "cancelled" or "retries-exhausted")
        {
            stirred.Enqueue(job);
            stir.Release();
        }
    }
}
