using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>One request that has passed the guards, with what it asks for read strictly.</summary>
internal sealed class ApiCall(HttpContext http, ApiRoute route, AccessKey key, QueueScope queues, IReadOnlyDictionary<string, string> path)
{
    public const int NameLength = 256, IdLength = 512;

    public static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 1000 };

    public HttpContext Http => http;

    public ApiRoute Route => route;

    public AccessKey Key => key;

    /// <summary>The queues that the caller may see, and the only way to them.</summary>
    public QueueScope Queues => queues;

    public CancellationToken Stop => http.RequestAborted;

    /// <summary>What ties the lines of one change together in the audit.</summary>
    public string Run { get; } = Guid.NewGuid().ToString("N");

    /// <summary>The queue that is changed.</summary>
    public string? AuditQueue { get; set; } = path.GetValueOrDefault("name");

    /// <summary>The jobs that are changed, where they are named.</summary>
    public IReadOnlyList<string> AuditIds { get; set; } = path.TryGetValue("id", out var named) ? [named] : [];

    /// <summary>What became of how many jobs.</summary>
    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The queue in the path.</summary>
    public string Queue => QueueName(path["name"]);

    /// <summary>The job in the path.</summary>
    public string Id => JobId(path["id"]);

    /// <summary>Notes what became of a job.</summary>
    public void Count(JobOutcome outcome)
    {
        var status = outcome.Status.ToString();
        var name = char.ToLowerInvariant(status[0]) + status[1..];
        Counts[name] = Counts.GetValueOrDefault(name) + 1;
    }

    /// <summary>Checks a queue's name as BullMQ has them.</summary>
    public static string QueueName(string name) => name.Length is > 0 and <= NameLength && !name.Contains(':') && !HasControl(name) ? name
        : throw ApiFault.Bad($"A queue's name has 1 to {NameLength} characters, none of them a colon or a control character");

    /// <summary>Checks a job's id.</summary>
    public static string JobId(string id) => id.Length is > 0 and <= IdLength && !HasControl(id) ? id
        : throw ApiFault.Bad($"A job's id has 1 to {IdLength} characters, none of them a control character");

    /// <summary>A parameter of the query, or null. One that is there twice says two things at once.</summary>
    public string? Query(string name) => http.Request.Query.TryGetValue(name, out var values)
        ? values.Count == 1 ? values[0] ?? "" : throw ApiFault.Bad($"{name} is given more than once") : null;

    public long Number(string name, long unless, long least, long most) => Query(name) is not { } text ? unless
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
        : throw ApiFault.Bad($"{name} must be a whole number from {least} to {most}");

    public bool Flag(string name) => Query(name) switch
    {
        null or "false" or "0" => false,
        "true" or "1" or "" => true,
        _ => throw ApiFault.Bad($"{name} must be true or false"),
    };

    public string Word(string name, string unless, params string[] words) => Query(name) is not { } text ? unless
        : Array.IndexOf(words, text) >= 0 ? text : throw ApiFault.Bad($"{name} must be one of {string.Join(", ", words)}");

    public DateTimeOffset? Time(string name) => Query(name) is not { } text ? null
        : text.Length <= 64 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw ApiFault.Bad($"{name} must be an ISO 8601 date");

    /// <summary>The body as a JSON object; null when there is none.</summary>
    public async Task<JsonElement?> BodyAsync()
    {
        using var bytes = new MemoryStream();
        await http.Request.Body.CopyToAsync(bytes, Stop).ConfigureAwait(false);
        if (bytes.Length == 0)
        {
            return route.BodyOptional ? null : throw ApiFault.Bad("The request has no body: it must be a JSON object");
        }

        try
        {
            // Parsed from its text: bytes that are no UTF-8 never get any further.
            using var document = JsonDocument.Parse(Strict.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
            var root = document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : throw ApiFault.Bad("The body must be a JSON object");
            BodyFields.RequireNames(root);
            return root;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw ApiFault.Bad("The body is not valid JSON");
        }
    }

    /// <summary>Answers with <c>{"data": …}</c>.</summary>
    public Task DataAsync(Action<Utf8JsonWriter> data, int status = 200) => JsonAsync(writer =>
    {
        writer.WriteStartObject();
        writer.WritePropertyName("data");
        data(writer);
        writer.WriteEndObject();
    }, status);

    /// <summary>Answers with <c>{"data": {name: value}}</c>.</summary>
    public Task DoneAsync(string name, bool done = true) => DataAsync(writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean(name, done);
        writer.WriteEndObject();
    });

    public Task DoneAsync(string name, long count) => DataAsync(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber(name, count);
        writer.WriteEndObject();
    });

    public Task JsonAsync(Action<Utf8JsonWriter> write, int status = 200) => SendAsync(http, write, status);

    /// <summary>Sends a small answer in one piece.</summary>
    public static async Task SendAsync(HttpContext http, Action<Utf8JsonWriter> write, int status)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            write(writer);
        }

        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = buffer.WrittenCount;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
        }
    }

    private static readonly System.Text.UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static bool HasControl(string text) => text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.Contains('\x7f');
}
