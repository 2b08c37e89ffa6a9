using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Which jobs match, by id, for what is done to all of them.</summary>
internal sealed partial class BullMqServer : IJobClock
{
    private static readonly TimeSpan ClockRest = TimeSpan.FromMinutes(1);

    private ServerClock? serverClock;

    /// <summary>The time by Redis's clock.</summary>
    public async Task<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken)
    {
        if (serverClock is not { } known || Environment.TickCount64 - known.ReadAt > ClockRest.TotalMilliseconds)
        {
            var ahead = TimeSpan.Zero;
            try
            {
                var time = (long[])(await runner.CommandAsync(reads: true, "TIME", [], cancellationToken).ConfigureAwait(false))!;
                ahead = DateTimeOffset.FromUnixTimeMilliseconds((time[0] * 1000) + (time[1] / 1000)) - DateTimeOffset.UtcNow;
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.Access)
            {
                // Our own clock has to do.
            }

            serverClock = known = new ServerClock(Environment.TickCount64, ahead);
        }

        return DateTimeOffset.UtcNow + known.Ahead;
    }

    private sealed record ServerClock(long ReadAt, TimeSpan Ahead);

    /// <summary>The states to walk through. Where the list of what waits may be renamed meanwhile and both states are meant, one walk goes through it whatever its name. Where there are two lists, which nobody meant, each has a walk of its own.</summary>
    private async Task<IReadOnlyList<(JobState State, JobState? OtherName)>> WalksAsync(JobQuery query, CancellationToken cancellationToken)
    {
        var states = StateWords.Expand(query.States);
        var isOne = states.Contains(JobState.Waiting) && states.Contains(JobState.Paused)
            && (await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false)).RenamesList
            && !(await ProfileAsync(query.Queue, fresh: true, cancellationToken).ConfigureAwait(false)).MixedPause;
        return [.. states.Where(state => !isOne || state != JobState.Paused).Select(state => (state, isOne && state == JobState.Waiting ? JobState.Paused : (JobState?)null))];
    }

    /// <summary>Ids that match, oldest first, in pages of the wanted size; what was added or taken after the start is left out, where there is one. Of finished jobs, and of
    /// all where there is no start, those are meant that are in their state when its turn comes.</summary>
    private async IAsyncEnumerable<IReadOnlyList<string>> MatchingIdsAsync(JobQuery query, DateTimeOffset? start, Func<int> size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (state, otherName) in await WalksAsync(query, cancellationToken).ConfigureAwait(false))
        {
            await foreach (var ids in MatchingIdsAsync(query, state, start, size, cancellationToken, otherName: otherName).ConfigureAwait(false))
            {
                yield return ids;
            }
        }
    }

    /// <summary>Ids of one state alone that match, in a sorted set those alone that have children or a lock or may be a scheduler's, if that is wanted.</summary>
    private async IAsyncEnumerable<IReadOnlyList<string>> MatchingIdsAsync(JobQuery query, JobState state, DateTimeOffset? start, Func<int> size, [EnumeratorCancellation] CancellationToken cancellationToken,
        bool onlyWithKin = false, JobState? otherName = null)
    {
        if (StateWords.IsList(state))
        {
            await foreach (var page in ListPagesAsync(query with { OldestFirst = true, PageSize = FullPage, Parts = JobParts.None }, state, long.MaxValue, cancellationToken, otherName: otherName).ConfigureAwait(false))
            {
                var ids = page.Where(j => j.Timestamp is not { } t || start is null || t <= start).Select(j => j.Id).ToList();
                for (var at = 0; at < ids.Count;)
                {
                    var part = ids.Skip(at).Take(Math.Max(1, size())).ToList();
                    at += part.Count;
                    yield return part;
                }
            }

            yield break;
        }

        var (low, high) = SetPager.Bounds(state, query.Filter);
        var finished = StateWords.ScoreIsFinishedOn(state);
        if (finished && query.AsOf is { } end && (query.Filter.Before is null || query.Filter.Before > end))
        {
            high = end.ToUnixTimeMilliseconds().ToString();
        }
        else if (high == "+inf" && (finished || start is null))
        {
            high = await NewestScoreAsync(Keys(query.Queue), state, cancellationToken).ConfigureAwait(false) ?? high;
        }

        var filter = new FilterText(query.Filter, finished) { UntouchedSince = finished ? null : start, OnlyWithKin = onlyWithKin };
        var pager = new SetPager(runner, Keys(query.Queue), state, newestFirst: false, filter, filter.Parts, idsOnly: !filter.NeedsLook) { Low = low, High = high };
        var rows = new JobRows(this, query.Queue, filter.Parts);
        var cursor = SetCursor.Start;
        bool more;
        do
        {
            var want = Math.Max(1, size());
            var page = await pager.NextAsync(cursor, filter.Json.Length > 0 ? Math.Max(2000, want) : want, want, cancellationToken).ConfigureAwait(false);
            more = page.More;
            cursor = page.Cursor;
            var ids = filter.NeedsLook ? [.. rows.ReadPage(page.Rows, page.Matches, filter).Select(j => j.Id)] : JobRows.ReadIds(page.Rows, page.Matches);
            if (ids.Count > 0)
            {
                yield return ids;
            }
        }
        while (more);
    }
}
