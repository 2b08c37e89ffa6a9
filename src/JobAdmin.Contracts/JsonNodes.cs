using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobAdmin;

/// <summary>JSON as nodes that can be changed, also where .NET's own would refuse it: of a name that comes twice the last counts, as in JavaScript and Lua.</summary>
internal static class JsonNodes
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The node; null for JSON's null.</returns>
    public static JsonNode? Parse(ReadOnlyMemory<byte> text)
    {
        using var document = JsonDocument.Parse(text);
        return Of(document.RootElement);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The node; null for JSON's null.</returns>
    public static JsonNode? Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return Of(document.RootElement);
    }

    /// <summary>Makes nodes of an element.</summary>
    /// <param name="element">The element.</param>
    /// <returns>The node; null for JSON's null.</returns>
    public static JsonNode? Of(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in element.EnumerateObject())
                {
                    members[JsonStrings.Name(member)] = Of(member.Value);
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Of)]);
            case JsonValueKind.String:
                return JsonValue.Create(JsonStrings.Read(element));
            default:
                return JsonValue.Create(element.Clone());
        }
    }
}
