using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Polly;
using Polly.Retry;

namespace JobAdmin.Client.Http;

/// <summary>One connection to an HTTP server: what is sent, with which key, how long, how often, and what may come back.</summary>
internal sealed partial class HttpApi : IDisposable
{
    private const int MaxRedirects = 5;
    private const int MaxErrorBody = 64 << 10;
    private const int MaxBody = 256 << 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);
    private readonly HttpClient client;
    private readonly JobServerOptions options;
    private readonly IReadOnlyList<KeyValuePair<string, Secret>> key;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<ApiAnswer> reads, writes;
    private bool letIn, disposed;

    public HttpApi(JobServerOptions options, Uri root, IEnumerable<KeyValuePair<string, Secret>> key, TimeProvider time)
    {
        this.options = options;
        this.time = time;
        this.key = [.. key.Where(static pair => !pair.Value.IsEmpty)];
        Root = root;
        Endpoint = root.AbsoluteUri.TrimEnd('/');
        Limits = new(time);
        Errors = new(Endpoint, [.. this.key.Select(static pair => pair.Value), .. options.Headers.Values, options.Password ?? new Secret("")]);
        CheckHeaders();
        client = new HttpClient(Handler(options, root)) { Timeout = Timeout.InfiniteTimeSpan };
        reads = Pipeline(static answer => answer is { Fault: ApiFault.NotSent or ApiFault.Broken }
            or { Fault: ApiFault.None, Status: 502 or 503 or 504, Json: null });
        writes = Pipeline(static answer => answer.Fault == ApiFault.NotSent);
    }

    public Uri Root { get; }

    /// <summary>The address as it is shown.</summary>
    public string Endpoint { get; }

    public string Name => options.Name;

    public ApiErrors Errors { get; }

    public RateLimits Limits { get; }

    public TimeProvider Time => time;

    /// <summary>Whether a 401 after successes means too many requests (Openinary).</summary>
    public bool UnauthorizedMeansWait { get; init; }

    /// <summary>How far the server's clock is ahead of ours, from its last answer.</summary>
    public TimeSpan ClockOffset { get; private set; }

    /// <summary>Sends a request, waits where the server asks for it, and tries again what is safe to try again.</summary>
    /// <returns>The answer, or the fault that was left at the end; only cancellation is thrown.</returns>
    public async Task<ApiAnswer> SendAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return await (request.IsRead ? reads : writes).ExecuteAsync(
            static (state, token) => new ValueTask<ApiAnswer>(state.Api.SendOnceAsync(state.Request, token)), (Api: this, Request: request), cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Sends a request and throws for everything but a success with JSON.</summary>
    public async Task<ApiAnswer> JsonAsync(ApiRequest request, string what, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccess || answer.Json is null)
        {
            using (answer)
            {
                throw Errors.From(answer, what);
            }
        }

        return answer;
    }

    public void ThrowIfDisposed()
    {
        if (disposed)
        {
            throw new JobServerException("ConnectionClosed", JobErrorKind.Connection, $"The connection to {Endpoint} is closed.",
                "Connect again with Connect-JobServer.") { Target = Endpoint };
        }
    }

    public void Dispose()
    {
        disposed = true;
        client.Dispose();
    }

    private static SocketsHttpHandler Handler(JobServerOptions options, Uri root) => new()
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        UseCookies = false,
        UseProxy = !root.IsLoopback,
        ConnectTimeout = options.Timeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // One more for an event stream.
        MaxConnectionsPerServer = Math.Max(1, options.ThrottleLimit) + 1,
        SslOptions = TlsCheck.Options(options),
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ConnectCallback = static async (context, token) =>
        {
            // Keep-alive probes find out that a silent event stream has lost its server.
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
                await socket.ConnectAsync(context.DnsEndPoint, token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    /// <summary>Waits out rate limits, and sends again a little later what failed in a way that passes.</summary>
    private ResiliencePipeline<ApiAnswer> Pipeline(Func<ApiAnswer, bool> passes) => new ResiliencePipelineBuilder<ApiAnswer> { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions<ApiAnswer>
        {
            MaxRetryAttempts = 8,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Result is { RateLimited: true } answer
                && WaitFor(answer, args.AttemptNumber) <= LongestWait),
            DelayGenerator = args =>
            {
                var wait = WaitFor(args.Outcome.Result!, args.AttemptNumber);
                Limits.Hold(wait);
                WireLog.Note($"{Endpoint} wants fewer requests (status {args.Outcome.Result!.Status}): waiting {wait.TotalSeconds:0.#} s.");
                return ValueTask.FromResult<TimeSpan?>(wait);
            },
        })
        .AddRetry(new RetryStrategyOptions<ApiAnswer>
        {
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(100),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = args => ValueTask.FromResult(letIn && args.Outcome.Result is { Request.Once: false } answer && passes(answer)),
        })
        .Build();

    /// <summary>How long to wait; one that asks for no wait at all, and turns us away again, is given more.</summary>
    private static TimeSpan WaitFor(ApiAnswer answer, int attempt) => answer.Wait is { } wait && (wait > TimeSpan.Zero || attempt == 0) ? wait :
        TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(attempt, 5)));

    private HttpRequestMessage Message(ApiRequest request, Uri target, TrackedContent? content)
    {
        var message = new HttpRequestMessage(request.Method, target) { Content = content };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(request.Events ? "text/event-stream" : "application/json"));
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("JobAdmin", typeof(HttpApi).Assembly.GetName().Version?.ToString(3)));
        foreach (var (name, value) in options.Headers)
        {
            message.Headers.TryAddWithoutValidation(name, value.Reveal());
        }

        foreach (var (name, value) in request.WithKey ? key : [])
        {
            message.Headers.Remove(name);
            message.Headers.TryAddWithoutValidation(name, value.Reveal());
        }

        return message;
    }

    private void CheckHeaders()
    {
        foreach (var (name, value) in key.Concat(options.Headers))
        {
            if (name.Length == 0 || name.Any(static c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) || value.Reveal().Any(char.IsControl))
            {
                throw new JobServerException("InvalidHeader", JobErrorKind.InvalidInput,
                    $"The key or value for the header '{Errors.Clean(name)}' can't be sent: a header is one line of text.",
                    "Look for a line break at its end, as a file often has.");
            }
        }
    }
}
