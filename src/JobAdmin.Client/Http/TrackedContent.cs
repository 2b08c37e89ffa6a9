using System.Net;
using System.Net.Http.Headers;

namespace JobAdmin.Client.Http;

/// <summary>The body of a change, empty or JSON, which knows whether it has begun to leave.</summary>
/// <remarks>Every change has one, the empty ones too: a request without content is sent again by the handler itself when a kept connection breaks,
/// and a change must never be sent twice.</remarks>
internal sealed class TrackedContent : HttpContent
{
    private readonly byte[] body;

    public TrackedContent(byte[]? body)
    {
        this.body = body ?? [];
        if (body is not null)
        {
            Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }
    }

    public bool Started { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Started = true;
        await stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
