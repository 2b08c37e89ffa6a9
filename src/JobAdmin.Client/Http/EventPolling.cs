using System.Runtime.CompilerServices;

namespace JobAdmin.Client.Http;

/// <summary>Events of a server that reports none, made by looking again and again and comparing.</summary>
/// <remarks>The looks come faster while something happens and slower while nothing does. What starts and ends between two looks of the same state
/// shows as its last event alone.</remarks>
internal sealed class EventPolling(HttpJobServer server, TimeProvider time, TimeSpan shortest)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private readonly Dictionary<(string Queue, string Id), Seen> seen = [];
    private readonly DateTimeOffset begin = time.GetUtcNow();
    private int round;

    /// <summary>Watches.</summary>
    /// <param name="look">Reads what is worth comparing: given jobs by id, or those that are active, that are next and that ended last.</param>
    /// <param name="find">Reads one job that was active and is no longer in sight; null when there is none.</param>
    /// <param name="longest">The longest time between two looks.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchAsync(Func<CancellationToken, Task<IReadOnlyList<QueueJob>>> look,
        Func<string, string, CancellationToken, Task<QueueJob?>> find, TimeSpan? longest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var most = longest is { } given && given > TimeSpan.Zero ? given : shortest > Longest ? shortest : Longest;
        var pause = most < shortest ? most : shortest;
        while (true)
        {
            var events = new List<JobEvent>();
            try
            {
                Compare(await look(cancellationToken).ConfigureAwait(false), events);
                await FollowUpAsync(find, events, cancellationToken).ConfigureAwait(false);
                round++;
            }
            catch (JobServerException e) when (round > 0 && (e.Kind is JobErrorKind.Connection or JobErrorKind.Timeout || e.ErrorId is "ServerError" or "RateLimited"))
            {
                // As with an event stream: a server that is started anew, or its proxy, answers with errors for a while.
                WireLog.Note($"{e.Message} Looking again in {pause.TotalSeconds:0.#} s.");
            }

            if (events.Count > 0)
            {
                pause = most < shortest ? most : shortest;
                yield return events;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            var next = pause * 1.5;
            pause = next < most ? next : most;
        }
    }

    private void Compare(IReadOnlyList<QueueJob> jobs, List<JobEvent> events)
    {
        foreach (var job in jobs)
        {
            var key = (job.Queue, job.Id);
            var known = seen.TryGetValue(key, out var before);
            if (round > 0)
            {
                if (!known)
                {
                    First(job, events);
                }
                else if (before!.Job.State != job.State || Time(before.Job) != Time(job))
                {
                    Add(job, Word(job.State), events, before.Job.RawState);
                }
                else if (job.State == JobState.Active && !Equals(before.Job.Progress, job.Progress))
                {
                    Add(job, "progress", events);
                }
            }

            seen[key] = new(job, round);
        }
    }

    /// <summary>A job that was not in sight before: new, or of a part of the queue that isn't looked at.</summary>
    private void First(QueueJob job, List<JobEvent> events)
    {
        if (job.Timestamp >= begin)
        {
            Add(job, "added", events);
        }

        if (job.State is JobState.Active || (job.FinishedOn ?? job.Timestamp) >= begin)
        {
            Add(job, Word(job.State), events);
        }
    }

    /// <summary>Looks for active jobs that have gone out of sight, and forgets the others.</summary>
    private async Task FollowUpAsync(Func<string, string, CancellationToken, Task<QueueJob?>> find, List<JobEvent> events, CancellationToken cancellationToken)
    {
        foreach (var (key, last) in seen.Where(pair => pair.Value.Round < round).ToArray())
        {
            // One that can't be looked for now is looked for the next time.
            var job = last.Job.State == JobState.Active ? await find(key.Queue, key.Id, cancellationToken).ConfigureAwait(false) : null;
            seen.Remove(key);
            if (last.Job.State != JobState.Active)
            {
                continue;
            }

            if (job is null)
            {
                events.Add(new JobEvent { Queue = key.Queue, Id = key.Id, Event = "removed", Time = time.GetUtcNow(), Previous = last.Job.RawState, Server = server });
            }
            else if (job.State == JobState.Active)
            {
                seen[key] = new(job, round);
            }
            else
            {
                Add(job, Word(job.State), events, last.Job.RawState);
            }
        }
    }

    private void Add(QueueJob job, string word, List<JobEvent> events, string? previous = null) => events.Add(new JobEvent
    {
        Queue = job.Queue, Id = job.Id, Name = job.Name.Length > 0 ? job.Name : null, Event = word, Previous = previous, Server = server,
        Time = word == "added" ? job.Timestamp : Time(job) ?? time.GetUtcNow(),
        FailedReason = word == "failed" ? job.FailedReason : null, ReturnValue = word == "completed" ? job.GetReturnValueText() : null,
        Progress = word == "progress" ? Convert.ToString(job.Progress, System.Globalization.CultureInfo.InvariantCulture) : null,
    });

    private static DateTimeOffset? Time(QueueJob job) => job.State switch
    {
        JobState.Active => job.ProcessedOn,
        JobState.Completed or JobState.Failed or JobState.Cancelled => job.FinishedOn,
        _ => null,
    };

    private static string Word(JobState state) => state switch
    {
        JobState.WaitingChildren => "waiting-children",
        JobState.Prioritized or JobState.Paused => "waiting",
        JobState.Unknown => "unknown",
        _ => state.ToString().ToLowerInvariant(),
    };

    private sealed record Seen(QueueJob Job, int Round);
}
