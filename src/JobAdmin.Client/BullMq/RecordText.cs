using System.Buffers.Text;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace JobAdmin.Client.BullMq;

/// <summary>JSON as bytes, put one behind the other in a buffer that is used again. What it escapes, and how, is what
/// <see cref="JavaScriptEncoder.UnsafeRelaxedJsonEscaping"/> says.</summary>
/// <param name="least">How much memory it begins with.</param>
/// <param name="mostKept">Of how much it lets go when it begins anew.</param>
internal sealed class RecordText(int least = 64 << 10, int mostKept = 16 << 20)
{
    private const int Piece = 16 << 10;

    private byte[] bytes = new byte[least];

    /// <summary>How many bytes there are.</summary>
    public int Length { get; private set; }

    /// <summary>What was written, until the next change.</summary>
    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        Length = 0;
        if (bytes.Length > mostKept)
        {
            bytes = new byte[least];
        }
    }

    /// <summary>Adds bytes as they are.</summary>
    public void Put(ReadOnlySpan<byte> more)
    {
        more.CopyTo(Room(more.Length));
        Length += more.Length;
    }

    /// <summary>Adds a byte as it is.</summary>
    public void Put(byte one)
    {
        Room(1)[0] = one;
        Length++;
    }

    /// <summary>Adds a number.</summary>
    public void Put(long number)
    {
        Utf8Formatter.TryFormat(number, Room(20), out var written);
        Length += written;
    }

    /// <summary>Adds a text in quotes, or nothing when it is none.</summary>
    /// <param name="value">The text as UTF-8.</param>
    /// <returns>Whether it was.</returns>
    public bool TryPutText(ReadOnlySpan<byte> value)
    {
        var start = Length;
        Put((byte)'"');
        for (var valid = false; ;)
        {
            var run = CopyPlain(value, Room(value.Length));
            Length += run;
            value = value[run..];
            if (value.Length == 0)
            {
                Put((byte)'"');
                return true;
            }

            if (value[0] < 0x80)
            {
                Escape(value[0]);
                value = value[1..];
                continue;
            }

            if (!valid && !Utf8.IsValid(value))
            {
                Length = start;
                return false;
            }

            valid = true;
            var end = 1;
            while (end < value.Length && value[end] >= 0x80)
            {
                end++;
            }

            Encode(value[..end]);
            value = value[end..];
        }
    }

    /// <summary>Adds a text in quotes.</summary>
    public void PutText(string value)
    {
        Span<byte> few = stackalloc byte[384];
        TryPutText(value.Length <= 128 ? few[..Encoding.UTF8.GetBytes(value, few)] : Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Adds the name of a property that is not an object's first, and needs no escaping.</summary>
    /// <param name="name">The name.</param>
    /// <param name="rest">Its end.</param>
    public void PutProperty(ReadOnlySpan<byte> name, ReadOnlySpan<byte> rest = default)
    {
        Put(",\""u8);
        Put(name);
        Put(rest);
        Put("\":"u8);
    }

    /// <summary>Adds the name of a property, whatever bytes it is.</summary>
    /// <param name="first">Whether it is the first in its object.</param>
    /// <param name="name">The name.</param>
    public void PutName(bool first, ReadOnlySpan<byte> name)
    {
        PutComma(unless: first);
        if (name.StartsWith("base64:"u8) || !TryPutText(name))
        {
            PutBase64("base64:"u8, name);
        }

        Put((byte)':');
    }

    /// <summary>Adds a value, whatever bytes it is.</summary>
    public void PutValue(ReadOnlySpan<byte> value)
    {
        if (!TryPutText(value))
        {
            Put("{\"base64\":"u8);
            PutBase64([], value);
            Put((byte)'}');
        }
    }

    /// <summary>Adds a number of Redis: it writes scores with all their digits, and JSON has no infinity.</summary>
    public void PutNumber(ReadOnlySpan<byte> text)
    {
        if (text.Length > 0 && (IsDigits(text) || !text.ContainsAnyExcept("-0123456789."u8) && Utf8Parser.TryParse(text, out double _, out var used) && used == text.Length))
        {
            Put(text);
        }
        else
        {
            PutValue(text);
        }
    }

    /// <summary>Adds what stands between two values.</summary>
    /// <param name="unless">Whether the next one is the first.</param>
    public void PutComma(bool unless)
    {
        if (!unless)
        {
            Put((byte)',');
        }
    }

    /// <summary>Copies what stands for itself, up to the first sign that may not.</summary>
    /// <remarks>The runtime's own search is slow until it has been compiled anew, and most of an export is over by then.</remarks>
    /// <returns>How many bytes.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CopyPlain(ReadOnlySpan<byte> text, Span<byte> to)
    {
        var at = 0;
        ref var source = ref MemoryMarshal.GetReference(text);
        ref var target = ref MemoryMarshal.GetReference(to);
        for (; text.Length - at >= Vector128<byte>.Count; at += Vector128<byte>.Count)
        {
            var some = Vector128.LoadUnsafe(ref source, (nuint)at);
            some.StoreUnsafe(ref target, (nuint)at);
            // As a signed number, what is beyond ASCII is less than none.
            var odd = Vector128.LessThan(some.AsSByte(), Vector128.Create((sbyte)' ')).AsByte() | Vector128.Equals(some, Vector128.Create((byte)'"'))
                | Vector128.Equals(some, Vector128.Create((byte)'\\')) | Vector128.Equals(some, Vector128.Create((byte)0x7f));
            if (odd.ExtractMostSignificantBits() is var mask and not 0)
            {
                return at + BitOperations.TrailingZeroCount(mask);
            }
        }

        for (; at < text.Length; at++)
        {
            var one = text[at];
            if (one is < (byte)' ' or >= 0x7f or (byte)'"' or (byte)'\\')
            {
                break;
            }

            to[at] = one;
        }

        return at;
    }

    private static bool IsDigits(ReadOnlySpan<byte> text)
    {
        foreach (var one in text)
        {
            if (one is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
        }

        return true;
    }

    private void PutBase64(ReadOnlySpan<byte> mark, ReadOnlySpan<byte> value)
    {
        Put((byte)'"');
        Put(mark);
        Base64.EncodeToUtf8(value, Room(Base64.GetMaxEncodedToUtf8Length(value.Length)), out _, out var written);
        Length += written;
        Put((byte)'"');
    }

    private void Escape(byte one)
    {
        var sign = one switch
        {
            (byte)'"' => '"',
            (byte)'\\' => '\\',
            (byte)'\n' => 'n',
            (byte)'\r' => 'r',
            (byte)'\t' => 't',
            (byte)'\b' => 'b',
            (byte)'\f' => 'f',
            _ => '\0',
        };
        if (sign != '\0')
        {
            Put((byte)'\\');
            Put((byte)sign);
            return;
        }

        Put("\\u00"u8);
        Put("0123456789ABCDEF"u8[one >> 4]);
        Put("0123456789ABCDEF"u8[one & 15]);
    }

    /// <summary>Signs beyond ASCII: which of them are escaped is the encoder's to say.</summary>
    private void Encode(ReadOnlySpan<byte> wide)
    {
        while (wide.Length > 0)
        {
            // Two bytes may become six, and four twelve.
            var piece = wide[..Math.Min(Piece, wide.Length)];
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(piece, Room(3 * piece.Length), out var read, out var written, isFinalBlock: piece.Length == wide.Length);
            Length += written;
            wide = wide[read..];
        }
    }

    private Span<byte> Room(int count)
    {
        if (bytes.Length - Length < count)
        {
            Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * bytes.Length, (long)Length + count)));
        }

        return bytes.AsSpan(Length);
    }
}
