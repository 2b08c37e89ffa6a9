using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.Http;

/// <summary>Reads fields of a JSON object whatever their type, under any of several names; a field that is missing, null or of no use is null.</summary>
internal static class ApiJson
{
    public static JsonElement? Field(this JsonElement element, string name, string? or = null, string? orElse = null)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        return One(element, name) ?? One(element, or) ?? One(element, orElse);

        static JsonElement? One(JsonElement element, string? name) =>
            name is not null && JsonStrings.TryGet(element, name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined)
                ? value : null;
    }

    /// <summary>A text; numbers and truth values are taken as they stand, <c>{"$oid"}</c> as its id.</summary>
    public static string? Text(this JsonElement element, string name, string? or = null, string? orElse = null) => AsText(Field(element, name, or, orElse));

    public static string? AsText(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.String } text => JsonStrings.Read(text),
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } plain => plain.GetRawText(),
        { ValueKind: JsonValueKind.Object } oid when JsonStrings.TryGet(oid, "$oid", out var id) => id.ToString(),
        _ => null,
    };

    public static double? Number(this JsonElement element, string name, string? or = null, string? orElse = null) => AsNumber(Field(element, name, or, orElse));

    public static double? AsNumber(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out var result) && double.IsFinite(result) => result,
        { ValueKind: JsonValueKind.String } text when double.TryParse(JsonStrings.Read(text), NumberStyles.Float, CultureInfo.InvariantCulture, out var result)
            && double.IsFinite(result) => result,
        _ => null,
    };

    public static long? Integer(this JsonElement element, string name, string? or = null, string? orElse = null) =>
        Number(element, name, or, orElse) is { } number && Math.Abs(number) < 9e15 ? (long)number : null;

    public static int? Small(this JsonElement element, string name, string? or = null, string? orElse = null) =>
        Integer(element, name, or, orElse) is { } number and >= int.MinValue and <= int.MaxValue ? (int)number : null;

    public static bool? Flag(this JsonElement element, string name, string? or = null, string? orElse = null) => Field(element, name, or, orElse) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.Number } number => number.GetRawText() != "0",
        { ValueKind: JsonValueKind.String } text => JsonStrings.Read(text) switch { "true" or "1" => true, "false" or "0" => false, _ => null },
        _ => null,
    };

    /// <summary>A time: ISO 8601 (without an offset it is taken as UTC), epoch milliseconds or seconds, or <c>{"$date": …}</c> of either.</summary>
    public static DateTimeOffset? Time(this JsonElement element, string name, string? or = null, string? orElse = null) =>
        AsTime(Field(element, name, or, orElse));

    public static DateTimeOffset? AsTime(JsonElement? value)
    {
        if (value is { ValueKind: JsonValueKind.Object } wrapped)
        {
            return AsTime(Field(wrapped, "$date", "$numberLong"));
        }

        if (value is { ValueKind: JsonValueKind.String } text && DateTimeOffset.TryParse(JsonStrings.Read(text), CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        return AsNumber(value) is { } number ? FromEpoch(number) : null;
    }

    /// <summary>A point in time from a number that is too small for milliseconds when it means seconds.</summary>
    public static DateTimeOffset? FromEpoch(double number) => number switch
    {
        <= 0 or > 253402300799999 or double.NaN => null,
        < 1e11 => DateTimeOffset.FromUnixTimeMilliseconds((long)(number * 1000)),
        _ => DateTimeOffset.FromUnixTimeMilliseconds((long)number),
    };

    /// <summary>A length of time in milliseconds; null for what is none.</summary>
    public static TimeSpan? Milliseconds(double? number) => number is >= 0 and < 1e14 and { } span ? TimeSpan.FromMilliseconds(span) : null;

    /// <summary>The JSON of a field as it came, apart from the answer that held it.</summary>
    public static ReadOnlyMemory<byte>? Raw(this JsonElement element, string name, string? or = null, string? orElse = null) =>
        Field(element, name, or, orElse) is { } value ? Bytes(value) : default(ReadOnlyMemory<byte>?);

    public static ReadOnlyMemory<byte> Bytes(JsonElement value) => Encoding.UTF8.GetBytes(value.GetRawText());

    /// <summary>JSON that the server keeps as text inside a JSON string.</summary>
    public static ReadOnlyMemory<byte>? Inner(this JsonElement element, string name, string? or = null, string? orElse = null) =>
        Field(element, name, or, orElse) switch
        {
            { ValueKind: JsonValueKind.String } text => Encoding.UTF8.GetBytes(JsonStrings.Read(text)!),
            { } value => Bytes(value),
            null => default(ReadOnlyMemory<byte>?),
        };

    /// <summary>Progress as <see cref="QueueJob.Progress"/> has it: a number, or JSON text.</summary>
    /// <param name="element">The job.</param>
    /// <param name="factor">What a number is multiplied with to make per cent.</param>
    /// <param name="name">The field's name.</param>
    /// <param name="or">Another name.</param>
    /// <param name="orElse">Another name.</param>
    public static object? Progress(this JsonElement element, double factor, string name, string? or = null, string? orElse = null)
    {
        if (Field(element, name, or, orElse) is not { } value)
        {
            return null;
        }

        if (AsNumber(value) is not { } number)
        {
            return value.GetRawText();
        }

        number *= factor;
        return number == Math.Floor(number) && Math.Abs(number) < int.MaxValue ? (object)(int)number : number;
    }

    /// <summary>The texts of a list; what is no text is given as JSON.</summary>
    public static IReadOnlyList<string>? Texts(this JsonElement element, string name, string? or = null, string? orElse = null) =>
        Field(element, name, or, orElse) is { ValueKind: JsonValueKind.Array } list
            ? [.. list.EnumerateArray().Select(static item => AsText(item) ?? item.GetRawText())]
            : null;

    /// <summary>The members of a list; none when it is no list.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement? value)
    {
        if (value is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var item in list.EnumerateArray())
            {
                yield return item;
            }
        }
    }
}
