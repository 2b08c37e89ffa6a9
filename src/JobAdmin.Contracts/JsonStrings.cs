using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace JobAdmin;

/// <summary>Reads JSON that others wrote: theirs may hold what .NET's reader refuses and JavaScript's does not.</summary>
internal static class JsonStrings
{
    /// <summary>The text of a JSON string, also when it has half of a surrogate pair, as a text cut in the middle of an emoji has.</summary>
    /// <param name="element">The string.</param>
    /// <returns>The text.</returns>
    public static string? Read(JsonElement element)
    {
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException) when (element.ValueKind == JsonValueKind.String)
        {
            return Unescape(element.GetRawText().AsSpan()[1..^1]);
        }
    }

    /// <summary>The name of a member, in the same way.</summary>
    /// <param name="member">The member.</param>
    /// <returns>The name.</returns>
    public static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            var raw = member.ToString();
            return Unescape(raw.AsSpan(1, raw.Length - member.Value.GetRawText().Length - 3));
        }
    }

    /// <summary>A member by its name; the last, when there are several.</summary>
    /// <param name="element">The object.</param>
    /// <param name="name">The name.</param>
    /// <param name="value">The member's value.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGet(JsonElement element, string name, out JsonElement value)
    {
        try
        {
            return element.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException) when (element.ValueKind == JsonValueKind.Object)
        {
            // Another member's name has half of a pair.
            value = element.EnumerateObject().LastOrDefault(member => Name(member) == name).Value;
            return value.ValueKind != JsonValueKind.Undefined;
        }
    }

    /// <summary>The bytes as UTF-8: those that are none are replaced, as every reader of texts does.</summary>
    /// <param name="raw">The bytes.</param>
    /// <returns>The same when they are UTF-8.</returns>
    public static ReadOnlyMemory<byte> Valid(ReadOnlyMemory<byte> raw) => Utf8.IsValid(raw.Span) ? raw : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(raw.Span));

    private static string Unescape(ReadOnlySpan<char> raw)
    {
        var text = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                text.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] == 'u')
            {
                text.Append((char)ushort.Parse(raw.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 4;
                continue;
            }

            text.Append(raw[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var c => c });
        }

        return text.ToString();
    }
}
