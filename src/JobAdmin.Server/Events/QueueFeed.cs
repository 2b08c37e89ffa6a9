namespace JobAdmin.Server.Events;

/// <summary>The events of one queue on their way to everybody who listens to it.</summary>
internal sealed class QueueFeed(string queue)
{
    private readonly object turn = new();
    private EventClient[] clients = [];

    public string Queue => queue;

    /// <summary>The id behind which it begins; done when it is known, so that nothing can fall between a look into the past and what comes.</summary>
    public TaskCompletionSource<StreamId> Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The newest event that was passed on.</summary>
    public StreamId Last { get; private set; }

    /// <summary>When its last listener left, in ticks of the machine; 0 while there is one.</summary>
    public long IdleSince { get; private set; }

    public bool IsIdle(TimeSpan time) => IdleSince > 0 && Environment.TickCount64 - IdleSince > time.TotalMilliseconds;

    public void Start(StreamId id)
    {
        Last = id;
        Started.TrySetResult(id);
    }

    public void Add(EventClient client)
    {
        lock (turn)
        {
            clients = [.. clients, client];
            IdleSince = 0;
        }
    }

    public void Remove(EventClient client)
    {
        lock (turn)
        {
            clients = [.. clients.Where(other => other != client)];
            IdleSince = clients.Length == 0 ? Math.Max(1, Environment.TickCount64) : 0;
        }
    }

    public void Pass(EventFrame frame)
    {
        EventClient[] now;
        lock (turn)
        {
            Last = frame.IsGap ? Last : frame.Id;
            now = clients;
        }

        foreach (var client in now)
        {
            client.Offer(frame);
        }
    }

    /// <summary>Ends all who listen.</summary>
    public void End()
    {
        foreach (var client in clients)
        {
            client.End();
        }
    }
}
