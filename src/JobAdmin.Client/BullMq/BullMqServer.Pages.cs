using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Reading the jobs of a state that is a sorted set, page by page.</summary>
internal sealed partial class BullMqServer
{
    private const int LanePage = 1000, HeavyRow = 2048;

    // For so long a lane that could not be had, or would have been no faster, is not tried again: over a long line each attempt costs several round trips.
    private static readonly TimeSpan LaneRest = TimeSpan.FromMinutes(1);

    private long laneMissed = long.MinValue;

    /// <summary>A lane to the server that has the queue's keys; null where there can be none, or it would be no faster.</summary>
    private async Task<RowLane?> LaneAsync(QueueKeys keys, CancellationToken stop)
    {
        if (Environment.TickCount64 - LaneRest.TotalMilliseconds < Interlocked.Read(ref laneMissed) || await EndpointAsync(keys, stop).ConfigureAwait(false) is not { } endpoint)
        {
            return null;
        }

        var lane = await Task.Run(() => RowLane.Open(options, endpoint, keys.Base, stop), CancellationToken.None).ConfigureAwait(false);
        Interlocked.Exchange(ref laneMissed, lane is null ? Environment.TickCount64 : long.MinValue);
        return lane;
    }

    /// <summary>Where the newest job of a state stands: a walk from the oldest on ends there. By whose clock it finished does not matter then.</summary>
    private async Task<string?> NewestScoreAsync(QueueKeys keys, JobState state, CancellationToken stop)
    {
        var newest = (RedisResult[])(await runner.CommandAsync(reads: true, "ZREVRANGE", [keys[StateWords.KeyWord(state)!], 0, 0, "WITHSCORES"], stop).ConfigureAwait(false))!;
        return newest.Length == 2 ? (string)newest[1]! : null;
    }

    /// <summary>Pages of a walk. The first one comes by script, in one round trip; a longer walk goes on over a lane, where there can be one.</summary>
    private sealed class SetPages : IDisposable
    {
        private readonly BullMqServer server;
        private readonly string queue;
        private readonly JobState state;
        private readonly FilterText filter;
        private readonly SetPager pager, ids;
        private readonly JobRows rows;
        private readonly bool newestFirst;
        private readonly int full, lanePage;
        private readonly long jump;
        private SetCursor? place;
        private LaneWalk? walk;
        private IReadOnlyList<string> left = [];
        private bool laneFits, laneIsNext, isLast;
        private int size;
        private long needed;

        public SetPages(BullMqServer server, JobQuery query, JobState state, long needed, long jump)
        {
            this.server = server;
            this.state = state;
            this.needed = needed;
            this.jump = jump;
            queue = query.Queue;
            newestFirst = !query.OldestFirst;
            filter = new FilterText(query.Filter, StateWords.ScoreIsFinishedOn(state));
            var (low, high) = SetPager.Bounds(state, query.Filter);
            var parts = query.Parts | filter.Parts;
            SetPager Pager(bool idsOnly) =>
                new(server.runner, server.Keys(queue), state, newestFirst, filter, parts, idsOnly) { Low = low, High = high };
            pager = Pager(idsOnly: false);
            ids = Pager(idsOnly: true);
            rows = new JobRows(server, queue, parts);
            full = query.PageSize > 0 ? query.PageSize : FullPage;
            size = Math.Min(FirstPage, full);
            lanePage = query.PageSize > 0 ? query.PageSize : LanePage;
            // A delayed job's row has its score, and what else may be large is bounded by the script alone.
            laneFits = parts == JobParts.None && filter.Json.Length == 0 && state != JobState.Delayed;
        }

        public void Dispose() => walk?.Dispose();

        public async Task<List<QueueJob>?> NextAsync(CancellationToken stop)
        {
            while (needed > 0)
            {
                if (laneIsNext)
                {
                    await OpenLaneAsync(stop).ConfigureAwait(false);
                }

                var jobs = left.Count > 0 ? await LeftAsync(stop).ConfigureAwait(false) : walk is { } lane ? await ByLaneAsync(lane, stop).ConfigureAwait(false) : await ByScriptAsync(stop).ConfigureAwait(false);
                if (jobs.Count > 0)
                {
                    return jobs;
                }
            }

            return null;
        }

        private async Task<List<QueueJob>> ByScriptAsync(CancellationToken stop)
        {
            place ??= await BeginAsync(stop).ConfigureAwait(false);
            var want = (int)Math.Min(size, needed);
            var page = await pager.NextAsync(place, filter.Json.Length > 0 ? Math.Max(ScanPage, want) : want, want, stop).ConfigureAwait(false);
            var jobs = rows.ReadPage(page.Rows, page.Matches, filter);
            (place, isLast) = (page.Cursor, !page.More);
            Count(jobs);
            size = full;
            // It is opened when more is asked for: nobody waits for it who looks at the first page.
            laneIsNext = laneFits && needed > full && page.Rows.Length < HeavyRow * page.Matches;
            return jobs;
        }

        /// <summary>Goes on with a lane to the server that has the state.</summary>
        private async Task OpenLaneAsync(CancellationToken stop)
        {
            laneIsNext = laneFits = false;
            var (keys, word) = (server.Keys(queue), StateWords.KeyWord(state)!);
            if (await server.LaneAsync(keys, stop).ConfigureAwait(false) is { } lane)
            {
                walk = new LaneWalk(lane, ids, rows, word, lanePage, place!);
            }
        }

        /// <summary>Where it begins. Oldest first, it ends where the newest job stands now: a job that finishes anew would come again at its end, and a retry of what is listed might
        /// never end.</summary>
        private async Task<SetCursor> BeginAsync(CancellationToken stop)
        {
            if (!newestFirst && pager.High == "+inf" && StateWords.ScoreIsFinishedOn(state))
            {
                pager.High = ids.High = await server.NewestScoreAsync(server.Keys(queue), state, stop).ConfigureAwait(false) ?? pager.High;
            }

            return await server.CursorAfterAsync(server.Keys(queue), state, newestFirst, jump, stop).ConfigureAwait(false);
        }

        private void Count(List<QueueJob> jobs) => needed = isLast && left.Count == 0 ? 0 : needed - jobs.Count;

        private async Task<List<QueueJob>> ByLaneAsync(LaneWalk lane, CancellationToken stop)
        {
            var jobs = await lane.NextAsync(needed, stop).ConfigureAwait(false);
            place = lane.Cursor;
            if (jobs is null || lane.IsHeavy)
            {
                lane.Dispose();
                walk = null;
            }

            if (jobs is not null)
            {
                (left, isLast) = (lane.Left, !lane.More);
                Count(jobs);
            }

            return jobs ?? [];
        }

        /// <summary>Goes on with what was left of a page since its jobs are huge.</summary>
        private async Task<List<QueueJob>> LeftAsync(CancellationToken stop)
        {
            var ids = left.Take((int)Math.Min(FullPage, needed)).ToList();
            var jobs = new List<QueueJob>();
            var looked = await server.ReadSomeByIdAsync(rows, queue, ids, state, JobParts.None, "", jobs, stop).ConfigureAwait(false);
            left = [.. left.Skip(looked)];
            Count(jobs);
            return jobs;
        }
    }
}
