using System.Collections.Concurrent;
using System.Net;

namespace JobAdmin.Client.BullMq;

/// <summary>Lanes that are kept open between the listings of a server of many readers: a few at the most, and none for long that nobody uses.</summary>
internal sealed class LanePool : IDisposable
{
    private const int Most = 4, HeldAtMost = 1 << 20;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromSeconds(5);

    private readonly List<(RowLane Lane, EndPoint Endpoint, long At)> idle = [];
    private readonly ConcurrentDictionary<string, long> rowSizes = new(StringComparer.Ordinal);
    private readonly Timer timer;
    private long notBefore;
    private int used;
    private bool closed;

    public LanePool() => timer = new Timer(static pool => ((LanePool)pool!).DropIdle(), this, Timeout.Infinite, Timeout.Infinite);

    /// <summary>A lane to a server, one that rested or a new one.</summary>
    /// <param name="endpoint">The server.</param>
    /// <param name="open">Opens one; null when that can't be.</param>
    /// <returns>The lane, which has to be given back; null when all are in use, or one has failed a moment ago.</returns>
    public async Task<RowLane?> TakeAsync(EndPoint endpoint, Func<RowLane?> open)
    {
        lock (idle)
        {
            if (closed || used >= Most || Environment.TickCount64 < notBefore)
            {
                return null;
            }

            used++;
            for (var i = idle.Count - 1; i >= 0; i--)
            {
                var (lane, to, _) = idle[i];
                if (to.Equals(endpoint))
                {
                    idle.RemoveAt(i);
                    if (lane.IsQuiet)
                    {
                        return lane;
                    }

                    lane.Dispose();
                }
            }
        }

        RowLane? opened = null;
        try
        {
            return opened = await Task.Run(open).ConfigureAwait(false);
        }
        finally
        {
            if (opened is null)
            {
                Leave(failed: true);
            }
        }
    }

    /// <summary>Gives a lane back.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="endpoint">Where it leads.</param>
    /// <param name="sound">Whether all its answers have been read, and were the expected ones.</param>
    /// <param name="failed">Whether an answer was not the expected one: then others are not tried for a while.</param>
    public void Return(RowLane lane, EndPoint endpoint, bool sound, bool failed)
    {
        lock (idle)
        {
            if (sound && !closed && lane.Held <= HeldAtMost)
            {
                if (idle.Count == 0)
                {
                    timer.Change(Rest, Timeout.InfiniteTimeSpan);
                }

                idle.Add((lane, endpoint, Environment.TickCount64));
                lane = null!;
            }
        }

        lane?.Dispose();
        Leave(failed);
    }

    /// <summary>How large the jobs of a queue were on its last page, in bytes; null when none was read.</summary>
    public long? RowSize(string queue) => rowSizes.TryGetValue(queue, out var size) ? size : null;

    /// <summary>Notes how large jobs of a queue are.</summary>
    public void NoteRowSize(string queue, long size) => rowSizes[queue] = size;

    public void Dispose()
    {
        lock (idle)
        {
            closed = true;
            idle.ForEach(static resting => resting.Lane.Dispose());
            idle.Clear();
        }

        timer.Dispose();
    }

    private void Leave(bool failed)
    {
        lock (idle)
        {
            used--;
            if (failed)
            {
                notBefore = Environment.TickCount64 + (long)Pause.TotalMilliseconds;
            }
        }
    }

    private void DropIdle()
    {
        lock (idle)
        {
            var before = Environment.TickCount64 - (long)Rest.TotalMilliseconds;
            foreach (var resting in idle.Where(resting => resting.At <= before))
            {
                resting.Lane.Dispose();
            }

            idle.RemoveAll(resting => resting.At <= before);
            if (idle.Count > 0 && !closed)
            {
                timer.Change(Rest, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
