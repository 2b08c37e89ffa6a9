namespace JobAdmin.Client.BullMq;

/// <summary>Reading the jobs of a state that is a sorted set, page by page.</summary>
internal sealed partial class BullMqServer
{
    private const int LanePage = 1000, HeavyRow = 2048;

    /// <summary>A lane to the server that has the queue's keys; null where there can be none, or it would be no faster.</summary>
    private async Task<RowLane?> LaneAsync(QueueKeys keys, CancellationToken stop)
    {
        var endpoint = await EndpointAsync(keys, stop).ConfigureAwait(false);
        return endpoint is null ? null : await Task.Run(() => RowLane.Open(options, endpoint, keys.Base, stop), CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Pages of a walk. The first ones come by script, one round trip each; a long walk goes on with ids by script and rows by a lane.</summary>
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
        private bool laneFits;
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
                var jobs = walk is { } lane ? await ByLaneAsync(lane, stop).ConfigureAwait(false) : await ByScriptAsync(stop).ConfigureAwait(false);
                if (jobs.Count > 0)
                {
                    return jobs;
                }
            }

            return null;
        }

        private async Task<List<QueueJob>> ByScriptAsync(CancellationToken stop)
        {
            var cursor = place ?? await server.CursorAfterAsync(server.Keys(queue), state, newestFirst, jump, stop).ConfigureAwait(false);
            var want = (int)Math.Min(size, needed);
            var page = await pager.NextAsync(cursor, filter.Json.Length > 0 ? Math.Max(ScanPage, want) : want, want, stop).ConfigureAwait(false);
            var jobs = rows.ReadPage(page.Rows, page.Matches, filter);
            (place, needed) = (page.Cursor, page.More ? needed - jobs.Count : 0);
            var first = size < full;
            size = full;
            if (laneFits && !first && needed > full && page.Rows.Length < HeavyRow * page.Matches)
            {
                await OpenLaneAsync(page.Cursor, stop).ConfigureAwait(false);
            }

            return jobs;
        }

        /// <summary>Goes on with a lane to the server that has the state.</summary>
        private async Task OpenLaneAsync(SetCursor cursor, CancellationToken stop)
        {
            laneFits = false;
            var (keys, word) = (server.Keys(queue), StateWords.KeyWord(state)!);
            if (await server.LaneAsync(keys, stop).ConfigureAwait(false) is { } lane)
            {
                walk = new LaneWalk(lane, ids, rows, word, lanePage, cursor);
            }
        }

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
                needed = lane.More ? needed - jobs.Count : 0;
            }

            return jobs ?? [];
        }
    }
}
