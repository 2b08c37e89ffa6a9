using System.Buffers.Binary;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Reads what Redis's own <c>cmsgpack.pack</c> writes for an array of strings, numbers and booleans.</summary>
internal ref struct MsgPackReader(ReadOnlyMemory<byte> data)
{
    private readonly ReadOnlyMemory<byte> memory = data;
    private readonly ReadOnlySpan<byte> span = data.Span;
    private int at;

    /// <summary>How many bytes have been read.</summary>
    public readonly int Position => at;

    public int ReadArray()
    {
        var tag = Next();
        return tag switch
        {
            >= 0x90 and <= 0x9f => tag & 0x0f,
            0xdc => ReadUInt16(),
            0xdd => ReadLength(),
            // An empty Lua table may be written as an empty map.
            0x80 => 0,
            _ => throw Bad(tag),
        };
    }

    public long ReadInteger()
    {
        var tag = Next();
        return tag switch
        {
            <= 0x7f => tag,
            >= 0xe0 => (sbyte)tag,
            0xcc => Next(),
            0xcd => ReadUInt16(),
            0xce => ReadUInt32(),
            0xcf => (long)BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
            0xd0 => (sbyte)Next(),
            0xd1 => BinaryPrimitives.ReadInt16BigEndian(Take(2)),
            0xd2 => BinaryPrimitives.ReadInt32BigEndian(Take(4)),
            0xd3 => BinaryPrimitives.ReadInt64BigEndian(Take(8)),
            0xca => (long)BinaryPrimitives.ReadSingleBigEndian(Take(4)),
            0xcb => (long)BinaryPrimitives.ReadDoubleBigEndian(Take(8)),
            _ => throw Bad(tag),
        };
    }

    /// <summary>A string's bytes; false where Redis had no value.</summary>
    public bool TryReadBytes(out ReadOnlyMemory<byte> bytes)
    {
        var length = ReadTextLength();
        if (length < 0)
        {
            bytes = default;
            return false;
        }

        Take(length);
        bytes = memory.Slice(at - length, length);
        return true;
    }

    /// <summary>All that is read from.</summary>
    public readonly ReadOnlySpan<byte> Bytes => span;

    /// <summary>Where a string stands in <see cref="Bytes"/>.</summary>
    public Slice ReadSlice()
    {
        var length = ReadTextLength();
        if (length < 0)
        {
            return Slice.Missing;
        }

        Take(length);
        return new Slice(at - length, length);
    }

    public string? ReadString() => TryReadBytes(out var bytes) ? Encoding.UTF8.GetString(bytes.Span) : null;

    /// <summary>How long the next string is; less than none where Redis had no value.</summary>
    private int ReadTextLength()
    {
        var tag = Next();
        return tag switch
        {
            >= 0xa0 and <= 0xbf => tag & 0x1f,
            0xd9 or 0xc4 => Next(),
            0xda or 0xc5 => ReadUInt16(),
            0xdb or 0xc6 => ReadLength(),
            0xc0 or 0xc2 => -1,
            _ => throw Bad(tag),
        };
    }

    private byte Next() => Take(1)[0];

    private int ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    // Nothing is longer than what is left of the answer.
    private int ReadLength() => ReadUInt32() is var length && length <= span.Length - at ? (int)length : throw Cut();

    private uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > span.Length - at)
        {
            throw Cut();
        }

        at += count;
        return span.Slice(at - count, count);
    }

    /// <summary>How many items follow: a number that what is left of the answer can hold.</summary>
    public int ReadCount() => ReadInteger() is var count && count >= 0 && count <= span.Length - at ? (int)count : throw Cut();

    private static JobServerException Cut() => new("InvalidResponse", JobErrorKind.Server, "Redis sent a cut answer.", "Try again; if it stays, check what stands between here and Redis.");

    private static JobServerException Bad(byte tag) => new("InvalidResponse", JobErrorKind.Server,
        $"Redis sent something unexpected (0x{tag:x2}).", "Try again; if it stays, check that the address is a Redis or Valkey server.");
}
