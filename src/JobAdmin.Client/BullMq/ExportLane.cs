using System.Diagnostics;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Writes a page of jobs that are nothing but a hash, a state and a score, as most are. They are read in small transactions of plain commands, each job at
/// one moment with its place and whether it has more to it; that costs Redis a fifth of what a script does. All other jobs are left to the script.</summary>
internal sealed class ExportLane(RowLane lane, string queue, JobState state, int batch) : IDisposable
{
    // Of every few jobs the data of one are measured first: a batch with more than this is the script's, which bounds a page by bytes. So what is under way is never much.
    private const int HeavyData = 64 << 10, Sample = 4, HeavyBatches = 3;

    // Batches under way: Redis works on the next ones while one is written.
    private const int Ahead = 4;

    // The order in which the script looks for a job.
    private static readonly string[] Sets = ["completed", "failed", "delayed", "prioritized", "waiting-children"];

    private readonly byte[] word = Encoding.ASCII.GetBytes(StateWords.KeyWord(state)!);

    // A job stands in the first of these sets that has it; it is ours when that is the last one, or, for a list, none.
    private readonly byte[][] sets = [.. Sets.Take(StateWords.IsList(state) ? Sets.Length : Array.IndexOf(Sets, StateWords.KeyWord(state)) + 1).Select(Encoding.ASCII.GetBytes)];
    private readonly bool hasScore = !StateWords.IsList(state), mayBeLocked = state is JobState.Waiting or JobState.Paused;
    private readonly Slice[] scores = new Slice[batch];
    private readonly bool[] elsewhere = new bool[batch];
    private readonly IdTexts texts = new();
    private byte[] scoreText = new byte[batch * 32];
    private IReadOnlyList<string> ids = [];
    private bool[] heavyBatches = [];
    private int asked, sized, sent, read, unforeseen;

    /// <summary>Whether all of the page has been dealt with.</summary>
    public bool IsDone => read >= ids.Count;

    /// <summary>Whether the lane is of no use any more, since it broke or jobs are large that were not expected to be. What it did not write is among the gaps.</summary>
    public bool IsOver { get; private set; }

    public void Dispose() => lane.Dispose();

    /// <summary>Takes on a page.</summary>
    public void Begin(IReadOnlyList<string> page)
    {
        ids = page;
        (asked, sized, sent, read, unforeseen) = (0, 0, 0, 0, 0);
        texts.Set(page);
        heavyBatches = new bool[(page.Count + batch - 1) / batch];
    }

    /// <summary>Writes jobs, on a thread of the pool.</summary>
    /// <param name="writer">Takes them.</param>
    /// <param name="gaps">Takes those that are left to the script.</param>
    /// <param name="limit">After how many bytes it is enough.</param>
    /// <param name="stop">Stops it.</param>
    public Task FillAsync(JobRecordWriter writer, List<ExportGap> gaps, int limit, CancellationToken stop) =>
        Task.Run(() => Fill(writer, gaps, limit, stop), CancellationToken.None);

    private void Fill(JobRecordWriter writer, List<ExportGap> gaps, int limit, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        var first = read;
        using (stop.Register(static lane => ((RowLane)lane!).Dispose(), lane))
        {
            try
            {
                IsOver = !TryFill(writer, gaps, limit);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                stop.ThrowIfCancellationRequested();
                IsOver = true;
            }
        }

        WireLog.Write($"MULTI, {read - first} jobs", Stopwatch.GetElapsedTime(started));
        for (; IsOver && read < ids.Count; read++)
        {
            AddGap(writer, gaps);
        }
    }

    /// <summary>The sizes of the first batches come first, those of each later one before the jobs of the batch that is so many before it.</summary>
    private bool TryFill(JobRecordWriter writer, List<ExportGap> gaps, int limit)
    {
        while (read < ids.Count && writer.Length < limit)
        {
            if (asked == 0)
            {
                for (var i = 0; i < Ahead; i++)
                {
                    AskSizes();
                }

                lane.Send();
                while (sized < asked)
                {
                    if (!TryReadSizes())
                    {
                        return false;
                    }
                }
            }

            while (sent < ids.Count && sent - read < Ahead * batch)
            {
                AskSizes();
                AskJobs();
                lane.Send();
            }

            if (sized < ids.Count && !TryReadSizes() || !TryReadJobs(writer, gaps) || unforeseen == HeavyBatches)
            {
                return false;
            }
        }

        return true;
    }

    private void AskSizes()
    {
        for (var end = Math.Min(ids.Count, asked + batch); asked < end; asked = Math.Min(end, asked + Sample))
        {
            lane.Begin(3);
            lane.Add("HSTRLEN"u8);
            lane.AddKey(texts[asked]);
            lane.Add("data"u8);
        }
    }

    private bool TryReadSizes()
    {
        var heavy = false;
        for (var end = Math.Min(ids.Count, sized + batch); sized < end; sized = Math.Min(end, sized + Sample))
        {
            if (!lane.TryReadNumber(out var size, out var refused))
            {
                return false;
            }

            heavy |= refused || size > HeavyData;
        }

        heavyBatches[(sized - 1) / batch] = heavy;
        return true;
    }

    private void AskJobs()
    {
        var (start, end) = (sent, Math.Min(ids.Count, sent + batch));
        sent = end;
        if (heavyBatches[start / batch])
        {
            return;
        }

        lane.Begin(1);
        lane.Add("MULTI"u8);
        foreach (var set in sets)
        {
            lane.Begin(2 + end - start);
            lane.Add("ZMSCORE"u8);
            lane.AddKey(set);
            for (var i = start; i < end; i++)
            {
                lane.Add(texts[i]);
            }
        }

        for (var i = start; i < end; i++)
        {
            AskJob(texts[i]);
        }

        lane.Begin(1);
        lane.Add("EXEC"u8);
    }

    private void AskJob(ReadOnlySpan<byte> id)
    {
        lane.Begin(mayBeLocked ? 7 : 6);
        lane.Add("EXISTS"u8);
        lane.AddKey(id, ":logs"u8);
        lane.AddKey(id, ":dependencies"u8);
        lane.AddKey(id, ":processed"u8);
        lane.AddKey(id, ":failed"u8);
        lane.AddKey(id, ":unsuccessful"u8);
        if (mayBeLocked)
        {
            lane.AddKey(id, ":lock"u8);
        }

        lane.Begin(2);
        lane.Add("PTTL"u8);
        lane.AddKey(id);
        lane.Begin(2);
        lane.Add("HGETALL"u8);
        lane.AddKey(id);
    }

    private bool TryReadJobs(JobRecordWriter writer, List<ExportGap> gaps)
    {
        var (start, end) = (read, Math.Min(ids.Count, read + batch));
        if (heavyBatches[start / batch])
        {
            for (; read < end; read++)
            {
                AddGap(writer, gaps);
            }

            return true;
        }

        var commands = sets.Length + (3 * (end - start));
        if (!lane.TrySkipWords(1 + commands) || !lane.TryReadCount(commands) || !TryReadPlaces(end - start))
        {
            return false;
        }

        var before = writer.Length;
        for (; read < end; read++)
        {
            if (!lane.TryReadNumber(out var parts, out _) || !lane.TryReadNumber(out var expires, out _) || !lane.TryReadList(out var count, out var refused))
            {
                return false;
            }

            if (refused || count > 0 && (elsewhere[read - start] || parts > 0 || expires >= 0 || OwnsMore(count)))
            {
                AddGap(writer, gaps);
            }
            else if (count > 0)
            {
                writer.WriteJob(queue, texts[read], word, scores[read - start].Of(scoreText), lane.Bytes, lane.List, count);
            }
        }

        unforeseen += writer.Length - before > HeavyData * (end - start) ? 1 : 0;
        return true;
    }

    private void AddGap(JobRecordWriter writer, List<ExportGap> gaps) => gaps.Add(new ExportGap(writer.Length, writer.Count, ids[read]));

    /// <summary>Reads where each job of a batch stands.</summary>
    private bool TryReadPlaces(int count)
    {
        Array.Clear(elsewhere);
        for (int set = 0, used = 0; set < sets.Length; set++)
        {
            if (!lane.TryReadList(out var found, out var refused) || refused || found != count)
            {
                return false;
            }

            var list = lane.List;
            var own = hasScore && set == sets.Length - 1;
            for (var i = 0; i < count; i++)
            {
                elsewhere[i] |= list[i].IsMissing == own;
                if (own)
                {
                    scores[i] = Keep(list[i], ref used);
                }
            }
        }

        return true;
    }

    /// <summary>Keeps a score until its job is written.</summary>
    private Slice Keep(Slice score, ref int used)
    {
        var length = Math.Max(0, score.Length);
        if (scoreText.Length - used < length)
        {
            Array.Resize(ref scoreText, scoreText.Length * 2 + length);
        }

        score.Of(lane.Bytes).CopyTo(scoreText.AsSpan(used));
        used += length;
        return new Slice(used - length, length);
    }

    /// <summary>Whether a job may have a deduplication key.</summary>
    private bool OwnsMore(int count)
    {
        for (var i = 0; i < count; i += 2)
        {
            if (lane.List[i].Length == 4 && lane.List[i].Of(lane.Bytes).SequenceEqual("deid"u8))
            {
                return true;
            }
        }

        return false;
    }
}
