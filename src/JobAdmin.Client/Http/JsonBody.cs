using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.Http;

/// <summary>Writes the JSON of requests.</summary>
internal static class JsonBody
{
    public static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>JSON text of the user's as it is, once it is known to be JSON.</summary>
    public static void WriteText(this Utf8JsonWriter writer, string name, string json, string what)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (JsonException e)
        {
            throw new JobServerException("InvalidData", JobErrorKind.InvalidInput, $"The {what} is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.",
                "Give JSON text, or an object to be written as JSON.");
        }

        writer.WritePropertyName(name);
        writer.WriteRawValue(Encoding.UTF8.GetBytes(json), skipInputValidation: true);
    }
}
