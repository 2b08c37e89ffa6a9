using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using JobAdmin.Base;

namespace JobAdmin.Parameters;

/// <summary>Makes JSON of what users give as data: a text that is JSON already, a hashtable, or an object.</summary>
internal static class JsonText
{
    private const int MaxDepth = 100;
    internal static readonly JsonDocumentOptions Reading = new() { MaxDepth = 1000 };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    /// <summary>Converts a value.</summary>
    /// <param name="value">The value; null is an empty object.</param>
    /// <param name="parameter">The parameter, for errors.</param>
    public static string Of(object? value, string parameter)
    {
        var plain = Unwrap(value);
        if (plain is null)
        {
            return "{}";
        }

        if (plain is string text)
        {
            Check(text, parameter);
            return text;
        }

        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            Write(writer, value, 0, parameter);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Converts a value that has to be an object, such as options by name.</summary>
    /// <param name="value">The value; null is none.</param>
    /// <param name="parameter">The parameter, for errors.</param>
    public static string? ObjectOf(object? value, string parameter)
    {
        if (Unwrap(value) is null)
        {
            return null;
        }

        var text = Of(value, parameter);
        using var document = JsonDocument.Parse(text, Reading);
        return document.RootElement.ValueKind == JsonValueKind.Object ? text
            : throw JobErrors.Input("InvalidJson", $"-{parameter} is not a JSON object.", $"Give a hashtable, as in -{parameter} @{{ keepLogs = 100 }}, or JSON in braces.", value);
    }

    private static void Check(string text, string parameter)
    {
        try
        {
            JsonDocument.Parse(text, Reading).Dispose();
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? $" (line {line + 1}, place {e.BytePositionInLine + 1})" : "";
            var why = e.Message.Split(". ", 2)[0].TrimEnd('.');
            throw JobErrors.Input("InvalidJson", $"-{parameter} is not JSON{where}: {why}.", "Give a hashtable or an object, or JSON; a plain text is JSON in quotes: '\"text\"'.", text);
        }
    }

    private static object? Unwrap(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value is DBNull ? null : value;

    private static void Write(Utf8JsonWriter writer, object? given, int depth, string parameter)
    {
        if (depth > MaxDepth)
        {
            throw JobErrors.Input("InvalidJson", $"-{parameter} is nested more than {MaxDepth} levels deep, or holds itself.", "Give an object that ends somewhere.");
        }

        var value = Unwrap(given);
        if (WriteSimple(writer, value))
        {
            return;
        }

        switch (value)
        {
            case IDictionary table:
                writer.WriteStartObject();
                foreach (DictionaryEntry entry in table)
                {
                    writer.WritePropertyName(entry.Key.ToString() ?? "");
                    Write(writer, entry.Value, depth + 1, parameter);
                }

                writer.WriteEndObject();
                break;
            case IEnumerable items:
                writer.WriteStartArray();
                foreach (var item in items)
                {
                    Write(writer, item, depth + 1, parameter);
                }

                writer.WriteEndArray();
                break;
            default:
                WriteProperties(writer, PSObject.AsPSObject(given), depth, parameter);
                break;
        }
    }

    private static void WriteProperties(Utf8JsonWriter writer, PSObject value, int depth, string parameter)
    {
        writer.WriteStartObject();
        foreach (var property in value.Properties.Where(property => property.IsGettable))
        {
            object? content;
            try
            {
                content = property.Value;
            }
            catch (GetValueException)
            {
                // A property that can't be read is not part of the data.
                continue;
            }

            writer.WritePropertyName(property.Name);
            Write(writer, content, depth + 1, parameter);
        }

        writer.WriteEndObject();
    }

    // As JavaScript writes a time.
    private static string Text(DateTimeOffset time) => time.ToString(time.Offset == TimeSpan.Zero ? "yyyy-MM-ddTHH:mm:ss.fffZ" : "yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture);

    private static bool WriteSimple(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case SwitchParameter given:
                writer.WriteBooleanValue(given.IsPresent);
                break;
            case JsonElement element:
                element.WriteTo(writer);
                break;
            case Enum or char or Guid or Uri or Version or Type:
                writer.WriteStringValue(value.ToString());
                break;
            case DateTime time:
                writer.WriteStringValue(time.Kind == DateTimeKind.Unspecified ? time.ToString("yyyy-MM-ddTHH:mm:ss.fff", CultureInfo.InvariantCulture) : Text(time));
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(Text(time));
                break;
            case TimeSpan span:
                writer.WriteStringValue(span.ToString("c", CultureInfo.InvariantCulture));
                break;
            case byte[] bytes:
                writer.WriteBase64StringValue(bytes);
                break;
            case double.NaN or double.PositiveInfinity or double.NegativeInfinity or float.NaN or float.PositiveInfinity or float.NegativeInfinity:
                // As JavaScript writes what is no number.
                writer.WriteNullValue();
                break;
            case BigInteger or sbyte or byte or short or ushort or int or uint or long or ulong or decimal:
                writer.WriteRawValue(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case double or float:
                writer.WriteRawValue(((IFormattable)value).ToString("R", CultureInfo.InvariantCulture));
                break;
            default:
                return false;
        }

        return true;
    }
}
