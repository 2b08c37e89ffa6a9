using System.Management.Automation;

namespace JobAdmin.Base;

/// <summary>Waits for jobs of several servers at once, and shows how far they are.</summary>
internal sealed class WaitParty(IReadOnlyList<JobReference> jobs, WaitGoal goal, TimeSpan? timeout)
{
    private const int NamedAtMost = 10;
    private const int BarsAtMost = 5;
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<(IJobServer, string, string), ProgressReporter> bars = [];
    private int done;

    /// <summary>Takes a job that got there.</summary>
    public required Func<QueueJob, Task> Reached { get; init; }

    /// <summary>Takes the error of a job that did not.</summary>
    public required Func<JobServerException, Task> Missed { get; init; }

    /// <summary>Takes a progress record.</summary>
    public required Action<ProgressRecord> Show { get; init; }

    /// <summary>What of a job that got there is read beyond the parts always shown.</summary>
    public JobParts Parts { get; init; } = JobParts.All & ~JobParts.Log;

    /// <summary>Whether the first job that gets there is enough.</summary>
    public bool Any { get; init; }

    /// <summary>Waits.</summary>
    /// <param name="token">Stops it.</param>
    public async Task RunAsync(CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (timeout is { } time && time >= TimeSpan.Zero)
        {
            ending.CancelAfter(time);
        }

        var several = jobs.DistinctBy(job => (job.Server, job.Queue)).Count() > 1;
        var waiters = jobs.GroupBy(job => job.Server).Select(group => new JobWaiter(group.Key, group, goal)
        {
            Parts = Parts,
            OfSeveral = several,
            Reached = job => ReachAsync(job, ending),
            Missed = error =>
            {
                Interlocked.Increment(ref done);
                return Missed(error);
            },
        }).ToList();
        var waiting = Task.WhenAll(waiters.Select(waiter => waiter.RunAsync(ending.Token)));
        try
        {
            await ShowBarsAsync(waiters, waiting, ending.Token).ConfigureAwait(false);
            await waiting.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            await EndedEarlyAsync([.. waiters.SelectMany(waiter => waiter.Pending)]).ConfigureAwait(false);
        }
        finally
        {
            foreach (var bar in bars.Values)
            {
                bar.Dispose();
            }
        }
    }

    private async Task ReachAsync(QueueJob job, CancellationTokenSource ending)
    {
        var first = Interlocked.Increment(ref done) == 1;
        if (!Any || first)
        {
            await Reached(job).ConfigureAwait(false);
        }

        if (Any)
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task EndedEarlyAsync(List<WaitedJob> left)
    {
        if ((Any && done > 0) || left.Count == 0)
        {
            return;
        }

        var names = string.Join(", ", left.Take(NamedAtMost).Select(job => $"{job.Reference.Id} ({JobErrors.Word(job.Last?.State ?? JobState.Unknown)})"));
        var error = new JobServerException("WaitTimeout", JobErrorKind.Timeout,
            $"{left.Count:N0} of {jobs.Count:N0} {(jobs.Count == 1 ? "job" : "jobs")} did not get there in time: {names}{(left.Count > NamedAtMost ? ", …" : "")}.",
            "-Timeout sets the time; Get-JobQueue shows whether the queue has workers or is paused.")
        {
            Target = left.ConvertAll(job => job.Reference.Id).ToArray(),
        };
        await Missed(error).ConfigureAwait(false);
    }

    private async Task ShowBarsAsync(List<JobWaiter> waiters, Task waiting, CancellationToken token)
    {
        using var all = new ProgressReporter(Show, "Waiting for jobs");
        while (await Task.WhenAny(waiting, Task.Delay(BarInterval, token)).ConfigureAwait(false) != waiting)
        {
            token.ThrowIfCancellationRequested();
            if (!all.IsDue)
            {
                continue;
            }

            all.Show($"{done:N0} of {jobs.Count:N0}", done * 100 / jobs.Count);
            ShowEach([.. waiters.SelectMany(waiter => waiter.Pending)], all.Id);
        }
    }

    private void ShowEach(List<WaitedJob> pending, int parent)
    {
        var shown = pending.Take(BarsAtMost).ToDictionary(job => (job.Reference.Server, job.Reference.Queue, job.Reference.Id));
        foreach (var key in bars.Keys.Where(key => !shown.ContainsKey(key)).ToList())
        {
            bars.Remove(key, out var gone);
            gone!.Dispose();
        }

        foreach (var (key, job) in shown)
        {
            if (!bars.TryGetValue(key, out var bar))
            {
                bars[key] = bar = new ProgressReporter(Show, job.Reference.ToString(), parent);
            }

            bar.Show(JobErrors.Word(job.Last?.State ?? JobState.Unknown), job.Percent is { } percent ? (int)Math.Clamp(percent, 0, 100) : -1);
        }
    }
}
