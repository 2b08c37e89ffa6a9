using System.Net;
using System.Security.Authentication;

namespace JobAdmin.Client.Http;

internal sealed partial class HttpApi
{
    /// <summary>How the text of a fault of TLS begins.</summary>
    public const string NoTls = "TLS failed";

    private async Task<ApiAnswer> SendOnceAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        await Limits.WaitAsync(cancellationToken).ConfigureAwait(false);
        var started = time.GetTimestamp();
        // No timer runs longer than some weeks, and nobody waits that long.
        var patience = options.Timeout.TotalHours * request.Patience < 24 ? options.Timeout * request.Patience : TimeSpan.FromDays(1);
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        using var content = request.Method == HttpMethod.Get ? null : new TrackedContent(request.Body);
        ApiAnswer answer;
        try
        {
            answer = await ExchangeAsync(request, content, late, patience, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answer = new(request) { Fault = content is { Started: false } ? ApiFault.NotSent : ApiFault.TimedOut, FaultText = "no connection in time" };
        }
        catch (HttpRequestException e)
        {
            answer = new(request) { Fault = WasSent(e, content) ? ApiFault.Broken : ApiFault.NotSent, FaultText = Explain(e) };
        }

        WireLog.Write($"{request.Method} {Endpoint}/{request.Path} -> "
            + (answer.Fault == ApiFault.None ? $"{answer.Status}, {answer.Body.Length} bytes" : answer.Fault.ToString()), time.GetElapsedTime(started));
        letIn |= answer.IsSuccess;
        return answer;
    }

    private async Task<ApiAnswer> ExchangeAsync(
        ApiRequest request, TrackedContent? content, CancellationTokenSource late, TimeSpan patience, CancellationToken token)
    {
        using var response = await FollowAsync(request, content, token).ConfigureAwait(false);
        if (response.Elsewhere is { } elsewhere)
        {
            return new(request) { Status = (int)response.Message.StatusCode, Fault = ApiFault.Redirected, FaultText = elsewhere };
        }

        var message = response.Message;
        var status = (int)message.StatusCode;
        var type = message.Content.Headers.ContentType?.MediaType?.ToLowerInvariant();
        Limits.Note(message.Headers);
        if (message.Headers.Date is { } date)
        {
            ClockOffset = date - time.GetUtcNow();
        }

        try
        {
            // A page that is no JSON is not worth its bytes; plain text may say what is wrong.
            var most = ApiAnswer.IsJson(type) ? (message.IsSuccessStatusCode ? MaxBody : MaxErrorBody) : type == "text/plain" ? MaxErrorBody : 0;
            var body = await ReadAsync(message.Content, most, late, patience, token).ConfigureAwait(false);
            if (body is null && message.IsSuccessStatusCode && most > 0)
            {
                return new(request) { Status = status, MediaType = type, Fault = ApiFault.TooLarge, FaultText = $"it is longer than {most >> 20} MB" };
            }

            var limited = status == 429 || (status == 503 && message.Headers.RetryAfter is not null && request.IsRead)
                || (status == 401 && UnauthorizedMeansWait && letIn);
            return new(request)
            {
                Status = status, MediaType = type, Body = body ?? default, RateLimited = limited && !request.Once,
                Wait = limited ? Limits.Wait(message.Headers, (body ?? default).Span) : null,
            };
        }
        catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
        {
            return new(request) { Status = status, MediaType = type, Fault = ApiFault.Broken, FaultText = "the answer ended too early" };
        }
    }

    /// <summary>Sends, and follows redirects that stay on the server that the user named.</summary>
    private async Task<Reply> FollowAsync(ApiRequest request, TrackedContent? content, CancellationToken token)
    {
        var target = new Uri(Root, request.Path);
        for (var hops = 0; ; hops++)
        {
            // A content is sent once only; after a redirect it takes another.
            using var again = hops > 0 && content is not null ? new TrackedContent(request.Body) : null;
            using var message = Message(request, target, again ?? content);
            var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, token).ConfigureAwait(false);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect) || response.Headers.Location is not { } location)
            {
                return new(response, null);
            }

            var next = new Uri(target, location);
            var keepsMethod = request.Method == HttpMethod.Get || response.StatusCode is HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;
            if (!IsSameServer(next) || !keepsMethod || hops == MaxRedirects)
            {
                return new(response, Errors.Clean(hops == MaxRedirects ? "one address after another" : next.GetLeftPart(UriPartial.Path)));
            }

            response.Dispose();
            target = next;
        }
    }

    /// <summary>Whether an address is the user's own server; the same host under TLS is, too.</summary>
    private bool IsSameServer(Uri next) => string.Equals(next.IdnHost, Root.IdnHost, StringComparison.OrdinalIgnoreCase)
        && ((next.Scheme == Root.Scheme && next.Port == Root.Port)
            || (next.Scheme == Uri.UriSchemeHttps && Root.Scheme == Uri.UriSchemeHttp && next.IsDefaultPort && Root.IsDefaultPort));

    /// <summary>Reads a body as long as it keeps coming; null when there is more than wanted.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(
        HttpContent content, int most, CancellationTokenSource late, TimeSpan patience, CancellationToken token)
    {
        if (most == 0 || content.Headers.ContentLength > most)
        {
            return null;
        }

        using var stream = await content.ReadAsStreamAsync(token).ConfigureAwait(false);
        // One byte more than announced, so that the end is seen without a larger buffer; but a length alone buys no more than a megabyte.
        var buffer = new byte[Math.Min(1 << 20, content.Headers.ContentLength ?? 16 << 10) + 1];
        var length = 0;
        while (true)
        {
            late.CancelAfter(patience);
            var read = await stream.ReadAsync(buffer.AsMemory(length), token).ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length > most)
            {
                return null;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(most + 1L, buffer.Length * 2L));
            }
        }
    }

    /// <summary>Opens an event stream. It waits for nothing but the headers, and is not sent again.</summary>
    public async Task<Stream> OpenEventsAsync(string path, string what, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        await Limits.WaitAsync(cancellationToken).ConfigureAwait(false);
        var request = ApiRequest.Get(path) with { Events = true };
        var started = time.GetTimestamp();
        using var late = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        Reply? reply = null;
        try
        {
            reply = await FollowAsync(request, null, either.Token).ConfigureAwait(false);
            var (message, elsewhere) = reply;
            var type = message.Content.Headers.ContentType?.MediaType?.ToLowerInvariant();
            if (elsewhere is null && message.IsSuccessStatusCode && type == "text/event-stream")
            {
                WireLog.Write($"GET {Endpoint}/{path} -> {(int)message.StatusCode}, events", time.GetElapsedTime(started));
                var stream = await message.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
                // The stream holds the connection; the message itself has nothing more to give.
                reply = null;
                return stream;
            }

            var body = elsewhere is null ? await ReadAsync(message.Content, ApiAnswer.IsJson(type) ? MaxErrorBody : 0, late, options.Timeout, either.Token)
                .ConfigureAwait(false) : null;
            var wait = Limits.Wait(message.Headers, (body ?? default).Span);
            if ((int)message.StatusCode == 429 && wait <= LongestWait)
            {
                WireLog.Note($"{Endpoint} wants fewer requests (status 429): waiting {wait.Value.TotalSeconds:0.#} s.");
                Limits.Hold(wait.Value);
            }

            throw Errors.From(new(request)
            {
                Status = (int)message.StatusCode, MediaType = type, Body = body ?? default, Wait = wait,
                Fault = elsewhere is null ? ApiFault.None : ApiFault.Redirected, FaultText = elsewhere,
            }, what);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Errors.From(new(request) { Fault = ApiFault.TimedOut }, what);
        }
        catch (HttpRequestException e)
        {
            throw Errors.From(new(request) { Fault = WasSent(e, null) ? ApiFault.Broken : ApiFault.NotSent, FaultText = Explain(e) }, what);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw Errors.From(new(request) { Fault = ApiFault.Broken, FaultText = "the answer ended too early" }, what);
        }
        finally
        {
            reply?.Dispose();
        }
    }

    private static bool WasSent(HttpRequestException e, TrackedContent? content) => content is not null
        ? content.Started
        : e.HttpRequestError is not (HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
            or HttpRequestError.ProxyTunnelError);

    private static string Explain(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name is not known",
        HttpRequestError.SecureConnectionError => e.InnerException is AuthenticationException tls
            ? $"{NoTls}: {tls.Message.TrimEnd('.')}" : $"{NoTls}; it may not speak https at this port",
        HttpRequestError.ProxyTunnelError => "the proxy refuses the way",
        HttpRequestError.ResponseEnded => "it closed the connection without an answer",
        HttpRequestError.InvalidResponse => "what it says is not HTTP",
        _ => (e.InnerException ?? e).Message.TrimEnd('.'),
    };

    private sealed record Reply(HttpResponseMessage Message, string? Elsewhere) : IDisposable
    {
        public void Dispose() => Message.Dispose();
    }
}
