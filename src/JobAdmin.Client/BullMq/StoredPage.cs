using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>What <see cref="StoredPage"/> needs of the connection.</summary>
/// <param name="Pool">Where its lane goes back to.</param>
/// <param name="Endpoint">Where the lane leads.</param>
/// <param name="Keys">The queue's keys.</param>
/// <param name="ReadCommand">The command that runs a script which only reads.</param>
/// <param name="ToChildren">Makes children of what <c>flow-children.lua</c> gave for so many jobs.</param>
internal sealed record StoredSource(LanePool Pool, EndPoint Endpoint, QueueKeys Keys, string ReadCommand, Func<byte[], int, IReadOnlyList<JobChildren>> ToChildren);

/// <summary>A part of a listing, over a lane: ids by their rank, then whole jobs as they are stored, with their logs and children. Few jobs have either: one question tells
/// it of many, and only then is each of those asked.</summary>
/// <remarks>Reading blocks for as long as Redis takes. When the lane breaks, or an answer is not the expected one, the page ends: <see cref="IsBroken"/>.</remarks>
internal sealed class StoredPage : IDisposable
{
    // Jobs that are asked for at once, of which two lots are under way: few at first, since they may be huge, unless those of the queue's last page were small.
    private const int FirstLot = 8, MostInLot = 128, BytesInLot = 384 << 10;
    private static readonly byte[][] LogKey = [":logs"u8.ToArray()];
    private static readonly byte[][] ChildKeys = [":dependencies"u8.ToArray(), ":processed"u8.ToArray(), ":failed"u8.ToArray(), ":unsuccessful"u8.ToArray()];

    private readonly RowLane lane;
    private readonly StoredSource source;
    private readonly int? childrenNamed;
    private readonly CancellationToken stop;
    private readonly CancellationTokenRegistration stopping;
    private readonly byte[] start;
    private readonly RankedIds ids;
    private readonly Queue<Lot> asking = new(), coming = new();
    private readonly Slice[] values = new Slice[StoredJob.Count];
    private readonly List<Slice> log = [];
    private readonly long skipped;
    private Lot? lot;
    private int count, lotted, lotSize, inLot;
    private long left, bytes, rows;
    private bool over, disposed;

    private sealed class Lot(int first, int count)
    {
        public int First => first;

        public int Count => count;

        public bool HasLogs { get; set; }

        public bool HasChildren { get; set; }

        public IReadOnlyList<JobChildren>? Children { get; set; }
    }

    /// <summary>Begins a page.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="source">The connection.</param>
    /// <param name="query">Queue, states, order, how many jobs to leave out and to read.</param>
    /// <param name="childrenNamed">How many children to name of a job at the most; null for neither children nor logs.</param>
    /// <param name="stop">Ends it.</param>
    public StoredPage(RowLane lane, StoredSource source, JobQuery query, int? childrenNamed, CancellationToken stop)
    {
        (this.lane, this.source, this.childrenNamed, this.stop) = (lane, source, childrenNamed, stop);
        (skipped, left) = (query.Skip, query.First ?? long.MaxValue);
        start = Encoding.UTF8.GetBytes(source.Keys.Base);
        ids = new RankedIds(lane, source.Keys, StateWords.Expand(query.States), query.OldestFirst, query.Skip);
        lotSize = source.Pool.RowSize(source.Keys.Base) is { } size ? Fitting(size, MostInLot / 2) : FirstLot;
        stopping = stop.Register(static lane => ((RowLane)lane!).Dispose(), lane);
        try
        {
            Total = ids.Begin(left);
        }
        catch (Exception exception) when (IsOfLane(exception))
        {
            IsBroken = true;
        }
    }

    /// <summary>How many jobs are in the states.</summary>
    public long Total { get; }

    /// <summary>How many jobs were given.</summary>
    public int Given { get; private set; }

    /// <summary>Whether it ended because the lane is of no use any more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>How many jobs to leave out for whoever goes on in another way.</summary>
    public long Reached => ids.Place(lot is null ? 0 : lot.First + inLot) is var place && place >= BullMqServer.SkipWorthAJump ? place : skipped + Given;

    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            stopping.Dispose();
            if (rows > 0)
            {
                source.Pool.NoteRowSize(source.Keys.Base, bytes / rows);
            }

            // Whoever stops it has closed the lane, or would have.
            var stopped = stop.IsCancellationRequested;
            source.Pool.Return(lane, source.Endpoint, sound: over && !IsBroken && !stopped, failed: IsBroken && !stopped);
        }
    }

    /// <summary>Reads the next job.</summary>
    /// <param name="job">The job, until the next one is read.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryRead(out StoredJob job)
    {
        job = default;
        try
        {
            if (IsBroken || over || !Find())
            {
                over = true;
                return false;
            }
        }
        catch (Exception exception) when (IsOfLane(exception))
        {
            stop.ThrowIfCancellationRequested();
            IsBroken = true;
            return false;
        }

        Given++;
        left--;
        var at = lot!.First + inLot - 1;
        job = new StoredJob(ids.Id(at), ids.State, ids.Score(at), lane.Bytes, values, CollectionsMarshal.AsSpan(log), lot.Children?[inLot - 1]);
        return true;
    }

    private static int Fitting(long size, int most) => (int)Math.Clamp(BytesInLot / Math.Max(1, size), 1, most);

    private static bool IsOfLane(Exception exception) => exception is IOException or ObjectDisposedException;

    private bool Find()
    {
        while (left > 0)
        {
            if (lot is null || inLot == lot.Count)
            {
                if (!NextLot())
                {
                    return false;
                }

                continue;
            }

            lane.NextAnswer();
            log.Clear();
            RowLane.Expect(!lot.HasLogs || lane.TryReadTexts(log));
            RowLane.Expect(lane.TryReadHash(StoredJob.Fields, values, out var fields, out var size));
            inLot++;
            rows++;
            bytes += size;
            if (fields > 0 && ids.Skip == 0)
            {
                return true;
            }

            ids.Skip -= fields > 0 ? 1 : 0;
        }

        return false;
    }

    private bool NextLot()
    {
        if (asking.Count > 0)
        {
            Forward();
        }

        if (coming.Count == 0)
        {
            (lot, inLot) = (null, 0);
            if ((count = ids.Next(left)) == 0)
            {
                return false;
            }

            // From here on what was asked is answered in this order: parts of a lot, then, before the jobs of the lot two before it, the parts of the next.
            lotted = 0;
            AskParts();
            AskParts();
            lane.Send();
            Forward();
            if (asking.Count > 0)
            {
                Forward();
            }
        }

        (lot, inLot) = (coming.Dequeue(), 0);
        if (lot.HasChildren)
        {
            lot.Children = source.ToChildren(lane.ReadText() ?? throw RowLane.Unexpected(), lot.Count);
        }

        return true;
    }

    /// <summary>Asks whether any of the next jobs has logs or children.</summary>
    private void AskParts()
    {
        if (lotted == count)
        {
            return;
        }

        var next = new Lot(lotted, Math.Min(count - lotted, lotSize));
        lotted += next.Count;
        lotSize = rows > 0 ? Fitting(bytes / rows, Math.Min(lotSize * 2, MostInLot)) : lotSize;
        asking.Enqueue(next);
        if (childrenNamed is not null)
        {
            AskWhetherThere(next, LogKey);
            AskWhetherThere(next, ChildKeys);
        }
    }

    private void AskWhetherThere(Lot next, byte[][] keys)
    {
        lane.Begin(1 + (next.Count * keys.Length));
        lane.Add("EXISTS"u8);
        for (var i = next.First; i < next.First + next.Count; i++)
        {
            foreach (var key in keys)
            {
                lane.Add(start, ids.Id(i), key);
            }
        }
    }

    /// <summary>Learns what the jobs of a lot have, and asks for them; and for the parts of another lot.</summary>
    private void Forward()
    {
        var next = asking.Dequeue();
        if (childrenNamed is not null)
        {
            RowLane.Expect(lane.TryReadNumber(out var logs));
            RowLane.Expect(lane.TryReadNumber(out var children));
            (next.HasLogs, next.HasChildren) = (logs > 0, children > 0);
        }

        if (next.HasChildren)
        {
            lane.Begin(6 + next.Count);
            lane.Add(source.ReadCommand);
            lane.Add(BullMqServer.ChildrenScript.Sha);
            lane.Add("1"u8);
            lane.Add(source.Keys.Base + "meta");
            lane.Add(start);
            lane.Add(string.Create(CultureInfo.InvariantCulture, $"{childrenNamed}"));
            for (var i = next.First; i < next.First + next.Count; i++)
            {
                lane.Add(ids.Id(i));
            }
        }

        for (var i = next.First; i < next.First + next.Count; i++)
        {
            if (next.HasLogs)
            {
                lane.Begin(4);
                lane.Add("LRANGE"u8);
                lane.Add(start, ids.Id(i), ":logs"u8);
                lane.Add("0"u8);
                lane.Add("-1"u8);
            }

            lane.AddHash(start, ids.Id(i));
        }

        coming.Enqueue(next);
        AskParts();
        lane.Send();
    }
}
