using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace JobAdmin.Client.Http;

/// <summary>A server-sent event, or a break in the stream of them.</summary>
/// <param name="Type">The event's type; null for a break, during which events may have been lost.</param>
/// <param name="Data">The event's data.</param>
internal readonly record struct StreamEvent(string? Type, string Data);

/// <summary>Reads a server's event stream, and takes it up again when it breaks.</summary>
internal sealed class EventStream(HttpApi api, string path, string what)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>After how much silence the stream is taken for dead; null for servers that may be silent as long as they like.</summary>
    public TimeSpan? LongestSilence { get; init; }

    /// <summary>Whether the server goes on behind the id of the last event, so that a break loses nothing; it says so itself where it does.</summary>
    public bool Resumes { get; init; }

    /// <summary>The events, as many at once as have come.</summary>
    public async IAsyncEnumerable<IReadOnlyList<StreamEvent>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<StreamEvent>(new BoundedChannelOptions(1000) { SingleReader = true, SingleWriter = true });
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(channel.Writer, end.Token);
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var batch = new List<StreamEvent>();
                while (batch.Count < 500 && channel.Reader.TryRead(out var item))
                {
                    batch.Add(item);
                }

                yield return batch;
            }
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await pump.ConfigureAwait(false);
        }
    }

    /// <summary>Never throws: what ends the stream for good goes to the reader.</summary>
    private async Task PumpAsync(ChannelWriter<StreamEvent> writer, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        var opened = false;
        string? lastId = null;
        try
        {
            while (true)
            {
                try
                {
                    using var stream = await api.OpenEventsAsync(Resumes ? path + ApiPath.Query(("lastEventId", lastId)) : path, what, cancellationToken).ConfigureAwait(false);
                    opened = true;
                    pause = FirstPause;
                    await CopyAsync(stream, writer, id => lastId = id, cancellationToken).ConfigureAwait(false);
                }
                catch (JobServerException e) when ((opened && e.ErrorId is ("ConnectionFailed" or "Timeout" or "ServerError")) || e.ErrorId == "RateLimited")
                {
                    WireLog.Note($"{e.Message} Trying again in {pause.TotalSeconds:0.#} s.");
                }
                catch (Exception e) when (e is IOException or InvalidDataException or HttpRequestException or TimeoutException)
                {
                    WireLog.Note($"The event stream of {api.Endpoint} broke: taking it up again in {pause.TotalSeconds:0.#} s.");
                }

                if (opened && !(Resumes && lastId is not null))
                {
                    await writer.WriteAsync(default, cancellationToken).ConfigureAwait(false);
                }

                await Task.Delay(pause, api.Time, cancellationToken).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception e)
        {
            writer.Complete(e is ObjectDisposedException ? null : e);
        }
    }

    private async Task CopyAsync(Stream stream, ChannelWriter<StreamEvent> writer, Action<string> passed, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(LongestSilence ?? Timeout.InfiniteTimeSpan, api.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            var parser = SseParser.Create(stream);
            await foreach (var item in parser.EnumerateAsync(either.Token).ConfigureAwait(false))
            {
                silence.CancelAfter(LongestSilence ?? Timeout.InfiniteTimeSpan);
                await writer.WriteAsync(new StreamEvent(item.EventType, item.Data), cancellationToken).ConfigureAwait(false);
                if (parser.LastEventId is { Length: > 0 } id)
                {
                    passed(id);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }
}
