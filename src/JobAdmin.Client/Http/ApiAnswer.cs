using System.Text.Json;

namespace JobAdmin.Client.Http;

/// <summary>What went wrong before there was an answer.</summary>
internal enum ApiFault
{
    None,
    /// <summary>The request did not leave this machine.</summary>
    NotSent,
    /// <summary>The connection broke after the request was sent.</summary>
    Broken,
    /// <summary>No answer, or not all of it, in time.</summary>
    TimedOut,
    /// <summary>The body is larger than any sensible answer.</summary>
    TooLarge,
    /// <summary>The server points elsewhere, where we don't follow.</summary>
    Redirected,
}

/// <summary>An answer with its body, or the fault that came instead.</summary>
internal sealed class ApiAnswer(ApiRequest request) : IDisposable
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1000 };
    private JsonDocument? document;
    private bool parsed;

    public ApiRequest Request { get; } = request;

    public int Status { get; init; }

    public string? MediaType { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    public ApiFault Fault { get; init; }

    public string? FaultText { get; init; }

    /// <summary>Whether the server wants us to wait; only then is <see cref="Wait"/> of any meaning.</summary>
    public bool RateLimited { get; init; }

    /// <summary>How long, as far as it says.</summary>
    public TimeSpan? Wait { get; init; }

    public bool IsSuccess => Fault == ApiFault.None && Status is >= 200 and < 300;

    public bool IsJsonType => IsJson(MediaType);

    /// <summary>Whether a change may have been made although the answer is not one that says so.</summary>
    public bool MayHaveHappened => !Request.IsRead && (Fault switch
    {
        // A gateway, which says 502 or 504 in JSON too, does not know what the server behind it has done.
        ApiFault.None => IsSuccess || Status is 502 or 504 || (Status >= 500 && Json is null),
        ApiFault.Redirected => Status == 303,
        ApiFault.NotSent => false,
        _ => true,
    });

    /// <summary>The body as JSON; null when it is none.</summary>
    public JsonElement? Json
    {
        get
        {
            if (!parsed)
            {
                parsed = true;
                document = Parse();
            }

            return document?.RootElement;
        }
    }

    public void Dispose() => document?.Dispose();

    public static bool IsJson(string? mediaType) =>
        mediaType is null or "application/json" or "text/json" || mediaType.EndsWith("+json", StringComparison.Ordinal);

    private JsonDocument? Parse()
    {
        if (Fault != ApiFault.None || !IsJsonType || Body.IsEmpty)
        {
            return null;
        }

        try
        {
            var body = Body.Span.StartsWith("\uFEFF"u8) ? Body[3..] : Body;
            return JsonDocument.Parse(JsonStrings.Valid(body), Deep);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
