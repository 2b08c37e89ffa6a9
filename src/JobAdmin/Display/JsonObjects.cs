using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Numerics;
using System.Text.Json;

namespace JobAdmin.Display;

/// <summary>JSON as PowerShell objects, in the shapes that <c>ConvertFrom-Json</c> gives, but for two things: a text that looks like a
/// date stays text, and an object that no PSCustomObject can hold becomes an ordered dictionary instead of an error.</summary>
public static class JsonObjects
{
    private const int MaxDepth = 1024;
    private const int MaxIntegerLength = 380;

    /// <summary>Converts one JSON value.</summary>
    /// <param name="element">The value.</param>
    /// <returns>A PSCustomObject, an array, a text, a <see cref="long"/> (beyond its range a <see cref="BigInteger"/>), a <see cref="double"/>, a bool or null.
    /// What lies deeper than 1024 levels is given as JSON text.</returns>
    public static object? ToObject(JsonElement element) => Convert(element, 0);

    /// <summary>Converts a field of a job.</summary>
    /// <param name="parsed">The field as JSON, or null when it is none.</param>
    /// <param name="text">The field as stored, or null when it was not read.</param>
    /// <returns>The objects; the text when it is not JSON; null when it was not read.</returns>
    public static object? ToObject(JsonElement? parsed, string? text)
    {
        if (parsed is not { } element)
        {
            return text;
        }

        try
        {
            return Convert(element, 0);
        }
        catch (InvalidOperationException)
        {
            // Bytes that are not UTF-8 inside a JSON text.
            return text;
        }
    }

    private static object? Convert(JsonElement element, int depth) => element.ValueKind switch
    {
        JsonValueKind.Object => depth < MaxDepth ? ConvertObject(element, depth) : element.GetRawText(),
        JsonValueKind.Array => depth < MaxDepth ? ConvertArray(element, depth) : element.GetRawText(),
        JsonValueKind.String => JsonStrings.Read(element),
        JsonValueKind.Number => ConvertNumber(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static object?[] ConvertArray(JsonElement element, int depth)
    {
        var items = new object?[element.GetArrayLength()];
        var i = 0;
        foreach (var item in element.EnumerateArray())
        {
            items[i++] = Convert(item, depth + 1);
        }

        return items;
    }

    private static object ConvertObject(JsonElement element, int depth)
    {
        var members = new OrderedDictionary(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var holdable = true;
        foreach (var member in element.EnumerateObject())
        {
            var name = JsonStrings.Name(member);
            if (!members.Contains(name))
            {
                holdable &= names.Add(name) && name.Length > 0 && !IsReserved(name);
            }

            members[name] = Convert(member.Value, depth + 1);
        }

        if (!holdable)
        {
            return members;
        }

        var converted = new PSObject();
        foreach (System.Collections.DictionaryEntry member in members)
        {
            converted.Properties.Add(new PSNoteProperty((string)member.Key, member.Value));
        }

        return converted;
    }

    // PowerShell keeps these names for itself and throws when one is added.
    private static bool IsReserved(string name) => name.StartsWith("ps", StringComparison.OrdinalIgnoreCase)
        && name[2..].ToUpperInvariant() is "BASE" or "ADAPTED" or "EXTENDED" or "OBJECT" or "TYPENAMES";

    private static object ConvertNumber(JsonElement element)
    {
        if (element.TryGetInt64(out var integer))
        {
            return integer;
        }

        var text = element.GetRawText();
        return text.Length <= MaxIntegerLength && text.AsSpan().IndexOfAny('.', 'e', 'E') < 0
            ? BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)
            : element.GetDouble();
    }
}
