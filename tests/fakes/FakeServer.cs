using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JobAdmin.Fakes;

/// <summary>A request as it came over the wire.</summary>
public sealed record FakeRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Path => Target.Split('?')[0];

    /// <summary>A value of the query, decoded.</summary>
    public string? this[string name] => Target.Split('?', 2) is [_, var query]
        ? query.Split('&').Select(pair => pair.Split('=', 2)).Where(pair => pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1])).FirstOrDefault() : null;

    public override string ToString() => $"{Method} {Target}";
}

/// <summary>An answer, with the faults that a network or a bad server can have.</summary>
public sealed record FakeAnswer(int Status, string Body, string? Type = "application/json")
{
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public TimeSpan Delay { get; init; }

    /// <summary>The connection closes after so many bytes of the body.</summary>
    public int? CutAt { get; init; }

    /// <summary>The connection closes without a byte of an answer.</summary>
    public bool HangUp { get; init; }

    /// <summary>What to send instead of anything sensible.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>Writes a body without an end; the answer is over when it returns.</summary>
    public Func<Func<string, Task>, CancellationToken, Task>? Stream { get; init; }

    public static FakeAnswer Json(string body, int status = 200) => new(status, body);

    public static FakeAnswer Html(int status = 200) => new(status, "<!doctype html><title>Sign in</title>", "text/html; charset=utf-8");

    public static FakeAnswer Redirect(string to, int status = 302) => new(status, "", null) { Headers = [("Location", to)] };

    public static FakeAnswer Text(int status, string text) => new(status, text, "text/plain; charset=utf-8");

    public static FakeAnswer Events(Func<Func<string, Task>, CancellationToken, Task> stream) => new(200, "", "text/event-stream") { Stream = stream };
}

/// <summary>A small HTTP server of our own, so that any answer and any fault can be had on a real connection.</summary>
public sealed class FakeServer : IAsyncDisposable
{
    /// <summary>The key that the fakes take.</summary>
    public const string TestKey = "s3cret-key-of-the-test";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly ConcurrentQueue<FakeRequest> requests = new();
    private readonly X509Certificate2? certificate;
    private int connections;

    public FakeServer(Func<FakeRequest, FakeAnswer> handler, X509Certificate2? certificate = null)
    {
        Handler = handler;
        this.certificate = certificate;
        listener.Start(512);
        _ = AcceptAsync();
    }

    public Func<FakeRequest, FakeAnswer> Handler { get; set; }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public Uri Address => new($"{(certificate is null ? "http" : "https")}://127.0.0.1:{Port}/");

    public IReadOnlyList<FakeRequest> Requests => [.. requests];

    public int Connections => connections;

    public void Forget() => requests.Clear();

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(end.Token);
                Interlocked.Increment(ref connections);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await using var stream = await OpenAsync(client.GetStream());
                var reader = new LineReader(stream);
                while (await ReadAsync(reader) is { } request)
                {
                    requests.Enqueue(request);
                    var answer = Handler(request);
                    if (!await WriteAsync(stream, answer))
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or AuthenticationException)
            {
            }
        }
    }

    private async Task<Stream> OpenAsync(NetworkStream plain)
    {
        if (certificate is null)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        await tls.AuthenticateAsServerAsync(certificate);
        return tls;
    }

    private async Task<FakeRequest?> ReadAsync(LineReader reader)
    {
        if (await reader.LineAsync(end.Token) is not { Length: > 0 } first)
        {
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.LineAsync(end.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var length = headers.TryGetValue("Content-Length", out var text) ? int.Parse(text) : 0;
        var body = Encoding.UTF8.GetString(await reader.BytesAsync(length, end.Token));
        var words = first.Split(' ');
        return new(words[0], words[1], headers, body);
    }

    private async Task<bool> WriteAsync(Stream stream, FakeAnswer answer)
    {
        await Task.Delay(answer.Delay, end.Token);
        if (answer.HangUp)
        {
            return false;
        }

        if (answer.Raw is { } raw)
        {
            await stream.WriteAsync(raw, end.Token);
            return false;
        }

        var body = Encoding.UTF8.GetBytes(answer.Body);
        var head = new StringBuilder($"HTTP/1.1 {answer.Status} Said\r\n");
        foreach (var (name, value) in answer.Headers)
        {
            head.Append($"{name}: {value}\r\n");
        }

        head.Append(answer.Type is null ? "" : $"Content-Type: {answer.Type}\r\n");
        head.Append(answer.Stream is null ? $"Content-Length: {body.Length}\r\n\r\n" : "Connection: close\r\n\r\n");
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.ToString()), end.Token);
        if (answer.Stream is { } write)
        {
            await write(async text => await stream.WriteAsync(Encoding.UTF8.GetBytes(text), end.Token), end.Token);
            return false;
        }

        await stream.WriteAsync(body.AsMemory(0, Math.Min(body.Length, answer.CutAt ?? body.Length)), end.Token);
        return answer.CutAt is null;
    }

    /// <summary>Reads lines and then bytes off one stream.</summary>
    private sealed class LineReader(Stream stream)
    {
        private readonly byte[] buffer = new byte[16 << 10];
        private int start, length;

        public async Task<string?> LineAsync(CancellationToken token)
        {
            var line = new List<byte>();
            while (true)
            {
                if (start == length && !await FillAsync(token))
                {
                    return null;
                }

                var next = buffer[start++];
                if (next == '\n')
                {
                    return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
                }

                line.Add(next);
            }
        }

        public async Task<byte[]> BytesAsync(int count, CancellationToken token)
        {
            var bytes = new byte[count];
            for (var i = 0; i < count; i++)
            {
                if (start == length && !await FillAsync(token))
                {
                    throw new EndOfStreamException();
                }

                bytes[i] = buffer[start++];
            }

            return bytes;
        }

        private async Task<bool> FillAsync(CancellationToken token)
        {
            start = 0;
            length = await stream.ReadAsync(buffer, token);
            return length > 0;
        }
    }
}
