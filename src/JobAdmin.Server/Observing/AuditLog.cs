using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using JobAdmin.Server.Api;

namespace JobAdmin.Server.Observing;

/// <summary>Notes every change that was asked for, whether it came about or not: who, what, where, and what became of it. One line of JSON each.</summary>
internal sealed class AuditLog : IDisposable
{
    private readonly ILogger log;
    private readonly FileStream? file;
    private readonly object turn = new();

    public AuditLog(Hosting.ServerOptions options, ILoggerFactory logs)
    {
        log = logs.CreateLogger("JobAdmin.Server.Audit");
        try
        {
            file = options.AuditFile is { } path ? new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Hosting.OptionError($"The audit log {options.AuditFile} can't be written: {e.Message}");
        }
    }

    /// <summary>Notes a change.</summary>
    public void Write(ApiCall call, int status, string? error, TimeSpan time)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, ApiCall.Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("time", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            writer.WriteString("key", call.Key.Name);
            writer.WriteString("role", call.Key.Role.ToString().ToLowerInvariant());
            writer.WriteString("from", call.Http.Connection.RemoteIpAddress?.ToString());
            writer.WriteString("action", $"{call.Route.Method} {call.Route.Path}");
            writer.WriteString("queue", call.AuditQueue);
            writer.WriteString("job", call.AuditId);
            if (call.AuditCount is { } count)
            {
                writer.WriteNumber("count", count);
            }

            writer.WriteNumber("status", status);
            if (error is not null)
            {
                writer.WriteString("error", error);
            }

            writer.WriteNumber("ms", (long)time.TotalMilliseconds);
            writer.WriteEndObject();
        }

        var line = Encoding.UTF8.GetString(buffer.WrittenSpan);
        log.LogInformation("{Change}", line);
        if (file is not null)
        {
            buffer.Write("\n"u8);
            lock (turn)
            {
                try
                {
                    file.Write(buffer.WrittenSpan);
                }
                catch (IOException e)
                {
                    log.LogError("The audit log can't be written: {Reason}", e.Message);
                }
            }
        }
    }

    public void Dispose() => file?.Dispose();
}
