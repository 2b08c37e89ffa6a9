using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer : IJobSearch
{
    /// <summary>The server's quick search gives no more than this.</summary>
    private const int SearchCap = 50;

    public IReadOnlyList<JobSearchField> Fields { get; } = [JobSearchField.Id, JobSearchField.Name, JobSearchField.Data];

    public IAsyncEnumerable<IReadOnlyList<QueueJob>> FindJobsAsync(JobSearch search, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Search, "search");
        if (search.Text.Length == 0)
        {
            throw new JobServerException("InvalidSearch", JobErrorKind.InvalidInput, "The text to search for is empty.", "Get-Job lists all jobs.");
        }

        return FindAsync(search, cancellationToken);
    }

    /// <summary>The queues that a pattern leaves, found by the server: it minds case where our patterns do not, so it is given a piece that has none.</summary>
    private async Task<IReadOnlyList<JobQueueInfo>?> FindQueuesAsync(JobWildcard[]? patterns, CancellationToken cancellationToken)
    {
        if (patterns is not [{ IsLiteral: false } pattern] || Caseless.LongestRun(pattern.Segments) is not { Length: >= 2 } piece)
        {
            return null;
        }

        using var answer = await DataAsync(ApiRequest.Get("search" + ApiPath.Query(("type", "queue"), ("q", piece))), "search queues", cancellationToken).ConfigureAwait(false);
        return [.. ApiJson.Items(Data(answer)).Select(ReadQueue)];
    }

    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> FindAsync(JobSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var queue in search.Queues)
        {
            await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        }

        var found = search.Field switch
        {
            JobSearchField.Id => FindByIdAsync(search, cancellationToken),
            JobSearchField.Name => FindByNameAsync(search, cancellationToken),
            _ => FindByDataAsync(search, cancellationToken),
        };
        var recent = new RecentIds();
        var left = search.First ?? long.MaxValue;
        await foreach (var jobs in found.ConfigureAwait(false))
        {
            var page = recent.New(jobs.Where(job => Matches(search, job)));
            if (page.Count > left)
            {
                page = page.GetRange(0, (int)left);
            }

            left -= page.Count;
            if (page.Count > 0)
            {
                yield return page;
            }

            if (left == 0)
            {
                yield break;
            }
        }
    }

    private static bool Matches(JobSearch search, QueueJob job) => (search.Queues.Count == 0 || search.Queues.Contains(job.Queue))
        && (search.States.Count == 0 || search.States.Contains(job.State))
        && (search.AddedAfter is not { } after || job.Timestamp >= after) && (search.AddedBefore is not { } before || job.Timestamp < before);

    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> FindByIdAsync(JobSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The search ends at the first queue that has the id; queues that are named are asked each.
        foreach (var queue in search.Queues)
        {
            if (await GetJobAsync(queue, search.Text, search.Parts, cancellationToken).ConfigureAwait(false) is { } job)
            {
                yield return [job];
            }
        }

        if (search.Queues.Count == 0)
        {
            using var answer = await DataAsync(ApiRequest.Get("search" + ApiPath.Query(("q", search.Text))), "search by id", cancellationToken).ConfigureAwait(false);
            if (Data(answer) is { ValueKind: JsonValueKind.Object } job)
            {
                yield return [ReadJob(job, null, search.Parts)];
            }
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> FindByNameAsync(JobSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var queue in search.Queues.Count > 0 ? search.Queues.Cast<string?>() : [null])
        {
            long start = 0, total = long.MaxValue;
            while (start < total)
            {
                var size = Math.Min(JobsAPage, Math.Max(1, search.First ?? JobsAPage));
                // The server's end of time is inclusive and ours is not; the difference is sorted out on this side.
                var query = ApiPath.Query(("name", search.Text), ("queue", queue),
                    ("state", search.States.Count > 0 ? string.Join(',', ListedStates(search.States).Select(Word)) : null),
                    ("after", search.AddedAfter), ("before", search.AddedBefore), ("start", start), ("end", start + size));
                using var answer = await Api.SendAsync(ApiRequest.Get("jobs/search" + query, 2), cancellationToken).ConfigureAwait(false);
                var meta = answer.Json?.Field("meta");
                if (answer.Status == 404 || (answer.IsSuccess && meta?.Integer("end") == 0))
                {
                    // Older servers have no such search, and some of their stores can't do it: the quick one then.
                    await foreach (var page in QuickAsync("name", search, queue, cancellationToken).ConfigureAwait(false))
                    {
                        yield return page;
                    }

                    break;
                }

                if (!answer.IsSuccess || answer.Json is null)
                {
                    throw Api.Errors.From(answer, "search by name");
                }

                var jobs = ApiJson.Items(answer.Json.Value.Field("data")).Select(job => ReadJob(job, queue, search.Parts)).ToList();
                total = meta?.Integer("total") ?? 0;
                start += jobs.Count;
                yield return jobs;
                if (jobs.Count == 0)
                {
                    break;
                }
            }
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> FindByDataAsync(JobSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queues = search.Queues.Count > 0 ? search.Queues : [.. (await ListQueuesAsync(cancellationToken).ConfigureAwait(false)).Select(static queue => queue.Name)];
        foreach (var queue in queues)
        {
            await foreach (var page in QuickAsync("payload", search, queue, cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }
        }
    }

    /// <summary>The server's quick search; when it stops at its cap, the rest is looked through on this side.</summary>
    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> QuickAsync(
        string type, JobSearch search, string? queue, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var count = 0;
        using (var answer = await DataAsync(ApiRequest.Get("search" + ApiPath.Query(("type", type), ("q", search.Text), ("queue", queue)), 2), $"search by {type}",
            cancellationToken).ConfigureAwait(false))
        {
            var jobs = ApiJson.Items(Data(answer)).Select(job => ReadJob(job, queue, search.Parts)).ToList();
            count = jobs.Count;
            yield return jobs;
        }

        if (count < SearchCap)
        {
            yield break;
        }

        WireLog.Note($"{Api.Endpoint} finds no more than {SearchCap} jobs in one search: the others are looked for one by one.");
        var queues = queue is not null ? [queue] : (await ListQueuesAsync(cancellationToken).ConfigureAwait(false)).Select(static found => found.Name).ToArray();
        foreach (var name in queues)
        {
            var all = new JobQuery { Queue = name, States = search.States, Parts = search.Parts | JobParts.Data };
            await foreach (var page in GetJobsAsync(all, cancellationToken).ConfigureAwait(false))
            {
                yield return [.. page.Where(job => (type == "name" ? job.Name : job.GetDataText() ?? "").Contains(search.Text, StringComparison.OrdinalIgnoreCase))];
            }
        }
    }
}
