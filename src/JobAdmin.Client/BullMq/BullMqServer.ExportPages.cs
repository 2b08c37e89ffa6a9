namespace JobAdmin.Client.BullMq;

/// <summary>Exporting the jobs of a state.</summary>
internal sealed partial class BullMqServer
{
    private const int ExportLanePage = 2000, ExportBatch = 32, ExportSlice = 1 << 20, ExportHeavy = 16 << 10;

    /// <summary>The records of a state, slice by slice. The first page comes by script; a longer walk goes on over a lane, which leaves to the script what is more than
    /// a hash.</summary>
    /// <remarks>A slice stands in memory that is used again once the next one has been asked for.</remarks>
    private sealed class ExportPages : IAsyncDisposable
    {
        private readonly BullMqServer server;
        private readonly string queue;
        private readonly JobState state;
        private readonly IAsyncEnumerator<IReadOnlyList<string>> pages;

        // One is with the consumer, one has what the lane wrote, and one takes both that and what the script gave.
        private readonly Stack<JobRecordWriter> free = new([new(), new(), new()]);
        private readonly List<ExportGap> gaps = [];
        private JobRecordWriter? given, plain;
        private Task<bool>? next;
        private ExportLane? lane;
        private bool laneFits = true;
        private int gapsDone, plainDone, plainCount;
        private long scriptBytes, scriptCount;

        public ExportPages(BullMqServer server, JobQuery query, JobState state, CancellationToken cancellationToken)
        {
            (this.server, this.state, queue) = (server, state, query.Queue);
            pages = server.MatchingIdsAsync(query, state, start: null, () => lane is null ? ExportPage : ExportLanePage, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            lane?.Dispose();
            if (next is not null)
            {
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await pages.DisposeAsync().ConfigureAwait(false);
        }

        public async Task<JobExportSlice?> NextAsync(CancellationToken stop)
        {
            while (true)
            {
                JobRecordWriter? made = null;
                if (gapsDone < gaps.Count)
                {
                    made = await FillGapsAsync(stop).ConfigureAwait(false);
                }
                else if (lane is { IsDone: false })
                {
                    made = await FillPlainAsync(lane, stop).ConfigureAwait(false);
                }
                else if (!await BeginPageAsync(stop).ConfigureAwait(false))
                {
                    return null;
                }

                if (made is { Count: > 0 })
                {
                    Free(given);
                    given = made;
                    return new JobExportSlice(made.Count, made.Lines, []);
                }

                Free(made);
            }
        }

        private async Task<bool> BeginPageAsync(CancellationToken stop)
        {
            var found = await (next ?? pages.MoveNextAsync().AsTask()).ConfigureAwait(false);
            next = null;
            if (!found)
            {
                return false;
            }

            if (laneFits && scriptCount >= ExportPage && scriptBytes < scriptCount * ExportHeavy)
            {
                laneFits = false;
                if (await server.LaneAsync(server.Keys(queue), stop).ConfigureAwait(false) is { } open)
                {
                    lane = new ExportLane(open, queue, state, ExportBatch);
                }
            }

            var ids = pages.Current;
            if (lane is null)
            {
                gaps.AddRange(ids.Select(static id => new ExportGap(0, 0, id)));
                return true;
            }

            lane.Begin(ids);
            // Which jobs come next is asked while these are read.
            next = pages.MoveNextAsync().AsTask();
            return true;
        }

        private async Task<JobRecordWriter?> FillPlainAsync(ExportLane from, CancellationToken stop)
        {
            var writer = TakeFree();
            plain = writer;
            await from.FillAsync(writer, gaps, ExportSlice, stop).ConfigureAwait(false);
            if (from.IsOver)
            {
                from.Dispose();
                lane = null;
            }

            if (gaps.Count > 0)
            {
                return null;
            }

            plain = null;
            return writer;
        }

        private async Task<JobRecordWriter> FillGapsAsync(CancellationToken stop)
        {
            var ids = gaps.Skip(gapsDone).Take(ExportPage).Select(static gap => gap.Id);
            var rows = await server.RowsAsync(queue, ids, state, stop).ConfigureAwait(false);
            var writer = TakeFree();
            WriteGaps(writer, rows);
            if (gapsDone == gaps.Count)
            {
                if (plain is not null)
                {
                    AddPlain(writer, plain.Length, plain.Count);
                    Free(plain);
                    plain = null;
                }

                gaps.Clear();
                (gapsDone, plainDone, plainCount) = (0, 0, 0);
            }

            return writer;
        }

        /// <summary>Writes what the script gave, each job behind those of the lane that stand before it.</summary>
        private void WriteGaps(JobRecordWriter writer, ReadOnlyMemory<byte> packed)
        {
            var reader = new MsgPackReader(packed);
            var looked = (int)reader.ReadInteger();
            var at = gapsDone;
            scriptBytes += packed.Length;
            for (var rows = reader.ReadInteger(); rows > 0; rows--, at++, scriptCount++)
            {
                var ahead = reader;
                var id = ahead.ReadString();
                while (gaps[at].Id != id)
                {
                    at++;
                }

                AddPlain(writer, gaps[at].Offset, gaps[at].Count);
                writer.WriteJob(ref reader, queue, null);
            }

            gapsDone += looked;
        }

        private void AddPlain(JobRecordWriter writer, int offset, int count)
        {
            if (plain is not null && offset > plainDone)
            {
                writer.Add(plain.Lines.Span[plainDone..offset], count - plainCount);
                (plainDone, plainCount) = (offset, count);
            }
        }

        private JobRecordWriter TakeFree()
        {
            var writer = free.Pop();
            writer.Clear();
            return writer;
        }

        private void Free(JobRecordWriter? writer)
        {
            if (writer is not null)
            {
                free.Push(writer);
            }
        }
    }
}
