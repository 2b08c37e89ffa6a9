using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace JobAdmin.Server.Api;

/// <summary>A long answer that goes out while it is being made: no more of it is in memory than a piece, and before the first piece it can still become an error.</summary>
internal sealed class JsonStream : IAsyncDisposable
{
    private const int Piece = 32 << 10;
    private readonly ArrayBufferWriter<byte> buffer = new(2 * Piece);
    private readonly PipeWriter pipe;
    private readonly CancellationToken stop;

    public JsonStream(ApiCall call)
    {
        call.Http.Response.ContentType = "application/json; charset=utf-8";
        pipe = call.Http.Response.BodyWriter;
        stop = call.Stop;
        Writer = new Utf8JsonWriter(buffer, ApiCall.Writing);
    }

    public Utf8JsonWriter Writer { get; }

    /// <summary>Whether anything was written.</summary>
    public bool HasBegun => Writer.BytesCommitted + Writer.BytesPending > 0;

    /// <summary>Whether there is a piece to be sent.</summary>
    public bool IsFull => Writer.BytesPending + buffer.WrittenCount >= Piece;

    /// <summary>Sends what there is when it has become a piece, and waits for a reader who is slow.</summary>
    public ValueTask PauseAsync() => !IsFull ? ValueTask.CompletedTask : new ValueTask(EndAsync());

    /// <summary>Sends the rest.</summary>
    public async Task EndAsync()
    {
        Writer.Flush();
        await pipe.WriteAsync(buffer.WrittenMemory, stop).ConfigureAwait(false);
        buffer.ResetWrittenCount();
    }

    public ValueTask DisposeAsync() => Writer.DisposeAsync();
}
