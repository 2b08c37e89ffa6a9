using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.BullMq;

/// <summary>What the values of a job's fields mean.</summary>
internal static class JobValues
{
    /// <summary>A number as a field has it; null where there is none.</summary>
    /// <returns>Whether it is one, or nothing.</returns>
    public static bool TryNumber(ReadOnlySpan<byte> span, out long? number)
    {
        number = null;
        if (span.IsEmpty)
        {
            return true;
        }

        if (Utf8Parser.TryParse(span, out long whole, out var used) && used == span.Length)
        {
            number = whole;
        }
        else if (Utf8Parser.TryParse(span, out double real, out used) && used == span.Length && double.IsFinite(real) && Math.Abs(real) < 9e18)
        {
            number = (long)real;
        }

        return number is not null;
    }

    /// <summary>A number as a count; the largest there is, where it is beyond that.</summary>
    public static int? Count(long? number) => number is { } n ? (int)Math.Clamp(n, int.MinValue, int.MaxValue) : null;

    /// <summary>How many attempts a job's options allow, one at the least; null where they don't say it. As the scripts do, it takes the first number behind the name.</summary>
    public static int? Allowed(ReadOnlySpan<byte> options)
    {
        for (var name = "\"attempts\":"u8; options.IndexOf(name) is var at and >= 0;)
        {
            options = options[(at + name.Length)..];
            if (options is [>= (byte)'0' and <= (byte)'9', ..])
            {
                return Utf8Parser.TryParse(options, out int number, out _) ? Math.Max(number, 1) : null;
            }
        }

        return null;
    }

    /// <summary>Progress: a number, or the text that the worker gave; null when it gave none.</summary>
    public static object? Progress(ReadOnlySpan<byte> span)
    {
        if (span.IsEmpty)
        {
            return null;
        }

        if (Utf8Parser.TryParse(span, out int whole, out var used) && used == span.Length)
        {
            return whole;
        }

        if (Utf8Parser.TryParse(span, out double real, out used) && used == span.Length)
        {
            return real;
        }

        return Encoding.UTF8.GetString(span);
    }

    /// <summary>The traces of a job; what is no JSON is one text.</summary>
    /// <returns>Whether they were stored as BullMQ stores them.</returns>
    public static bool TryStackLines(ReadOnlySpan<byte> raw, out List<string> lines)
    {
        try
        {
            lines = JsonSerializer.Deserialize<List<string?>>(raw)?.ConvertAll(line => line ?? "") ?? [];
            return true;
        }
        catch (JsonException)
        {
            lines = [Encoding.UTF8.GetString(raw)];
            return false;
        }
    }

    /// <summary>Queue and id of a job's key. Ids may have colons (a scheduler's runs do), queues may not: with our prefix both are known for sure.</summary>
    public static (string? Queue, string? Id) SplitKey(string? key, string? prefix)
    {
        if (key is null)
        {
            return default;
        }

        var start = prefix is not null && key.StartsWith(prefix + ":", StringComparison.Ordinal) ? prefix.Length + 1 : -1;
        var end = start >= 0 ? key.IndexOf(':', start) : key.LastIndexOf(':');
        if (end <= 0)
        {
            return (null, key);
        }

        start = start >= 0 ? start : key.LastIndexOf(':', end - 1) + 1;
        return (key[start..end], key[(end + 1)..]);
    }
}
