using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace JobAdmin.Server.Json;

/// <summary>Writes stored JSON as it is stored. What isn't JSON, or no UTF-8, goes out as a text, so that the answer around it stays whole.</summary>
internal static class RawJson
{
    private const int MaxDepth = 256;

    /// <summary>Writes a value.</summary>
    public static void Write(Utf8JsonWriter writer, ReadOnlyMemory<byte>? raw)
    {
        if (raw is not { Length: > 0 } bytes)
        {
            writer.WriteNullValue();
        }
        else if (IsSound(bytes.Span))
        {
            writer.WriteRawValue(bytes.Span, skipInputValidation: true);
        }
        else
        {
            writer.WriteStringValue(Encoding.UTF8.GetString(bytes.Span));
        }
    }

    /// <summary>Writes a text that is JSON more often than not.</summary>
    public static void Write(Utf8JsonWriter writer, string? text) => Write(writer, text is null ? null : Encoding.UTF8.GetBytes(text));

    /// <summary>Writes progress: a number, or the JSON that the worker gave; 0 when it gave none.</summary>
    public static void WriteProgress(Utf8JsonWriter writer, object? progress)
    {
        switch (progress)
        {
            case null: writer.WriteNumberValue(0); break;
            case int whole: writer.WriteNumberValue(whole); break;
            case double real when double.IsFinite(real): writer.WriteNumberValue(real); break;
            default: Write(writer, progress.ToString()); break;
        }
    }

    /// <summary>Whether bytes are one JSON value, and UTF-8.</summary>
    public static bool IsSound(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
            }

            return Utf8.IsValid(bytes);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
