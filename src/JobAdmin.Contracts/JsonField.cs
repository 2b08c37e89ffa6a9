using System.Text;
using System.Text.Json;

namespace JobAdmin;

/// <summary>JSON as it came, parsed once, when somebody looks.</summary>
internal struct JsonField(ReadOnlyMemory<byte>? raw)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 1000 };
    private JsonElement? parsed;
    private bool tried;

    public ReadOnlyMemory<byte>? Raw { get; } = raw;

    public readonly string? Text => Raw is { } raw ? Encoding.UTF8.GetString(raw.Span) : null;

    public JsonElement? Parse()
    {
        if (tried || Raw is not { } raw)
        {
            return parsed;
        }

        tried = true;
        try
        {
            using var document = JsonDocument.Parse(JsonStrings.Valid(raw), Deep);
            parsed = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Not JSON: whoever asks falls back on the text.
        }

        return parsed;
    }
}
