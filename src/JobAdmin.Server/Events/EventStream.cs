using System.IO.Pipelines;
using System.Text;
using JobAdmin.Server.Api;

namespace JobAdmin.Server.Events;

/// <summary>Writes one reader's events: what waits, what it missed, and a sign of life when there is nothing.</summary>
internal sealed class EventStream(ApiCall call, EventClient client, EventHub hub, string? single, TimeSpan heartbeat)
{
    private static readonly byte[] Beat = ": \n\n"u8.ToArray(), Blank = "\n"u8.ToArray();
    private static readonly TimeSpan LookForQueues = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, StreamId> positions = new(StringComparer.Ordinal);
    private readonly PipeWriter pipe = call.Http.Response.BodyWriter;
    private bool lostPlace, catchingUp;
    private long lookedAt = Environment.TickCount64;

    /// <summary>The queues that it reads.</summary>
    public IEnumerable<string> Queues => positions.Keys;

    /// <summary>Begins now, or behind the id that the reader saw last.</summary>
    public async Task JoinAsync(IReadOnlyList<string> queues, string? lastId, CancellationToken stop)
    {
        var cursor = lastId is null ? null : EventCursor.TryDecode(lastId);
        lostPlace = lastId is not null && cursor is null;
        foreach (var queue in queues)
        {
            positions[queue] = StreamId.Start;
        }

        var now = await hub.JoinAsync(client, queues, some: single is null, stop).ConfigureAwait(false);
        Leave(queues.Except(now.Keys));
        foreach (var (queue, id) in now)
        {
            positions[queue] = cursor is null ? id : single is not null && StreamId.TryParse(lastId, out var exact) ? exact : cursor.Of(queue);
        }

        if (cursor is not null)
        {
            client.FallBehind();
        }
    }

    /// <summary>Writes until the reader or the server goes.</summary>
    /// <param name="stillWelcome">Asked with every heartbeat: whether the reader's key is still good.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Func<bool> stillWelcome, CancellationToken stop)
    {
        Write($"retry: 2000\nevent: connected\ndata: {{}}\nid: {Position(certain: !catchingUp && !client.IsBehind)}\n\n");
        if (lostPlace)
        {
            foreach (var queue in single is null ? [] : positions.Keys.ToList())
            {
                WriteFrame(EventFrame.Of(new JobEvent { Queue = queue, Event = "gap", Time = DateTimeOffset.UtcNow }), last: true);
            }

            if (single is null)
            {
                Write($"event: gap\ndata: {{\"type\":\"gap\",\"queueName\":\"\",\"data\":{{\"missed\":null}}}}\n\n");
            }
        }

        await pipe.FlushAsync(stop).ConfigureAwait(false);
        while (true)
        {
            if (client.TakeBehind())
            {
                await CatchUpAsync(stop).ConfigureAwait(false);
                continue;
            }

            if (await WaitAsync(stop).ConfigureAwait(false) is not { } some)
            {
                return;
            }

            if (!some)
            {
                if (!stillWelcome())
                {
                    return;
                }

                Write(Beat);
            }
            else
            {
                WriteWaiting();
            }

            await pipe.FlushAsync(stop).ConfigureAwait(false);
            await LookForQueuesAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>Whether there is something to write; false when it is time for a sign of life, null at the end.</summary>
    private async Task<bool?> WaitAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(single is null && heartbeat > LookForQueues ? LookForQueues : heartbeat);
        try
        {
            return await client.Frames.WaitToReadAsync(patience.Token).ConfigureAwait(false) ? true : null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private void WriteWaiting()
    {
        EventFrame? held = null;
        while (client.Frames.TryRead(out var frame))
        {
            // What came while the past was read has been written already.
            if (positions.TryGetValue(frame.Queue, out var seen) && (frame.IsGap || frame.Id.CompareTo(seen) > 0))
            {
                if (held is not null)
                {
                    WriteFrame(held, last: false);
                }

                held = frame;
                positions[frame.Queue] = frame.IsGap ? seen : frame.Id;
            }
        }

        if (held is not null)
        {
            WriteFrame(held, last: true);
        }
    }

    private async Task CatchUpAsync(CancellationToken stop)
    {
        catchingUp = true;
        foreach (var queue in positions.Keys.ToList())
        {
            while (await PastAsync(queue, stop).ConfigureAwait(false) is { Count: > 0 } events)
            {
                for (var i = 0; i < events.Count; i++)
                {
                    var frame = EventFrame.Of(events[i]);
                    positions[queue] = frame.IsGap ? positions[queue] : frame.Id;
                    WriteFrame(frame, last: i == events.Count - 1);
                    if (pipe.UnflushedBytes > 32 << 10)
                    {
                        await pipe.FlushAsync(stop).ConfigureAwait(false);
                    }
                }

                await pipe.FlushAsync(stop).ConfigureAwait(false);
            }
        }

        catchingUp = false;
    }

    private async Task<IReadOnlyList<JobEvent>> PastAsync(string queue, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await hub.PastAsync(queue, positions[queue], stop).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ApiFault { Status: 503 } or JobServerException { Kind: JobErrorKind.Connection or JobErrorKind.Timeout })
            {
                // Redis is away: the reader need not notice more than the wait.
                Write(Beat);
                await pipe.FlushAsync(stop).ConfigureAwait(false);
                await Task.Delay(1000, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A reader of all queues gets those that come into being, too, from their first event on.</summary>
    private async Task LookForQueuesAsync(CancellationToken stop)
    {
        if (single is not null || Environment.TickCount64 - lookedAt < LookForQueues.TotalMilliseconds)
        {
            return;
        }

        lookedAt = Environment.TickCount64;
        try
        {
            var added = (await call.Queues.NamesAsync(stop).ConfigureAwait(false)).Where(queue => !positions.ContainsKey(queue)).ToList();
            if (added.Count > 0)
            {
                await JoinAsync(added, stop).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ApiFault or JobServerException)
        {
            // Redis is away: at the next look.
        }
    }

    /// <summary>Reads new queues too, those that can be read; the others are looked at again the next time.</summary>
    private async Task JoinAsync(List<string> added, CancellationToken stop)
    {
        IEnumerable<string> joined = [];
        added.ForEach(queue => positions[queue] = StreamId.Start);
        try
        {
            joined = (await hub.JoinAsync(client, added, some: true, stop).ConfigureAwait(false)).Keys;
            client.FallBehind();
        }
        finally
        {
            Leave(added.Except(joined));
        }
    }

    private void Leave(IEnumerable<string> queues)
    {
        var left = queues.ToList();
        left.ForEach(queue => positions.Remove(queue));
        hub.Part(client, left);
    }

    private void WriteFrame(EventFrame frame, bool last)
    {
        if (single is not null)
        {
            Write($"id: {frame.Id}\n");
        }
        else if (last)
        {
            // One id for all that is written at once: whoever comes back gets some of it again rather than too little.
            Write($"id: {Position(certain: !catchingUp && !client.IsBehind)}\n");
        }

        Write(frame.Body);
        Write(Blank);
    }

    private string Position(bool certain) => single is not null ? positions[single].ToString() : EventCursor.Encode(positions, certain);

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(pipe.GetSpan(bytes.Length));
        pipe.Advance(bytes.Length);
    }

    private void Write(string text) => pipe.Advance(Encoding.UTF8.GetBytes(text, pipe.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
