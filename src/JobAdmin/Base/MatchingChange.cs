using System.Runtime.CompilerServices;
using JobAdmin.Checkpoints;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A change of all jobs of a queue that match.</summary>
/// <param name="queue">The queue.</param>
/// <param name="query">Which of its jobs.</param>
/// <param name="change">The change.</param>
/// <param name="byId">Changes jobs by id, where something has to be done around it; null to leave all to the server.</param>
/// <param name="pacer">Spreads the jobs over time; null for as fast as it goes.</param>
internal sealed class MatchingChange(QueueReference queue, JobQuery query, JobChange change, ChangeJobs? byId, Pacer? pacer)
{
    private const int Together = 500;

    /// <summary>Takes the number of jobs that were changed together; of these there are no outcomes.</summary>
    public Action<long>? AllChanged { get; init; }

    /// <summary>Whether what becomes of each job is wanted, which a change of all in one request can't tell.</summary>
    public bool OneByOne { get; init; }

    /// <summary>Whether a job is to be changed; null for all.</summary>
    public Func<string, bool>? Take { get; init; }

    /// <summary>How many of those that match are taken care of elsewhere.</summary>
    public long Pending { get; init; }

    /// <summary>What the change would come to; null where nobody is told, or where there is nothing to tell beyond the number of jobs.</summary>
    public IJobForecast? Forecast { get; init; }

    /// <summary>Asks whether to go on.</summary>
    public required Func<string, Task<bool>> Ask { get; init; }

    /// <summary>Counts outcomes as soon as they come.</summary>
    public required Action<IReadOnlyList<JobOutcome>> Heard { get; init; }

    /// <summary>Takes the outcomes.</summary>
    public required Func<IReadOnlyList<JobOutcome>, Task> Write { get; init; }

    /// <summary>Takes a line for the verbose stream.</summary>
    public required Func<string, Task> Tell { get; init; }

    /// <summary>Takes a warning.</summary>
    public required Func<string, Task> Warn { get; init; }

    /// <summary>How many jobs matched.</summary>
    public long Count { get; private set; }

    /// <summary>How many jobs were tried.</summary>
    public long Tried { get; private set; }

    /// <summary>Counts, asks and changes.</summary>
    /// <param name="verb">What is done, as it begins a sentence.</param>
    /// <param name="bar">Shows how far it is.</param>
    /// <param name="token">Stops it.</param>
    public async Task RunAsync(string verb, ProgressReporter bar, CancellationToken token)
    {
        var states = string.Join(" or ", query.States.Select(JobErrors.Word));
        var meant = byId is null ? query : Bounded();
        Count = Math.Max(0, await queue.Server.CountJobsAsync(meant, token).ConfigureAwait(false) - Pending);
        string What(long count) => $"{states} {(count == 1 ? "job" : "jobs")}{JobFilters.Describe(query.Filter)} in {queue}{(change is JobChange.Promote { IgnorePriority: true } ? ", whatever their priority" : "")}";
        var what = What(Count);
        if (Count == 0)
        {
            await Tell($"no {what}").ConfigureAwait(false);
            return;
        }

        var sentence = $"{verb} {Count:N0} {what}";
        if (Forecast is not null)
        {
            await Forecast.AddAsync(meant, token).ConfigureAwait(false);
            var changed = Math.Max(0, Count - Forecast.Sum.Refused);
            sentence = $"{verb} {changed:N0} {What(changed)}{ForecastText.Of(Forecast.Sum)}";
        }

        if (!await Ask(sentence).ConfigureAwait(false))
        {
            return;
        }

        if (change is JobChange.Promote { IgnorePriority: true })
        {
            await PromoteTogetherAsync(what, bar, token).ConfigureAwait(false);
            return;
        }

        if (AllAtOnce() is { } all)
        {
            Tried = await all(token).ConfigureAwait(false);
            AllChanged?.Invoke(Tried);
            await Tell($"{Tried:N0} {what} changed by one request to the server").ConfigureAwait(false);
            return;
        }

        var slices = byId is null ? queue.Server.ChangeMatchingJobsAsync(query, change, token) : ChangeByIdAsync(byId, token);
        // BullMQ removes a flow as a whole: a job that matched and is gone when its turn comes went along with its parent.
        var goesAlong = change is JobChange.Remove { KeepChildren: false } && queue.Server.Connection.Kind == JobServerKind.Redis;
        await foreach (var slice in slices.ConfigureAwait(false))
        {
            Tried += slice.Count;
            var told = goesAlong ? [.. slice.Where(static outcome => outcome.Status != JobOutcomeStatus.NotFound)] : slice;
            Heard(told);
            // After a stop only what was under way still comes, and nobody reads it any more.
            await UnlessStoppedAsync(Write(told), token).ConfigureAwait(false);
            bar.Report(Tried, Count, what);
        }
    }

    private async Task PromoteTogetherAsync(string what, ProgressReporter bar, CancellationToken token)
    {
        BulkProgress last = default;
        await foreach (var progress in ((IQueuePromotion)queue.Server).PromoteQueueAsync(queue.Queue, query.First ?? long.MaxValue, token).ConfigureAwait(false))
        {
            AllChanged?.Invoke(progress.Done - last.Done);
            (last, Tried) = (progress, progress.Done + progress.Uncertain);
            bar.Report(Tried, Count, what);
        }

        if (LostAnswers.Warning(last, "promoted") is { } warning)
        {
            await Warn(warning).ConfigureAwait(false);
        }

        await Tell($"promoted {last.Done:N0} {what}").ConfigureAwait(false);
    }

    private static async Task UnlessStoppedAsync(Task work, CancellationToken token)
    {
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!token.IsCancellationRequested)
        {
            await work.ConfigureAwait(false);
        }
    }

    /// <summary>The server's own request that changes just these jobs, and no others; null where there is none.</summary>
    private Func<CancellationToken, Task<long>>? AllAtOnce()
    {
        if (queue.Server is not IJobBulk bulk || OneByOne || byId is not null || query.First is not null || query.AsOf is not null || !query.Filter.IsEmpty)
        {
            return null;
        }

        var can = queue.Server.Connection.Capabilities;
        return (change, query.States) switch
        {
            (JobChange.Retry { ResetAttempts: false }, [JobState.Failed or JobState.Completed]) when can.HasFlag(JobServerCapabilities.RetryAll) => token => bulk.RetryAllAsync(queue.Queue, query.States[0], token),
            (JobChange.Promote, [JobState.Delayed]) when can.HasFlag(JobServerCapabilities.PromoteAll) => token => bulk.PromoteAllAsync(queue.Queue, token),
            _ => null,
        };
    }

    // A job that comes into its state again while this runs is not to be taken twice.
    private JobQuery Bounded()
    {
        var now = query.AsOf ?? DateTimeOffset.UtcNow.AddMilliseconds(1);
        return query with { Filter = query.Filter with { Before = query.Filter.Before < now ? query.Filter.Before : now } };
    }

    private async IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeByIdAsync(ChangeJobs send, [EnumeratorCancellation] CancellationToken token)
    {
        await foreach (var page in PagesAsync(token).ConfigureAwait(false))
        {
            foreach (var part in page.Where(id => Take?.Invoke(id) != false).Chunk(Math.Min(pacer?.Burst ?? Together, Together)))
            {
                token.ThrowIfCancellationRequested();
                if (pacer is not null)
                {
                    await Pacer.WaitAsync(pacer.Reserve(part.Length), token).ConfigureAwait(false);
                }

                yield return await send(queue, part, token).ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<string>> PagesAsync([EnumeratorCancellation] CancellationToken token)
    {
        // Pages of an HTTP server shift while their jobs leave the state: there, all ids come first.
        var shifts = queue.Server.Connection.Kind != JobServerKind.Redis;
        var all = new List<string>();
        await foreach (var page in queue.Server.GetJobsAsync(Bounded(), token).ConfigureAwait(false))
        {
            if (!shifts)
            {
                yield return [.. page.Select(job => job.Id)];
            }

            all.AddRange(shifts ? page.Select(job => job.Id) : []);
        }

        if (all.Count > 0)
        {
            yield return all;
        }
    }
}
