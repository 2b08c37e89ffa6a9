using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Server.Json;

/// <summary>JSON put together from pieces that are bytes already: the same bytes as a <see cref="Utf8JsonWriter"/> of ours would write, without making
/// texts of them first.</summary>
internal sealed class JsonBytes
{
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    // What stands in a JSON text as it is, of ASCII.
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(static c => (byte)c).Where(static c => c is not ((byte)'"' or (byte)'\\'))]);
    private readonly RecordText text = new(least: 8192, mostKept: 1 << 20);

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => text.Written.Span;

    /// <summary>Begins anew; the memory of a job that was huge is not kept.</summary>
    public void Clear() => text.Clear();

    /// <summary>Adds bytes as they are.</summary>
    public void Add(ReadOnlySpan<byte> piece) => text.Put(piece);

    /// <summary>Adds a number.</summary>
    public void Add(long number) => text.Put(number);

    /// <summary>Adds a number, or null.</summary>
    public void Add(long? number)
    {
        if (number is { } value)
        {
            Add(value);
        }
        else
        {
            Add("null"u8);
        }
    }

    /// <summary>Adds a text.</summary>
    public void AddText(ReadOnlySpan<byte> utf8)
    {
        if (!text.TryPutText(utf8))
        {
            text.PutText(Encoding.UTF8.GetString(utf8));
        }
    }

    /// <summary>Adds a text, or null.</summary>
    public void AddText(string? value)
    {
        if (value is null)
        {
            Add("null"u8);
        }
        else
        {
            text.PutText(value);
        }
    }

    /// <summary>Adds a time as the second page has them, or null.</summary>
    public void AddTime(DateTimeOffset? time)
    {
        if (time is not { } at)
        {
            Add("null"u8);
            return;
        }

        // To the millisecond: of seven digits, three.
        Span<byte> whole = stackalloc byte[28];
        Utf8Formatter.TryFormat(at.UtcDateTime, whole, out _, 'O');
        Add("\""u8);
        Add(whole[..23]);
        Add("Z\""u8);
    }

    /// <summary>Adds JSON as it is stored; what isn't JSON, or no UTF-8, as a text.</summary>
    public void AddStored(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty)
        {
            Add("null"u8);
        }
        else if (RawJson.IsSound(stored))
        {
            Add(stored);
        }
        else
        {
            AddText(stored);
        }
    }

    /// <summary>Adds progress: a number, or the JSON that the worker gave; 0 when it gave none.</summary>
    public void AddProgress(ReadOnlySpan<byte> stored)
    {
        var progress = JobValues.Progress(stored);
        switch (progress)
        {
            case null: Add(0); break;
            case int whole: Add(whole); break;
            case double real when double.IsFinite(real): Add(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(real))); break;
            default: AddStored(Encoding.UTF8.GetBytes(progress.ToString()!)); break;
        }
    }

    /// <summary>Adds an array of texts as it is stored, where a writer would write the same.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryAddTexts(ReadOnlySpan<byte> stored)
    {
        if (!IsPlainArray(stored))
        {
            return false;
        }

        Add(stored);
        return true;
    }

    /// <summary>Whether JSON is an array of texts without white space, and each character in it as it would be written.</summary>
    private static bool IsPlainArray(ReadOnlySpan<byte> json)
    {
        if (json.Length < 2 || json[0] != '[' || json[^1] != ']')
        {
            return false;
        }

        if (json.Length == 2)
        {
            return true;
        }

        // Behind each text stands a comma or the end.
        var at = 1;
        while (json[at] == '"')
        {
            var text = TextLength(json[(at + 1)..]);
            if (text < 0 || (at += text + 2) >= json.Length)
            {
                return false;
            }

            if (json[at] == ']')
            {
                return at == json.Length - 1;
            }

            if (json[at] != ',')
            {
                return false;
            }

            at++;
        }

        return false;
    }

    /// <summary>How far it is to the quotation mark that ends a text; -1 where anything before it would be written in another way.</summary>
    private static int TextLength(ReadOnlySpan<byte> json)
    {
        for (var at = 0; ;)
        {
            var odd = json[at..].IndexOfAnyExcept(Plain);
            if (odd < 0)
            {
                return -1;
            }

            at += odd;
            switch (json[at])
            {
                case (byte)'"':
                    return at;
                case (byte)'\\' when at + 1 < json.Length && "\"\\bfnrt"u8.Contains(json[at + 1]):
                    at += 2;
                    break;
                case >= 0x80:
                    var end = json[at..].IndexOfAnyInRange((byte)0, (byte)0x7f);
                    var run = end < 0 ? default : json.Slice(at, end);
                    if (end < 0 || !Utf8.IsValid(run) || Encoder.FindFirstCharacterToEncodeUtf8(run) >= 0)
                    {
                        return -1;
                    }

                    at += end;
                    break;
                default:
                    return -1;
            }
        }
    }
}
