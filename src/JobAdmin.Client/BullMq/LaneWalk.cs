using System.Diagnostics;

namespace JobAdmin.Client.BullMq;

/// <summary>Goes on with a walk through a sorted set on a lane: ids by script, page by page, and one plain HMGET a job. That costs Redis half of what rows by
/// script do, and leaves it free for others after each job.</summary>
internal sealed class LaneWalk(RowLane lane, SetPager ids, JobRows rows, string word, int size, SetCursor cursor) : IDisposable
{
    // What is under way at once: much of what is small, so that Redis and this end wake each other less often; of jobs that may turn out to be huge what keeps Redis busy.
    private const int ManyUnderWay = 512, FewUnderWay = 128;
    private const int LightRow = 1024, HeavyRow = 4096;

    private readonly List<Doubt> doubtful = [];
    private byte[]? pending;
    private bool asked, light;

    /// <summary>Where the walk stands.</summary>
    public SetCursor Cursor { get; private set; } = cursor;

    /// <summary>Whether there may be more.</summary>
    public bool More { get; private set; } = true;

    /// <summary>Whether the jobs seen last are so large that pages bounded by bytes are the better way.</summary>
    public bool IsHeavy { get; private set; }

    public void Dispose() => lane.Dispose();

    /// <summary>Reads a page on a thread of the pool.</summary>
    /// <param name="most">How many jobs are wanted at the most.</param>
    /// <param name="stop">Stops it.</param>
    /// <returns>The jobs; null when the lane has broken and the walk stands where it stood.</returns>
    public Task<List<QueueJob>?> NextAsync(long most, CancellationToken stop) => Task.Run(() => Next(most, stop), CancellationToken.None);

    private List<QueueJob>? Next(long most, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        using (stop.Register(static lane => ((RowLane)lane!).Dispose(), lane))
        {
            try
            {
                if (!asked)
                {
                    Ask(Cursor, most);
                    lane.Send();
                }

                if ((pending ?? lane.ReadText()) is not { } answer)
                {
                    return null;
                }

                (asked, pending) = (false, null);
                var page = SetPage.Read(answer);
                var jobs = ReadRows(page.Rows.Span, JobRows.ReadIdSlices(page.Rows, page.Matches), page, page.More ? most - page.Matches : 0);
                if (jobs is not null)
                {
                    (Cursor, More) = (page.Cursor, page.More);
                    WireLog.Write($"HMGET, {page.Matches} jobs", Stopwatch.GetElapsedTime(started));
                }

                return jobs;
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                stop.ThrowIfCancellationRequested();
                return null;
            }
        }
    }

    private void Ask(SetCursor from, long most)
    {
        var want = (int)Math.Min(size, most);
        ids.Write(lane, from, want);
        asked = true;
    }

    private List<QueueJob>? ReadRows(ReadOnlySpan<byte> packed, Slice[] found, SetPage page, long left)
    {
        var jobs = new List<QueueJob>(found.Length);
        long bytes = 0;
        for (int sent = 0, read = 0; read < found.Length; read++)
        {
            var most = light ? ManyUnderWay : FewUnderWay;
            if (sent < found.Length && sent - read <= most - (most / 4))
            {
                for (var end = Math.Min(found.Length, read + most); sent < end; sent++)
                {
                    lane.AddJob(found[sent].Of(packed));
                }

                if (sent == found.Length && left > 0)
                {
                    // Redis finds the next page while this one is looked at.
                    Ask(page.Cursor, left);
                }

                lane.Send();
            }

            if (!lane.TryReadRow(out var row, out var present, out var size))
            {
                return null;
            }

            bytes += size;
            light = bytes <= (long)LightRow * (read + 1);
            if (present > 0)
            {
                jobs.Add(rows.Make(row, found[read].Of(packed), word));
            }
            else
            {
                doubtful.Add(new Doubt(jobs.Count, found[read]));
            }
        }

        IsHeavy = bytes > (long)HeavyRow * found.Length;
        return doubtful.Count == 0 || TryAddDoubtful(packed, jobs) ? jobs : null;
    }

    /// <summary>Jobs of whose hash no field was there: most have gone, one may have lost all that is read of it.</summary>
    private bool TryAddDoubtful(ReadOnlySpan<byte> packed, List<QueueJob> jobs)
    {
        // The next page's ids have been asked for, and come before what is asked now.
        if (asked && (pending = lane.ReadText()) is null)
        {
            return false;
        }

        for (var i = doubtful.Count - 1; i >= 0; i--)
        {
            lane.Begin(2);
            lane.Add("EXISTS"u8);
            lane.AddKey(doubtful[i].Id.Of(packed));
        }

        lane.Send();
        for (var i = doubtful.Count - 1; i >= 0; i--)
        {
            if (!lane.TryReadNumber(out var there))
            {
                return false;
            }

            if (there == 1)
            {
                jobs.Insert(doubtful[i].Place, rows.Make(JobRow.Empty, doubtful[i].Id.Of(packed), word));
            }
        }

        doubtful.Clear();
        return true;
    }

    private sealed record Doubt(int Place, Slice Id);
}
