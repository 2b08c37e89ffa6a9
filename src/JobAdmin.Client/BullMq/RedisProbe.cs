using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Knocks at an address before the real connection is made: only here can be told why a server does not answer as Redis should.</summary>
internal static class RedisProbe
{
    /// <summary>Connects, logs in, pings, looks into the database and hangs up.</summary>
    /// <exception cref="JobServerException">What is wrong, in the user's words.</exception>
    public static async Task RunAsync(JobServerOptions options, string host, int port, RedisErrors errors, RemoteCertificateValidationCallback? validate, CancellationToken cancellationToken)
    {
        var endpoint = $"{host}:{port}";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Timeout);
        using var client = new TcpClient();
        var tls = options.Address.Scheme == "rediss";
        try
        {
            await client.ConnectAsync(host, port, limit.Token).ConfigureAwait(false);
            Stream stream = client.GetStream();
            if (tls)
            {
                var secure = new SslStream(stream, leaveInnerStreamOpen: false);
                await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    RemoteCertificateValidationCallback = validate,
                    ClientCertificates = options.ClientCertificate is { } certificate ? [certificate] : null,
                }, limit.Token).ConfigureAwait(false);
                stream = secure;
            }

            await using (stream.ConfigureAwait(false))
            {
                if (options.Password is { IsEmpty: false } password)
                {
                    string[] login = options.User is { Length: > 0 } user ? ["AUTH", user, password.Reveal()] : ["AUTH", password.Reveal()];
                    Check(await AskAsync(stream, login, limit.Token).ConfigureAwait(false), endpoint, errors, tls);
                }

                Check(await AskAsync(stream, ["PING"], limit.Token).ConfigureAwait(false), endpoint, errors, tls);
                if (options.Database > 0)
                {
                    await SelectAsync(stream, options.Database, errors, limit.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new JobServerException("ConnectionTimeout", JobErrorKind.Timeout, $"Nothing answered at {endpoint} within {options.Timeout.TotalSeconds:0.#} s.",
                tls ? "Check host and port, and whether the server speaks TLS there; -Timeout gives it longer."
                    : "Check host, port and firewall, and whether the server wants TLS (rediss://); -Timeout gives it longer.") { Target = endpoint };
        }
        catch (SocketException exception)
        {
            throw new JobServerException("ConnectionFailed", JobErrorKind.Connection,
                exception.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                    ? $"There is no host '{host}'." : $"Can't connect to {endpoint}: {Reason(exception)}.",
                "Check host and port, and that the server is running and reachable from here.") { Target = endpoint };
        }
        catch (AuthenticationException)
        {
            throw new JobServerException("TlsFailed", JobErrorKind.Connection, $"The TLS handshake with {endpoint} failed: its certificate is not trusted, or it speaks no TLS.",
                "Give the authority with -CertificateAuthority, check the host name, or use redis:// where the server has no TLS.") { Target = endpoint };
        }
        catch (IOException)
        {
            throw tls
                ? new JobServerException("TlsFailed", JobErrorKind.Connection, $"{endpoint} hung up during the TLS handshake.",
                    "Use redis:// where the server has no TLS; give -ClientCertificate where it wants one.") { Target = endpoint }
                : HungUp(endpoint);
        }
    }

    /// <summary>Goes to a database: the library would stay where it is when that is refused, or fail with every command.</summary>
    private static async Task SelectAsync(Stream stream, int database, RedisErrors errors, CancellationToken cancellationToken)
    {
        var answer = Encoding.UTF8.GetString(await AskAsync(stream, ["SELECT", $"{database}"], cancellationToken).ConfigureAwait(false)).TrimEnd();
        if (answer.StartsWith("-ERR", StringComparison.Ordinal))
        {
            // Managed servers forbid CONFIG: then nothing says how many there are.
            var lines = Encoding.UTF8.GetString(await AskAsync(stream, ["CONFIG", "GET", "databases"], cancellationToken).ConfigureAwait(false)).Split("\r\n");
            throw errors.NoDatabase(database, lines is ["*2", _, "databases", _, var text, ..] && int.TryParse(text, out var count) ? count : 0, answer[1..]);
        }

        if (answer.StartsWith('-'))
        {
            throw errors.Server(answer[1..], $"SELECT {database}");
        }
    }

    private static async Task<byte[]> AskAsync(Stream stream, string[] words, CancellationToken cancellationToken)
    {
        var request = new StringBuilder().Append('*').Append(words.Length).Append("\r\n");
        foreach (var word in words)
        {
            request.Append('$').Append(Encoding.UTF8.GetByteCount(word)).Append("\r\n").Append(word).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellationToken).ConfigureAwait(false);
        var buffer = new byte[512];
        var read = 0;
        while (read < buffer.Length)
        {
            var more = await stream.ReadAsync(buffer.AsMemory(read), cancellationToken).ConfigureAwait(false);
            if (more == 0)
            {
                break;
            }

            read += more;
            if (buffer.AsSpan(0, read).IndexOf((byte)'\n') >= 0)
            {
                break;
            }
        }

        return buffer[..read];
    }

    private static void Check(byte[] answer, string endpoint, RedisErrors errors, bool tls)
    {
        if (answer.Length == 0)
        {
            throw tls ? NoRedis(endpoint, "it hung up without an answer") : HungUp(endpoint);
        }

        // 0x15 opens a TLS alert record.
        if (answer[0] == 0x15)
        {
            throw new JobServerException("TlsRequired", JobErrorKind.Connection, $"{endpoint} wants TLS.", $"Use rediss://{endpoint}.") { Target = endpoint };
        }

        var line = Encoding.UTF8.GetString(answer).Split('\r', '\n')[0];
        if (answer[0] == (byte)'-')
        {
            // Redis 5 and older say it the first way.
            if (line.Contains("no password is set", StringComparison.OrdinalIgnoreCase) || line.Contains("without any password configured", StringComparison.OrdinalIgnoreCase))
            {
                throw new JobServerException("AuthenticationFailed", JobErrorKind.Access, $"{endpoint} has no password, but one was given.",
                    "Leave it out (also of $env:REDIS_URL), or check that this is the right server.") { Target = endpoint };
            }

            throw line.StartsWith("-DENIED", StringComparison.Ordinal)
                ? new JobServerException("AccessDenied", JobErrorKind.Access, $"{endpoint} is in protected mode and takes no connections from here.",
                    "Set a password or bind address on the server, or connect from its own host.") { Target = endpoint }
                : line.StartsWith("-ERR invalid password", StringComparison.OrdinalIgnoreCase) ? errors.Server("WRONGPASS", "AUTH")
                : errors.Server(line[1..], "connect");
        }

        if (answer[0] != (byte)'+')
        {
            throw NoRedis(endpoint, line.StartsWith("HTTP/", StringComparison.Ordinal) ? "it speaks HTTP" : "it speaks something else");
        }
    }

    private static JobServerException HungUp(string endpoint) => new("TlsRequired", JobErrorKind.Connection,
        $"{endpoint} hung up at the first word: it seems to want TLS.", $"Try rediss://{endpoint}; if that fails too, no Redis listens there.") { Target = endpoint };

    private static JobServerException NoRedis(string endpoint, string why) => new("NotRedis", JobErrorKind.Connection, $"What listens at {endpoint} is no Redis: {why}.",
        "Check the port; an admin API is reached with Connect-JobServer http(s)://….") { Target = endpoint };

    private static string Reason(SocketException exception) => exception.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "nothing listens there",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "there is no way to it",
        SocketError.ConnectionReset => "it hung up",
        _ => exception.SocketErrorCode.ToString(),
    };
}
