using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using JobAdmin.Audit;
using JobAdmin.Server.Api;

namespace JobAdmin.Server.Observing;

/// <summary>Notes every change that is asked for: a line when it begins, another with what became of it when it ends, in the form that the module's own audit has.
/// With a file, no change is made without its line.</summary>
internal sealed class AuditLog
{
    private const int IdsAtMost = 20;
    private static readonly string Version = typeof(AuditLog).Assembly.GetName().Version?.ToString(3) ?? "";
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Hosting.ServerOptions options;
    private readonly ILogger log;

    public AuditLog(Hosting.ServerOptions options, ILoggerFactory logs)
    {
        this.options = options;
        log = logs.CreateLogger("JobAdmin.Server.Audit");
        if (options.AuditFile is { } file && Fault(file, []) is { } why)
        {
            throw new Hosting.OptionError($"The audit log {file} can't be written: {why}");
        }
    }

    /// <summary>Notes that a change begins.</summary>
    /// <exception cref="ApiFault">The line could not be written, so the change must not be made.</exception>
    public void Begin(ApiCall call)
    {
        var line = Line(call, "start", []);
        if (options.AuditFile is { } file && Fault(file, line) is { } why)
        {
            log.LogError("The audit log can't be written: {Reason}", why);
            throw new ApiFault(503, "UNAVAILABLE", "The audit log can't be written, so nothing was changed") { RetryAfter = 30 };
        }
    }

    /// <summary>Notes what became of a change.</summary>
    public void End(ApiCall call, int status, ApiFault? fault, TimeSpan time)
    {
        var line = Line(call, "end", new Dictionary<string, object?>
        {
            ["result"] = fault is not null ? "failed" : status == 499 ? "stopped" : "completed",
            ["counts"] = call.Counts,
            ["ids"] = call.AuditIds.Count > 0 ? call.AuditIds.Take(IdsAtMost) : null,
            ["seconds"] = Math.Round(time.TotalSeconds, 3),
            ["error"] = fault is null ? null : new { id = fault.Code, message = fault.Message },
            ["status"] = status,
        });
        log.LogInformation("{Change}", System.Text.Encoding.UTF8.GetString(line.AsSpan(0, line.Length - 1)));
        if (options.AuditFile is { } file && Fault(file, line) is { } why)
        {
            log.LogError("The audit log can't be written: {Reason}", why);
        }
    }

    private byte[] Line(ApiCall call, string what, Dictionary<string, object?> tail)
    {
        var line = new Dictionary<string, object?>
        {
            ["time"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture),
            ["event"] = what,
            ["run"] = call.Run,
            ["user"] = call.Key.Name,
            ["host"] = call.Http.Connection.RemoteIpAddress?.ToString(),
            ["pid"] = Environment.ProcessId,
            ["version"] = Version,
            ["command"] = $"{call.Route.Method} {call.Route.Path}",
            ["connection"] = "server",
            ["kind"] = "Redis",
            ["server"] = $"{options.Redis.Address.Scheme}://{options.Redis.Address.Authority}",
            ["login"] = call.Key.Role.ToString().ToLowerInvariant(),
            ["prefix"] = options.Redis.Prefix,
            ["queue"] = call.AuditQueue,
        };
        foreach (var (name, value) in tail)
        {
            line[name] = value;
        }

        return [.. JsonSerializer.SerializeToUtf8Bytes(line, Json), (byte)'\n'];
    }

    private static string? Fault(string file, byte[] line)
    {
        try
        {
            AuditFile.Append(file, line);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
