using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using JobAdmin.Base;

namespace JobAdmin.Audit;

/// <summary>One change of one queue by one command: a line when it begins, another with all of that and what became of it when it ends.</summary>
internal sealed class AuditEntry
{
    private const int IdsAtMost = 20;

    private static readonly string Version = typeof(AuditEntry).Assembly.GetName().Version?.ToString(3) ?? "";
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<string, object?> head;
    private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);
    private readonly List<string> ids = [];
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly string path;
    private readonly bool named;

    /// <summary>Makes an entry.</summary>
    /// <param name="path">The audit file.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="parameters">Its parameters as they may be written down.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="which">Which of its jobs; null where they are named, or where the queue itself is meant.</param>
    /// <param name="reason">Why, in the user's words.</param>
    public AuditEntry(string path, string command, object parameters, QueueReference queue, AuditFilter? which, string? reason)
    {
        this.path = path;
        named = which is null;
        var connection = queue.Server.Connection;
        head = new Dictionary<string, object?>
        {
            ["run"] = Guid.NewGuid().ToString("N"),
            ["user"] = OperatingSystem.IsWindows() ? $"{Environment.UserDomainName}\\{Environment.UserName}" : Environment.UserName,
            ["host"] = Environment.MachineName,
            ["pid"] = Environment.ProcessId,
            ["version"] = Version,
            ["command"] = command,
            ["parameters"] = parameters,
            ["connection"] = connection.Name,
            ["kind"] = connection.Kind.ToString(),
            ["server"] = connection.Endpoint,
            ["login"] = connection.User,
            ["prefix"] = connection.Prefix,
            ["queue"] = queue.Queue,
            ["filter"] = which?.ToRecord(),
            ["reason"] = reason,
        };
    }

    /// <summary>Whether its end has been written.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Writes the first line.</summary>
    public void Begin() => Write("start", []);

    /// <summary>Counts what became of jobs, or of the queue.</summary>
    public void Count(string outcome, long number, string? id)
    {
        counts[outcome] = counts.GetValueOrDefault(outcome) + number;
        if (named && id is not null && ids.Count < IdsAtMost)
        {
            ids.Add(id);
        }
    }

    /// <summary>Writes the last line.</summary>
    /// <param name="result"><c>completed</c>, <c>stopped</c> or <c>failed</c>.</param>
    /// <param name="error">What it failed with.</param>
    public void End(string result, Exception? error)
    {
        HasEnded = true;
        Write("end", new Dictionary<string, object?>
        {
            ["result"] = result,
            ["counts"] = counts,
            ["ids"] = ids.Count > 0 ? ids : null,
            ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3),
            ["error"] = error is null ? null : new { id = (error as JobServerException)?.ErrorId ?? error.GetType().Name, message = error.Message },
        });
    }

    private void Write(string what, Dictionary<string, object?> tail)
    {
        var line = new Dictionary<string, object?> { ["time"] = DateTimeOffset.Now.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", System.Globalization.CultureInfo.InvariantCulture), ["event"] = what };
        foreach (var (name, value) in head.Concat(tail))
        {
            line[name] = value;
        }

        AuditTrail.Append(path, [.. JsonSerializer.SerializeToUtf8Bytes(line, Json), (byte)'\n']);
    }
}
