using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A change of all jobs of a queue that match.</summary>
internal sealed class MatchingChange(QueueReference queue, JobQuery query, JobChange change, BeforeChange? before, Pacer? pacer)
{
    private const int Together = 500;

    /// <summary>Takes the number of jobs that one request changed; of these there are no outcomes.</summary>
    public Action<long>? AllChanged { get; init; }

    /// <summary>Whether what becomes of each job is wanted, which a change of all in one request can't tell.</summary>
    public bool OneByOne { get; init; }

    /// <summary>Counts, asks and changes.</summary>
    /// <param name="verb">What is done, as it begins a sentence.</param>
    /// <param name="ask">Asks whether to go on.</param>
    /// <param name="write">Takes the outcomes.</param>
    /// <param name="bar">Shows how far it is.</param>
    /// <param name="tell">Takes a line for the verbose stream.</param>
    /// <param name="token">Stops it.</param>
    public async Task RunAsync(string verb, Func<string, Task<bool>> ask, Func<IReadOnlyList<JobOutcome>, Task> write, ProgressReporter bar,
        Func<string, Task> tell, CancellationToken token)
    {
        var states = string.Join(" or ", query.States.Select(JobErrors.Word));
        var count = await queue.Server.CountJobsAsync(query, token).ConfigureAwait(false);
        var what = $"{states} {(count == 1 ? "job" : "jobs")}{JobFilters.Describe(query.Filter)} in {queue}";
        if (count == 0)
        {
            await tell($"no {what}").ConfigureAwait(false);
            return;
        }

        if (!await ask($"{verb} {count:N0} {what}").ConfigureAwait(false))
        {
            return;
        }

        if (AllAtOnce() is { } all)
        {
            var changed = await all(token).ConfigureAwait(false);
            AllChanged?.Invoke(changed);
            await tell($"{changed:N0} {what} changed by one request to the server").ConfigureAwait(false);
            return;
        }

        long done = 0;
        var slices = pacer is null && before is null ? queue.Server.ChangeMatchingJobsAsync(query, change, token) : ChangeByIdAsync(token);
        await foreach (var slice in slices.ConfigureAwait(false))
        {
            done += slice.Count;
            await write(slice).ConfigureAwait(false);
            bar.Report(done, count, what);
        }
    }

    /// <summary>The server's own request that changes just these jobs, and no others; null where there is none.</summary>
    private Func<CancellationToken, Task<long>>? AllAtOnce()
    {
        if (queue.Server is not IJobBulk bulk || OneByOne || pacer is not null || before is not null || query.First is not null || query.AsOf is not null || !query.Filter.IsEmpty)
        {
            return null;
        }

        var can = queue.Server.Connection.Capabilities;
        return (change, query.States) switch
        {
            (JobChange.Retry, [JobState.Failed or JobState.Completed]) when can.HasFlag(JobServerCapabilities.RetryAll) => token => bulk.RetryAllAsync(queue.Queue, query.States[0], token),
            (JobChange.Promote, [JobState.Delayed]) when can.HasFlag(JobServerCapabilities.PromoteAll) => token => bulk.PromoteAllAsync(queue.Queue, token),
            _ => null,
        };
    }

    private async IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeByIdAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        // A job that fails again while this runs is not to be taken twice.
        var now = query.AsOf ?? DateTimeOffset.UtcNow;
        var bounded = query with { Filter = query.Filter with { Before = query.Filter.Before < now ? query.Filter.Before : now } };
        await foreach (var page in queue.Server.GetJobsAsync(bounded, token).ConfigureAwait(false))
        {
            foreach (var part in page.Select(job => job.Id).Chunk(Math.Min(pacer?.Burst ?? Together, Together)))
            {
                if (pacer is not null)
                {
                    await Pacer.WaitAsync(pacer.Reserve(part.Length), token).ConfigureAwait(false);
                }

                if (before is not null)
                {
                    await before(queue.Server, queue.Queue, part, token).ConfigureAwait(false);
                }

                yield return await queue.Server.ChangeJobsAsync(queue.Queue, part, change, token).ConfigureAwait(false);
            }
        }
    }
}
