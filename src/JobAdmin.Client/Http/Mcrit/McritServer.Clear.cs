using System.Runtime.CompilerServices;

namespace JobAdmin.Client.Http.Mcrit;

internal sealed partial class McritServer
{
    /// <summary>Deletes by method and age where the server's own deletion means exactly that, and one by one otherwise.</summary>
    /// <remarks>Without states, the jobs are chosen by name and by when they were added, whatever became of them. The server deletes everything when it is given
    /// no filter, or a date that it can't read: neither is ever sent.</remarks>
    public override async IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.Clear, "clear queues");
        CheckClear(query, force);
        await CheckQueueAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        if (query.States.Count == 0)
        {
            await RequireIdleAsync(query, force, cancellationToken).ConfigureAwait(false);
            await foreach (var progress in DeleteAsync(query.Filter, "created_before", cancellationToken).ConfigureAwait(false))
            {
                yield return progress;
            }

            yield break;
        }

        long done = 0;
        if (IsSimple(query) && query.Filter.Before is not null && await AreFinishedOnesMeantAsync(query, cancellationToken).ConfigureAwait(false))
        {
            await foreach (var progress in DeleteAsync(query.Filter, "finished_before", cancellationToken).ConfigureAwait(false))
            {
                done = progress.Done;
                yield return progress;
            }
        }

        // What is left: other states, and those that ended in the same second.
        await foreach (var progress in base.ClearQueueAsync(query, force, cancellationToken).ConfigureAwait(false))
        {
            yield return progress with { Done = done + progress.Done };
        }
    }

    public override void CheckClear(ClearQuery query, bool force)
    {
        Require(JobServerCapabilities.Clear, "clear queues");
        if (query.States.Count > 0)
        {
            RequireStates(query, force);
        }
        else if (!IsSimple(query))
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidInput, "Without a state, MCRIT deletes by name and age alone.",
                "Name the states too, for example -State completed, failed.");
        }
    }

    /// <summary>Whether the server's own deletion, by method and age, can mean all of it.</summary>
    private static bool IsSimple(ClearQuery query) => query.Max is null && query.Slice == 0 && (query.Filter with { Names = null, Before = null }).IsEmpty;

    private async IAsyncEnumerable<BulkProgress> DeleteAsync(JobFilter filter, string by, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long done = 0;
        foreach (var method in await MethodsAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            var pairs = ApiPath.Query(("method", method), (by, filter.Before is { } time ? ServerTime(time) : null));
            if (pairs.Length == 0)
            {
                throw NoFilter();
            }

            using var answer = await DataAsync(ApiRequest.Delete("jobs" + pairs, 15), "delete jobs", cancellationToken).ConfigureAwait(false);
            done += Deleted(answer) ?? 0;
            yield return new BulkProgress(done, null, method is null ? "jobs" : $"{method} jobs");
        }

        if (done == 0)
        {
            yield return new BulkProgress(0, 0, "jobs");
        }
    }

    /// <summary>Whether the server's deletion of what finished before a time hits nothing else: cancelled jobs may have finished, too.</summary>
    private async Task<bool> AreFinishedOnesMeantAsync(ClearQuery query, CancellationToken cancellationToken)
    {
        if (!query.States.Contains(JobState.Completed) || query.States.Contains(JobState.Cancelled))
        {
            return query.States.Contains(JobState.Completed);
        }

        var cancelled = new JobQuery { Queue = query.Queue, States = [JobState.Cancelled], Filter = query.Filter with { Before = null } };
        await foreach (var page in GetJobsAsync(cancelled, cancellationToken).ConfigureAwait(false))
        {
            if (page.Any(job => job.FinishedOn < query.Filter.Before))
            {
                return false;
            }
        }

        return true;
    }

    private async Task RequireIdleAsync(ClearQuery query, bool force, CancellationToken cancellationToken)
    {
        if (force)
        {
            return;
        }

        var active = new JobQuery { Queue = query.Queue, States = [JobState.Active], Filter = query.Filter with { Before = null } };
        await foreach (var page in GetJobsAsync(active, cancellationToken).ConfigureAwait(false))
        {
            if (page.Any(job => query.Filter.Before is not { } time || job.Timestamp < time))
            {
                throw new JobServerException("InvalidState", JobErrorKind.InvalidState, $"Workers have some of these jobs on {Api.Endpoint}: nothing was deleted.",
                    "Wait until they are done, name the states to delete with -State, or use -Force to delete them under their workers.") { Target = query.Queue };
            }
        }
    }

    /// <summary>The methods to delete by; one that is null stands for all, and comes with a date only.</summary>
    private async Task<IReadOnlyList<string?>> MethodsAsync(JobFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Names is not { Count: > 0 } names)
        {
            return filter.Before is not null ? [null] : throw NoFilter();
        }

        var patterns = names.Select(static name => new JobWildcard(name)).ToArray();
        if (patterns.Any(static pattern => pattern.Segments.Count == 0) && filter.Before is null)
        {
            throw NoFilter();
        }

        var known = (await ReadMethodsAsync(false, cancellationToken).ConfigureAwait(false)).Select(static method => method.Name).ToArray();
        return [.. patterns.SelectMany(pattern => known.Where(pattern.IsMatch).DefaultIfEmpty(pattern.Literal))
            .Where(static method => method is { Length: > 0 }).Distinct(StringComparer.Ordinal)];
    }

    private JobServerException NoFilter() => new("FilterRequired", JobErrorKind.InvalidInput,
        $"Without a filter {Api.Endpoint} would delete all its jobs: nothing was sent.", "Give -Name or -Before, or name the states.") { Target = Api.Endpoint };
}
