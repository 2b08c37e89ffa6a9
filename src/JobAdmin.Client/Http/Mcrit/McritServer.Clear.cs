using System.Runtime.CompilerServices;

namespace JobAdmin.Client.Http.Mcrit;

internal sealed partial class McritServer
{
    /// <summary>Deletes by method and age where the server's own deletion means exactly that, and one by one otherwise.</summary>
    /// <remarks>The server deletes everything when it is given no filter, or a date that it can't read: neither is ever sent.</remarks>
    public override async IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.Clear, "clear queues");
        await CheckQueueAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        var filter = query.Filter;
        var simple = query.Max is null && filter.After is null && filter.Reasons is null or { Count: 0 };
        if (query.States.Count > 0 && !(simple && filter.Before is not null && query.States is [JobState.Completed]))
        {
            await foreach (var progress in base.ClearQueueAsync(query, force, cancellationToken).ConfigureAwait(false))
            {
                yield return progress;
            }

            yield break;
        }

        if (!simple)
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidInput, "Without a state, MCRIT deletes by name and age alone.",
                "Name the states too, for example -State completed, failed.");
        }

        var methods = await MethodsAsync(filter, cancellationToken).ConfigureAwait(false);
        long done = 0;
        foreach (var method in methods)
        {
            var before = filter.Before is { } time ? ServerTime(time) : null;
            var finished = query.States.Count > 0;
            var pairs = ApiPath.Query(("method", method), ("created_before", finished ? null : before), ("finished_before", finished ? before : null));
            if (pairs.Length == 0)
            {
                throw NoFilter();
            }

            using var answer = await DataAsync(ApiRequest.Delete("jobs" + pairs, 15), "delete jobs", cancellationToken).ConfigureAwait(false);
            done += Deleted(answer);
            yield return new BulkProgress(done, null, method is null ? "jobs" : $"{method} jobs");
        }

        if (methods.Count == 0)
        {
            yield return new BulkProgress(0, 0, "jobs");
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
