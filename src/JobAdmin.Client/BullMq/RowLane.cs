using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>A connection of its own for one walk, on which many commands go out at once and the answers are read as bytes, in blocking calls.</summary>
/// <remarks>An answer that is not the expected one says only that the lane is of no use any more: whoever walks goes on by script, and meets the error there.</remarks>
internal sealed partial class RowLane : IDisposable
{
    // Over a longer line a page by script, one round trip, is faster.
    private static readonly TimeSpan ShortLine = TimeSpan.FromMilliseconds(2);
    private static readonly byte[] Fields = Words(JobRows.Fields);
    private static readonly byte[] Head = Encoding.ASCII.GetBytes($"*{JobRows.Fields.Length + 2}\r\n$5\r\nHMGET\r\n");

    private readonly Stream stream;
    private readonly byte[] prefix;
    private readonly Slice[] slices = new Slice[JobRows.Fields.Length];
    private byte[] request = new byte[32 * 1024], answer = new byte[64 * 1024];
    private int sent, from, to;

    private RowLane(Stream stream, string prefix)
    {
        this.stream = stream;
        this.prefix = Encoding.UTF8.GetBytes(prefix);
    }

    /// <summary>Opens a lane to the server that has the keys of a queue.</summary>
    /// <param name="options">How to connect.</param>
    /// <param name="endpoint">The server.</param>
    /// <param name="prefix">What stands before a job's id in its key.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="anyLine">Whether it is of use over a long line as well.</param>
    /// <returns>The lane; null where there can be none, or it would be no faster.</returns>
    public static RowLane? Open(JobServerOptions options, EndPoint endpoint, string prefix, CancellationToken cancellationToken, bool anyLine = false)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        RowLane? lane = null;
        try
        {
            var patience = (int)Math.Max(5000, options.Timeout.TotalMilliseconds);
            using var late = new CancellationTokenSource(patience);
            using (cancellationToken.Register(socket.Dispose))
            {
                // Of answers, and of the handshake; neither that nor the connection may take longer than an answer may.
                socket.ReceiveTimeout = socket.SendTimeout = patience;
                using (late.Token.Register(socket.Dispose))
                {
                    socket.Connect(endpoint);
                    lane = new RowLane(Secure(options, socket), prefix);
                }

                if (lane.LogIn(options, anyLine))
                {
                    return lane;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // Without a lane it takes longer.
        }

        lane?.Dispose();
        socket.Dispose();
        cancellationToken.ThrowIfCancellationRequested();
        return null;
    }

    public void Dispose() => stream.Dispose();

    /// <summary>Begins a command in what <see cref="Send"/> sends.</summary>
    /// <param name="words">How many words it has.</param>
    public void Begin(int words)
    {
        Put("*"u8);
        PutNumber(words);
    }

    /// <summary>Adds a word to the command.</summary>
    public void Add(ReadOnlySpan<byte> word) => Add(word, default, default);

    /// <summary>Adds a word to the command.</summary>
    public void Add(string word) => Add(Encoding.UTF8.GetBytes(word));

    /// <summary>Adds the question for a job's fields.</summary>
    /// <param name="id">The job.</param>
    public void AddJob(ReadOnlySpan<byte> id)
    {
        Put(Head);
        AddKey(id);
        Put(Fields);
    }

    /// <summary>Adds a job's key to the command.</summary>
    /// <param name="id">The job.</param>
    public void AddKey(ReadOnlySpan<byte> id) => Add(prefix, id, default);

    /// <summary>Sends what was added, if anything was.</summary>
    public void Send()
    {
        if (sent > 0)
        {
            stream.Write(request, 0, sent);
            sent = 0;
        }
    }

    /// <summary>Reads a text, into memory of its own.</summary>
    /// <returns>The text; null when the answer was none.</returns>
    public byte[]? ReadText()
    {
        Compact();
        return TrySlice(out var text) && !text.IsMissing ? text.Of(answer).ToArray() : null;
    }

    /// <summary>Reads a job's fields.</summary>
    /// <param name="row">The fields, until the next read.</param>
    /// <param name="present">How many of them the job has.</param>
    /// <param name="size">The bytes of the answer.</param>
    /// <returns>Whether the answer was a job's fields.</returns>
    public bool TryReadRow(out JobRow row, out int present, out int size)
    {
        // Positions hold until then: only between two answers is anything moved to the front.
        Compact();
        var start = from;
        row = default;
        (present, size) = (0, 0);
        if (!TryReadCount(slices.Length))
        {
            return false;
        }

        for (var i = 0; i < slices.Length; i++)
        {
            if (!TrySlice(out slices[i]))
            {
                return false;
            }

            present += slices[i].IsMissing ? 0 : 1;
        }

        size = from - start;
        row = new JobRow(answer, slices);
        return true;
    }

    private static Stream Secure(JobServerOptions options, Socket socket)
    {
        var plain = new NetworkStream(socket, ownsSocket: true);
        if (options.Address.Scheme != "rediss")
        {
            return plain;
        }

        var secure = new SslStream(plain, leaveInnerStreamOpen: false);
        secure.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = options.Address.Host,
            RemoteCertificateValidationCallback = RedisConnector.Validator(options),
            ClientCertificates = options.ClientCertificate is { } certificate ? [certificate] : null,
        });
        return secure;
    }

    private bool LogIn(JobServerOptions options, bool anyLine)
    {
        if (options.Password is { IsEmpty: false } password
            && !Say(options.User is { Length: > 0 } user ? ["AUTH", user, password.Reveal()] : ["AUTH", password.Reveal()]))
        {
            return false;
        }

        if (options.Database != 0 && !Say(["SELECT", options.Database.ToString(CultureInfo.InvariantCulture)]))
        {
            return false;
        }

        // A busy machine may answer late once over the shortest line.
        return IsOpen(anyLine) || IsOpen(anyLine) || IsOpen(anyLine);
    }

    private bool Say(string[] words)
    {
        Begin(words.Length);
        foreach (var word in words)
        {
            Add(word);
        }

        var length = sent;
        Send();
        // It may have been a password.
        Array.Clear(request, 0, length);
        return TrySkipWords(1);
    }

    private static byte[] Words(string[] words) => Encoding.ASCII.GetBytes(string.Concat(Array.ConvertAll(words, static word => $"${word.Length}\r\n{word}\r\n")));

    private void PutNumber(int number)
    {
        MakeRoom(12);
        Utf8Formatter.TryFormat(number, request.AsSpan(sent), out var digits);
        sent += digits;
        Put("\r\n"u8);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        MakeRoom(bytes.Length);
        bytes.CopyTo(request.AsSpan(sent));
        sent += bytes.Length;
    }

    private void MakeRoom(int count)
    {
        if (request.Length - sent < count)
        {
            Array.Resize(ref request, Math.Max(request.Length * 2, sent + count));
        }
    }

    /// <summary>Moves what is left to the front when the buffer runs short, between two rows.</summary>
    private void Compact()
    {
        if (from == to)
        {
            (from, to) = (0, 0);
        }
        else if (answer.Length - to < 4096 || from > answer.Length / 2)
        {
            Buffer.BlockCopy(answer, from, answer, 0, to - from);
            (from, to) = (0, to - from);
        }
    }

    private void Fill(int count)
    {
        while (to - from < count)
        {
            if (answer.Length - from < count || to == answer.Length)
            {
                Array.Resize(ref answer, Math.Max(answer.Length * 2, from + count));
            }

            var more = stream.Read(answer, to, answer.Length - to);
            if (more == 0)
            {
                throw new EndOfStreamException();
            }

            to += more;
        }
    }
}
