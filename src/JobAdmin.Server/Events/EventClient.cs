using System.Threading.Channels;

namespace JobAdmin.Server.Events;

/// <summary>One listener as the hub sees it: a short row of events that wait to be written. When it runs over, nothing more is kept: the listener reads what it
/// missed from Redis when it is ready, and is told of a gap where Redis has it no more.</summary>
internal sealed class EventClient
{
    private const int Waiting = 256;
    private readonly Channel<EventFrame> frames = Channel.CreateBounded<EventFrame>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private int behind;

    /// <summary>Events that wait to be written.</summary>
    public ChannelReader<EventFrame> Frames => frames.Reader;

    /// <summary>Hands it an event.</summary>
    public void Offer(EventFrame frame)
    {
        if (Volatile.Read(ref behind) == 0 && !frames.Writer.TryWrite(frame))
        {
            Interlocked.Exchange(ref behind, 1);
        }
    }

    /// <summary>Marks it as one that has to catch up.</summary>
    public void FallBehind() => Interlocked.Exchange(ref behind, 1);

    /// <summary>Whether it has to catch up from Redis. From here on it is handed events again.</summary>
    public bool TakeBehind()
    {
        if (Volatile.Read(ref behind) == 0)
        {
            return false;
        }

        Interlocked.Exchange(ref behind, 0);
        while (frames.Reader.TryRead(out _))
        {
        }

        return true;
    }

    /// <summary>Whether it has to catch up.</summary>
    public bool IsBehind => Volatile.Read(ref behind) != 0;

    /// <summary>Ends it.</summary>
    public void End() => frames.Writer.TryComplete();
}
