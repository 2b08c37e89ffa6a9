using System.Text.Json;

namespace JobAdmin.Server.Api;

/// <summary>Reads fields of a body strictly: a field of another type is an error, never a default.</summary>
internal static class BodyFields
{
    /// <summary>A field; null when it is missing or null.</summary>
    public static JsonElement? Field(JsonElement? body, string name) =>
        body is { } json && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(JsonElement? body, string name) => Field(body, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? Sound(value, name) : throw ApiFault.Bad($"{name} must be a string");

    public static string? Word(JsonElement? body, string name, params string[] words) => Field(body, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String && Array.IndexOf(words, Sound(value, name)) >= 0 ? Sound(value, name)
        : throw ApiFault.Bad(words.Length == 2 ? $"{name} must be \"{words[0]}\" or \"{words[1]}\"" : $"{name} must be one of {string.Join(", ", words)}");

    public static long? Number(JsonElement? body, string name, long least, long most) => Field(body, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most ? number
        : throw ApiFault.Bad($"{name} must be a whole number from {least} to {most}");

    public static bool? Flag(JsonElement? body, string name) => Field(body, name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw ApiFault.Bad($"{name} must be true or false");

    /// <summary>An object; null when it is missing.</summary>
    public static JsonElement? Map(JsonElement? body, string name) => Field(body, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? value : throw ApiFault.Bad($"{name} must be an object");

    /// <summary>Refuses names that are no text, such as half a surrogate pair. A job's data may have them, and are not looked into.</summary>
    public static void RequireNames(JsonElement map)
    {
        try
        {
            foreach (var field in map.EnumerateObject())
            {
                if (field.Name != "data" && field.Value.ValueKind == JsonValueKind.Object)
                {
                    RequireNames(field.Value);
                }
            }
        }
        catch (InvalidOperationException)
        {
            throw ApiFault.Bad("The body has a name that is no valid text");
        }
    }

    /// <summary>Refuses fields that are not known: a misspelt bound would otherwise bind nothing.</summary>
    public static void Only(JsonElement? body, string where, params string[] names)
    {
        foreach (var field in body is { } json ? json.EnumerateObject() : default)
        {
            if (Array.IndexOf(names, field.Name) < 0)
            {
                throw ApiFault.Bad($"{where}{ApiFault.Shown(field.Name)} is not known");
            }
        }
    }

    /// <summary>Ids as a list of strings.</summary>
    public static IReadOnlyList<string> Ids(JsonElement? body, string name, int most)
    {
        if (Field(body, name) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() is 0 || list.GetArrayLength() > most)
        {
            throw ApiFault.Bad($"{name} must be an array of 1 to {most} job ids");
        }

        return [.. list.EnumerateArray().Select(id => id.ValueKind == JsonValueKind.String ? ApiCall.JobId(Sound(id, name)) : throw ApiFault.Bad($"{name} must hold strings"))];
    }

    private static string Sound(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: no text that Redis could be given.
            throw ApiFault.Bad($"{name} is no valid text");
        }
    }
}
