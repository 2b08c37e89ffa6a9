using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Reading jobs.</summary>
internal sealed partial class BullMqServer
{
    private const int FirstPage = 100, FullPage = 500, ScanPage = 2000, BytesAtMost = 4 << 20;

    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> GetJobsAsync(JobQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var skip = query.Skip;
        var left = query.First ?? long.MaxValue;
        foreach (var (state, otherName) in await WalksAsync(query, cancellationToken).ConfigureAwait(false))
        {
            var jump = await JumpAsync(query, state, otherName, skip, cancellationToken).ConfigureAwait(false);
            skip -= jump;
            var pages = StateWords.IsList(state) ? ListPagesAsync(query with { Skip = skip }, state, left, cancellationToken, jump, otherName)
                : SetPagesAsync(query, state, skip, left, cancellationToken, jump);
            await foreach (var page in pages.ConfigureAwait(false))
            {
                IReadOnlyList<QueueJob> rows = page;
                if (skip > 0)
                {
                    var gone = (int)Math.Min(skip, rows.Count);
                    skip -= gone;
                    rows = [.. rows.Skip(gone)];
                }

                if (rows.Count > left)
                {
                    rows = [.. rows.Take((int)left)];
                }

                left -= rows.Count;
                if (rows.Count > 0)
                {
                    yield return rows;
                }

                if (left <= 0)
                {
                    yield break;
                }
            }
        }
    }

    public async Task<IReadOnlyList<QueueJob?>> GetJobsByIdAsync(string queue, IReadOnlyList<string> ids, JobParts parts, CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var found = await ReadByIdAsync(queue, ids, JobState.Unknown, parts, "", cancellationToken).ConfigureAwait(false);
        var byId = new Dictionary<string, QueueJob>(StringComparer.Ordinal);
        foreach (var job in found)
        {
            byId[job.Id] = job;
        }

        return [.. ids.Select(id => byId.GetValueOrDefault(id))];
    }

    public async Task<long> CountJobsAsync(JobQuery query, CancellationToken cancellationToken)
    {
        await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var keys = Keys(query.Queue);
        long total = 0;
        foreach (var (state, otherName) in await WalksAsync(query, cancellationToken).ConfigureAwait(false))
        {
            var word = StateWords.KeyWord(state)!;
            var byScore = StateWords.ScoreIsFinishedOn(state);
            var filter = new FilterText(query.Filter, byScore);
            if (filter.Json.Length > 0)
            {
                var pages = StateWords.IsList(state) ? ListPagesAsync(query with { Parts = JobParts.None }, state, long.MaxValue, cancellationToken, otherName: otherName)
                    : SetPagesAsync(query with { Parts = JobParts.None }, state, 0, long.MaxValue, cancellationToken);
                await foreach (var page in pages.ConfigureAwait(false))
                {
                    total += page.Count;
                }
            }
            else if (StateWords.IsList(state))
            {
                total += await LengthAsync(query.Queue, state, otherName, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                var (low, high) = SetPager.Bounds(state, query.Filter);
                total += (long)await runner.CommandAsync(reads: true, "ZCOUNT", [keys[word], low, high], cancellationToken).ConfigureAwait(false);
            }
        }

        total = Math.Max(0, total - query.Skip);
        return query.First is { } first ? Math.Min(first, total) : total;
    }

    private IAsyncEnumerable<List<QueueJob>> SetPagesAsync(JobQuery query, JobState state, long skip, long limit, CancellationToken cancellationToken, long jump = 0)
    {
        var pages = new SetPages(this, query, state, Reach(limit, skip), jump);
        return PageStream.ReadAsync(pages.NextAsync, pages, cancellationToken);
    }

    private IAsyncEnumerable<List<QueueJob>> ListPagesAsync(JobQuery query, JobState state, long limit, CancellationToken cancellationToken, long jump = 0,
        JobState? otherName = null)
    {
        var filter = new FilterText(query.Filter, scoreIsTime: false);
        var full = query.PageSize > 0 ? query.PageSize : FullPage;
        // Workers take from the right end, so the oldest stand there.
        var walk = new ListWalk(runner, Keys(query.Queue), state, fromTail: query.OldestFirst, jump, otherName);
        var size = (int)Math.Max(1, Math.Min(Math.Min(FirstPage, full), Reach(limit, query.Skip)));
        var parts = query.Parts | filter.Parts;
        var rows = new JobRows(this, query.Queue, parts);
        IReadOnlyList<string> ids = [];
        return PageStream.ReadAsync(
            async stop =>
            {
                while (true)
                {
                    if (ids.Count == 0)
                    {
                        ids = await walk.NextAsync(size, stop).ConfigureAwait(false);
                        size = full;
                        if (ids.Count == 0)
                        {
                            return null;
                        }
                    }

                    var jobs = new List<QueueJob>(ids.Count);
                    ids = [.. ids.Skip(await ReadSomeByIdAsync(rows, query.Queue, ids, walk.State, parts, filter.Json, jobs, stop).ConfigureAwait(false))];
                    jobs.RemoveAll(job => filter.NeedsLook && !filter.Matches(job));
                    if (jobs.Count > 0)
                    {
                        return jobs;
                    }
                }
            },
            cancellationToken);
    }

    /// <summary>How many jobs a listing may have to look at.</summary>
    private static long Reach(long limit, long skip) => limit > long.MaxValue - skip ? long.MaxValue : limit + skip;

    /// <summary>Jobs by id, those that are there and pass the filter, in as many calls as their size asks for.</summary>
    private async Task<List<QueueJob>> ReadByIdAsync(string queue, IReadOnlyList<string> ids, JobState known, JobParts parts, string filter, CancellationToken cancellationToken)
    {
        var rows = new JobRows(this, queue, parts);
        var jobs = new List<QueueJob>(ids.Count);
        for (var at = 0; at < ids.Count;)
        {
            at += await ReadSomeByIdAsync(rows, queue, ids.Skip(at).Take(FullPage), known, parts, filter, jobs, cancellationToken).ConfigureAwait(false);
        }

        return jobs;
    }

    /// <summary>Adds jobs by id, as many as one call gives: fewer where they are large.</summary>
    /// <returns>How many ids were looked at.</returns>
    private async Task<int> ReadSomeByIdAsync(JobRows rows, string queue, IEnumerable<string> ids, JobState known, JobParts parts, string filter, List<QueueJob> jobs, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        object[] arguments = [keys.Base, StateWords.KeyWord(known) ?? "", BytesAtMost, JobRows.Flags(parts), filter, .. ids];
        var answer = await runner.RunAsync(ScriptCatalog.Reader("jobs-by-id"), reads: true, [keys.Meta], arguments, cancellationToken).ConfigureAwait(false);
        return rows.ReadById((byte[])answer!, jobs);
    }
}
