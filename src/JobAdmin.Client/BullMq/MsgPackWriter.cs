using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.BullMq;

/// <summary>Writes MessagePack as BullMQ's scripts unpack it: plain maps and arrays, and numbers beyond 32 bits as doubles, which is what Lua makes of them anyway.</summary>
internal sealed class MsgPackWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    public void WriteNil() => Write(0xc0);

    public void WriteBoolean(bool value) => Write(value ? (byte)0xc3 : (byte)0xc2);

    public void WriteArray(int count) => WriteHeader(count, 0x90, 0xdc);

    public void WriteMap(int count) => WriteHeader(count, 0x80, 0xde);

    public void WriteNumber(double value)
    {
        if (Math.Floor(value) != value || value is < int.MinValue or > uint.MaxValue)
        {
            BinaryPrimitives.WriteDoubleBigEndian(Tagged(0xcb, 8), value);
            return;
        }

        switch ((long)value)
        {
            case >= 0 and < 0x80:
            case < 0 and >= -0x20:
                Write(unchecked((byte)(sbyte)value));
                break;
            case >= 0 and <= byte.MaxValue:
                Tagged(0xcc, 1)[0] = (byte)value;
                break;
            case >= 0 and <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(Tagged(0xcd, 2), (ushort)value);
                break;
            case >= 0:
                BinaryPrimitives.WriteUInt32BigEndian(Tagged(0xce, 4), (uint)value);
                break;
            case >= sbyte.MinValue:
                Tagged(0xd0, 1)[0] = unchecked((byte)(sbyte)value);
                break;
            case >= short.MinValue:
                BinaryPrimitives.WriteInt16BigEndian(Tagged(0xd1, 2), (short)value);
                break;
            default:
                BinaryPrimitives.WriteInt32BigEndian(Tagged(0xd2, 4), (int)value);
                break;
        }
    }

    /// <summary>A string, or nil for null.</summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteNil();
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        var span = length switch
        {
            < 32 => Tagged((byte)(0xa0 | length), length),
            <= byte.MaxValue => Sized(0xd9, 1, length),
            <= ushort.MaxValue => Sized(0xda, 2, length),
            _ => Sized(0xdb, 4, length),
        };
        Encoding.UTF8.GetBytes(value, span);
    }

    /// <summary>A JSON value as it is.</summary>
    public void WriteJson(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteMap(value.EnumerateObject().Count());
                foreach (var member in value.EnumerateObject())
                {
                    WriteString(JsonStrings.Name(member));
                    WriteJson(member.Value);
                }

                break;
            case JsonValueKind.Array:
                WriteArray(value.GetArrayLength());
                foreach (var item in value.EnumerateArray())
                {
                    WriteJson(item);
                }

                break;
            case JsonValueKind.String:
                WriteString(JsonStrings.Read(value));
                break;
            case JsonValueKind.Number:
                WriteNumber(value.GetDouble());
                break;
            case JsonValueKind.True:
            case JsonValueKind.False:
                WriteBoolean(value.GetBoolean());
                break;
            default:
                WriteNil();
                break;
        }
    }

    private void Write(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    private Span<byte> Tagged(byte tag, int count)
    {
        Write(tag);
        var span = buffer.GetSpan(count)[..count];
        buffer.Advance(count);
        return span;
    }

    private Span<byte> Sized(byte tag, int width, int length)
    {
        WriteLength(tag, width, length);
        var span = buffer.GetSpan(length)[..length];
        buffer.Advance(length);
        return span;
    }

    private void WriteLength(byte tag, int width, int length)
    {
        Span<byte> whole = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(whole, length);
        whole[^width..].CopyTo(Tagged(tag, width));
    }

    private void WriteHeader(int count, byte small, byte large)
    {
        if (count < 16)
        {
            Write((byte)(small | count));
        }
        else if (count <= ushort.MaxValue)
        {
            WriteLength(large, 2, count);
        }
        else
        {
            WriteLength((byte)(large + 1), 4, count);
        }
    }
}
