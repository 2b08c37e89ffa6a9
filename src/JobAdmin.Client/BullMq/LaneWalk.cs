using System.Diagnostics;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Goes on with a walk through a sorted set on a lane: ids page by page, and one plain HMGET a job. That costs Redis half of what rows by
/// script do, and leaves it free for others after each job.</summary>
/// <remarks>Questions go out beyond the end of a page, so that Redis has something to do while this end waits for its turn on a processor.</remarks>
internal sealed class LaneWalk(RowLane lane, SetPager pager, JobRows rows, string word, int size, SetCursor cursor) : IDisposable
{
    // What is under way at once: much of what is small, so that Redis and this end wake each other less often; of jobs that may turn out to be huge what keeps Redis busy.
    private const int ManyUnderWay = 1024, FewUnderWay = 128;
    private const int LightRow = 1024, HeavyRow = 4096, PageBytes = 4 << 20;

    // Pages whose ids are known: one that is read, and those whose rows are asked for meanwhile.
    private const int PagesKnown = 3;

    // What was asked for ahead of a reader who took longer than this is asked for anew: the jobs may be elsewhere by now.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly LaneIds ids = new(lane, pager, size);
    private readonly List<Part> parts = [];
    private int underWay, rowsBeforeIds;
    private long given;
    private bool light;

    /// <summary>Where the walk stands.</summary>
    public SetCursor Cursor { get; private set; } = cursor;

    /// <summary>Whether there may be more.</summary>
    public bool More { get; private set; } = true;

    /// <summary>Whether the jobs seen last are so large that pages bounded by bytes are the better way.</summary>
    public bool IsHeavy { get; private set; }

    /// <summary>What was not read of the last page, which ended early since its jobs are huge; the lane is of no use any more then.</summary>
    public IReadOnlyList<string> Left { get; private set; } = [];

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
                if (Stopwatch.GetElapsedTime(given, started) > Fresh)
                {
                    if (!TryDrain())
                    {
                        return null;
                    }

                    parts.Clear();
                }

                while (parts is not [{ IsRead: true }, ..])
                {
                    if (parts is [{ Size: > PageBytes } huge, ..])
                    {
                        return Cut(huge);
                    }

                    Ask(most);
                    if (!TryRead())
                    {
                        return null;
                    }
                }

                var part = parts[0];
                if (part.Doubtful.Count > 0 && !TryAddDoubtful(part))
                {
                    return null;
                }

                parts.RemoveAt(0);
                (Cursor, More) = (part.Page.Cursor, part.Page.More);
                IsHeavy = part.Size > (long)HeavyRow * part.Read;
                given = Stopwatch.GetTimestamp();
                WireLog.Write($"HMGET, {part.Read} jobs", Stopwatch.GetElapsedTime(started, given));
                return part.Jobs;
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                stop.ThrowIfCancellationRequested();
                return null;
            }
        }
    }

    /// <summary>Asks for rows, and for the ids of a page further on, when there is room for them.</summary>
    private void Ask(long most)
    {
        var room = light ? ManyUnderWay : FewUnderWay;
        if (underWay > room - (room / 4))
        {
            return;
        }

        long known = 0;
        foreach (var part in parts)
        {
            known += part.Page.Ids.Length;
            for (; part.Sent < part.Page.Ids.Length && underWay < room; part.Sent++, underWay++)
            {
                lane.AddJob(part.Id(part.Sent));
            }
        }

        if (!ids.IsAsked && known < most && parts.Count < PagesKnown && parts is [] or [.., { Page.More: true }])
        {
            ids.Ask(parts is [.., var last] ? last.Page.Cursor : Cursor, most - known);
            rowsBeforeIds = underWay;
        }

        lane.Send();
    }

    /// <summary>Reads the answer that comes next.</summary>
    /// <returns>Whether it was the expected one.</returns>
    private bool TryRead()
    {
        if (ids.IsAsked && rowsBeforeIds-- == 0)
        {
            if (!ids.TryRead(out var page))
            {
                return false;
            }

            // Without a page it has been asked for once more.
            rowsBeforeIds = underWay;
            if (page is not null)
            {
                parts.Add(new Part(page));
            }

            return true;
        }

        var part = parts.Find(part => part.Read < part.Sent)!;
        if (!lane.TryReadRow(out var row, out var present, out var bytes))
        {
            return false;
        }

        var at = part.Read++;
        underWay--;
        part.Size += bytes;
        light = part.Size <= (long)LightRow * part.Read;
        if (present > 0)
        {
            part.Jobs.Add(rows.Make(row, part.Id(at), word));
        }
        else
        {
            part.Doubtful.Add((part.Jobs.Count, at));
        }

        return true;
    }

    private List<QueueJob> Cut(Part part)
    {
        var left = part.Doubtful.ConvertAll(doubtful => doubtful.At);
        left.AddRange(Enumerable.Range(part.Read, part.Page.Ids.Length - part.Read));
        Left = left.ConvertAll(at => Encoding.UTF8.GetString(part.Id(at)));
        (Cursor, More, IsHeavy) = (part.Page.Cursor, part.Page.More, true);
        return part.Jobs;
    }

    /// <summary>Reads all that is under way.</summary>
    /// <returns>Whether it was what was expected.</returns>
    private bool TryDrain()
    {
        while (underWay > 0 || ids.IsAsked)
        {
            if (!TryRead())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Jobs of whose hash no field was there: most have gone, one may have lost all that is read of it.</summary>
    private bool TryAddDoubtful(Part part)
    {
        // What is under way comes before what is asked now.
        if (!TryDrain())
        {
            return false;
        }

        for (var i = part.Doubtful.Count - 1; i >= 0; i--)
        {
            lane.Begin(2);
            lane.Add("EXISTS"u8);
            lane.AddKey(part.Id(part.Doubtful[i].At));
        }

        lane.Send();
        for (var i = part.Doubtful.Count - 1; i >= 0; i--)
        {
            if (!lane.TryReadNumber(out var there))
            {
                return false;
            }

            if (there == 1)
            {
                part.Jobs.Insert(part.Doubtful[i].Place, rows.Make(JobRow.Empty, part.Id(part.Doubtful[i].At), word));
            }
        }

        return true;
    }

    /// <summary>A page, and how far it is.</summary>
    private sealed class Part(LanePage page)
    {
        public LanePage Page { get; } = page;

        public List<QueueJob> Jobs { get; } = new(page.Ids.Length);

        /// <summary>Where in the jobs one would stand that may be there, and which one.</summary>
        public List<(int Place, int At)> Doubtful { get; } = [];

        public int Sent { get; set; }

        public int Read { get; set; }

        public long Size { get; set; }

        public bool IsRead => Read == Page.Ids.Length;

        public ReadOnlySpan<byte> Id(int at) => Page.Ids[at].Of(Page.Bytes);
    }
}
