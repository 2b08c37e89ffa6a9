using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace JobAdmin.Fakes;

/// <summary>An event stream that any number of clients listen to.</summary>
internal sealed class FakeEvents
{
    private readonly ConcurrentDictionary<Channel<string>, string?> listeners = new();

    /// <summary>How many listen.</summary>
    public int Listeners => listeners.Count;

    /// <summary>Opens a stream.</summary>
    /// <param name="queue">The queue whose events are wanted; null for all.</param>
    /// <param name="hello">The data of the first event.</param>
    public FakeAnswer Open(string? queue, JsonObject hello) => FakeAnswer.Events(async (write, token) =>
    {
        var channel = Channel.CreateUnbounded<string>();
        listeners[channel] = queue;
        try
        {
            await write($"event: connected\ndata: {hello.ToJsonString()}\n\n");
            await foreach (var text in channel.Reader.ReadAllAsync(token))
            {
                await write(text);
            }
        }
        finally
        {
            listeners.TryRemove(channel, out _);
        }
    });

    /// <summary>Sends an event to all who listen.</summary>
    public void Send(string? queue, string type, JsonObject data)
    {
        foreach (var (channel, wanted) in listeners)
        {
            if (wanted is null || wanted == queue)
            {
                channel.Writer.TryWrite($"event: {type}\ndata: {data.ToJsonString()}\n\n");
            }
        }
    }

    /// <summary>Breaks all streams off.</summary>
    public void Break()
    {
        foreach (var (channel, _) in listeners)
        {
            channel.Writer.TryComplete();
        }
    }
}
