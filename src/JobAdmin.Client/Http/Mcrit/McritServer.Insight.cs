using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Mcrit;

internal sealed partial class McritServer : IJobResults, IJobNameCounts, IJobSearch
{
    private const int FilteredDigits = 4;

    public IReadOnlyList<JobSearchField> Fields { get; } = [JobSearchField.Data];

    public async Task<JobResult> GetResultOfJobAsync(string queue, string id, bool compact, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Result, "give results");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        // The server fails on the compact form of a result that isn't there, so the job is asked first.
        var job = await GetJobAsync(queue, id, JobParts.None, cancellationToken).ConfigureAwait(false) ?? throw NoJob(QueueName, id);
        if (job.ResultId is null)
        {
            return new JobResult { Queue = QueueName, Id = id, Server = this };
        }

        var path = $"jobs/{id}/result" + ApiPath.Query(("compact", compact ? true : null));
        using var answer = await DataAsync(ApiRequest.Get(path, 5), "get the result of a job", cancellationToken).ConfigureAwait(false);
        return new JobResult { Queue = QueueName, Id = id, ResultId = job.ResultId, RawValue = answer.Json!.Value.Raw("data"), Server = this };
    }

    public async Task<JobResult> GetResultAsync(string resultId, bool compact, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Result, "give results");
        using var answer = await ResultAsync(resultId, ApiPath.Query(("compact", compact ? true : null)), cancellationToken).ConfigureAwait(false);
        return answer.Json!.Value.Raw("data") is { } value
            ? new JobResult { Queue = QueueName, ResultId = resultId, RawValue = value, Server = this } : throw NoResult(resultId);
    }

    public async Task<QueueJob?> GetJobOfResultAsync(string resultId, JobParts parts, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Result, "give results");
        using var answer = await ResultAsync(resultId, "/job", cancellationToken).ConfigureAwait(false);
        return Data(answer) is { ValueKind: JsonValueKind.Object } job ? await ReadAsync(job, parts, cancellationToken).ConfigureAwait(false) : null;
    }

    public async Task<IReadOnlyList<JobNameCounts>> GetCountsByNameAsync(string queue, bool refresh, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.ListQueues, "count jobs");
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        return await ReadMethodsAsync(refresh, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> FindJobsAsync(JobSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Search, "search");
        foreach (var queue in search.Queues)
        {
            await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        }

        if (search.Field != JobSearchField.Data)
        {
            throw Lacks($"search by {search.Field}");
        }

        // The server's filter minds case, and sees the values of parameters but not their names: digits it finds wherever they matter, the rest is found here.
        // It comes after the limit, so that no page says whether it was the last: then all are asked for at once.
        var digits = Caseless.LongestRun([search.Text], char.IsAsciiDigit);
        var filter = digits.Length >= FilteredDigits ? digits : null;
        var pages = filter is null ? PagesAsync(JobsAPage, false, null, null, search.Parts | JobParts.Data, cancellationToken) : FilteredAsync(filter, search.Parts | JobParts.Data, cancellationToken);
        var states = ListedStates(search.States);
        var left = search.First ?? long.MaxValue;
        await foreach (var jobs in pages.ConfigureAwait(false))
        {
            var page = jobs.Where(job => states.Contains(job.State) && Matches(search, job)).Take((int)Math.Min(left, int.MaxValue)).ToList();
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

    private async IAsyncEnumerable<IReadOnlyList<QueueJob>> FilteredAsync(string filter, JobParts parts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return (await PageAsync(0, 0, false, null, null, filter, parts, cancellationToken).ConfigureAwait(false)).Jobs;
    }

    private static bool Matches(JobSearch search, QueueJob job) => job.GetDataText()?.Contains(search.Text, StringComparison.OrdinalIgnoreCase) == true
        && (search.AddedAfter is not { } after || job.Timestamp >= after) && (search.AddedBefore is not { } before || job.Timestamp < before);

    protected override async Task<JobCounts> ReadCountsAsync(CancellationToken cancellationToken)
    {
        using var answer = await DataAsync(Ping, "get statistics", cancellationToken).ConfigureAwait(false);
        var data = Data(answer);
        // The page has totals, the server a set of counts for each method.
        var each = data.ValueKind == JsonValueKind.Object ? data.EnumerateObject().Where(static one => one.Value.ValueKind == JsonValueKind.Object).Select(static one => Counts(one.Value)).ToArray() : [];
        return each.Length == 0 ? Counts(data) : new JobCounts
        {
            Waiting = each.Sum(static one => one.Waiting ?? 0), Active = each.Sum(static one => one.Active ?? 0), Completed = each.Sum(static one => one.Completed ?? 0),
            Failed = each.Sum(static one => one.Failed ?? 0), Cancelled = each.Sum(static one => one.Cancelled ?? 0),
        };
    }

    /// <summary>The server counts queued jobs whether they wait for a worker or for other jobs; alone, neither can be told.</summary>
    protected override async Task<long?> CountAsync(string queue, IReadOnlyList<JobState> states, CancellationToken cancellationToken)
    {
        var (waiting, blocked) = (states.Contains(JobState.Waiting), states.Contains(JobState.WaitingChildren));
        if (waiting != blocked)
        {
            return null;
        }

        var counts = await ReadCountsAsync(cancellationToken).ConfigureAwait(false);
        var counted = states.Where(static state => state != JobState.WaitingChildren).ToArray();
        return counted.All(state => counts[state] is not null) ? counted.Sum(state => counts[state]) : null;
    }

    private static JobCounts Counts(JsonElement counts) => new()
    {
        Waiting = counts.Integer("queued"), Active = counts.Integer("in_progress", "processing"), Completed = counts.Integer("finished"),
        Failed = counts.Integer("failed"), Cancelled = counts.Integer("terminated"),
    };

    private async Task<IReadOnlyList<JobNameCounts>> ReadMethodsAsync(bool refresh, CancellationToken cancellationToken)
    {
        var request = ApiRequest.Get("jobs/stats" + ApiPath.Query(("with_refresh", refresh ? true : null)), refresh ? 15 : 1);
        using var answer = await DataAsync(request, "get statistics", cancellationToken).ConfigureAwait(false);
        return Data(answer) is { ValueKind: JsonValueKind.Object } data
            ? [.. data.EnumerateObject().Where(static one => one.Value.ValueKind == JsonValueKind.Object)
                .Select(one => new JobNameCounts { Queue = QueueName, Name = one.Name, Counts = Counts(one.Value), Server = this })]
            : [];
    }

    private async Task<ApiAnswer> ResultAsync(string resultId, string rest, CancellationToken cancellationToken)
    {
        if (!IsObjectId(resultId))
        {
            throw NoResult(resultId);
        }

        var answer = await Api.SendAsync(ApiRequest.Get($"results/{resultId}{rest}", 5), cancellationToken).ConfigureAwait(false);
        if (answer.IsSuccess && IsEnvelope(answer))
        {
            return answer;
        }

        using (answer)
        {
            // For a result that isn't there the server answers with its own failure, and with the same where it can't read any.
            if (answer is not { Fault: ApiFault.None, Status: 500, Json: not null })
            {
                throw Api.Errors.From(answer, "get a result");
            }

            (await PingAsync(Ping, cancellationToken).ConfigureAwait(false)).Dispose();
            throw NoResult(resultId);
        }
    }

    private JobServerException NoResult(string resultId) => new("ResultNotFound", JobErrorKind.NotFound,
        $"There is no result '{Api.Errors.Clean(resultId)}' on {Api.Endpoint}.", "Get-Job shows the result ids of finished jobs; they are 24 hexadecimal digits.") { Target = resultId };
}
