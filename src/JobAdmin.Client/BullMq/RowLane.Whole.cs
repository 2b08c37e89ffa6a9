using System.Buffers.Text;
using System.Net.Sockets;

namespace JobAdmin.Client.BullMq;

/// <summary>What a lane reads whole: lists of texts, and jobs with all their fields.</summary>
internal sealed partial class RowLane
{
    /// <summary>What has been read so far: slices that were given out stand in it until <see cref="NextAnswer"/>.</summary>
    public ReadOnlySpan<byte> Bytes => answer;

    /// <summary>How much memory it keeps.</summary>
    public int Held => request.Length + answer.Length;

    /// <summary>Whether a lane that rested can be used again: nothing has come, not even the end.</summary>
    public bool IsQuiet => from == to && (stream is not NetworkStream plain || !plain.Socket.Poll(0, SelectMode.SelectRead));

    /// <summary>Ends the use of a lane whose answer was not the expected one.</summary>
    public static void Expect(bool expected)
    {
        if (!expected)
        {
            throw Unexpected();
        }
    }

    /// <summary>What ends the use of a lane.</summary>
    public static IOException Unexpected() => new("The answer is not the expected one.");

    /// <summary>Adds a word of three parts to the command.</summary>
    public void Add(ReadOnlySpan<byte> start, ReadOnlySpan<byte> middle, ReadOnlySpan<byte> end)
    {
        var length = start.Length + middle.Length + end.Length;
        MakeRoom(length + 16);
        var room = request.AsSpan(sent);
        room[0] = (byte)'$';
        Utf8Formatter.TryFormat(length, room[1..], out var digits);
        var at = digits + 1;
        "\r\n"u8.CopyTo(room[at..]);
        start.CopyTo(room[(at += 2)..]);
        middle.CopyTo(room[(at += start.Length)..]);
        end.CopyTo(room[(at += middle.Length)..]);
        "\r\n"u8.CopyTo(room[(at += end.Length)..]);
        sent += at + 2;
    }

    /// <summary>Adds the question for all fields of a hash.</summary>
    /// <param name="start">What its key begins with.</param>
    /// <param name="id">The rest of the key.</param>
    public void AddHash(ReadOnlySpan<byte> start, ReadOnlySpan<byte> id)
    {
        Put("*2\r\n$7\r\nHGETALL\r\n"u8);
        Add(start, id, default);
    }

    /// <summary>Lets go of what was read before.</summary>
    public void NextAnswer() => Compact();

    /// <summary>Reads a number.</summary>
    /// <returns>Whether the answer was one.</returns>
    public bool TryReadNumber(out long number)
    {
        Compact();
        return TryReadNumber(out number, out var refused) && !refused;
    }

    /// <summary>Reads a list of texts, behind what was read before.</summary>
    /// <param name="texts">Where they stand is added to these.</param>
    /// <returns>Whether the answer was one.</returns>
    public bool TryReadTexts(List<Slice> texts)
    {
        if (ReadHead(out var count) != '*' || count < 0)
        {
            return false;
        }

        for (; count > 0; count--)
        {
            if (!TrySlice(out var text) || text.IsMissing)
            {
                return false;
            }

            texts.Add(text);
        }

        return true;
    }

    /// <summary>Reads a text, behind what was read before.</summary>
    /// <param name="text">Where it stands; missing when Redis has none.</param>
    /// <returns>Whether the answer was one of both.</returns>
    public bool TryReadText(out Slice text) => TrySlice(out text);

    /// <summary>Reads a hash, behind what was read before.</summary>
    /// <param name="names">The fields to look for.</param>
    /// <param name="values">Where each of them stands.</param>
    /// <param name="fields">How many fields the hash has, the others included.</param>
    /// <param name="size">The bytes of the answer.</param>
    /// <returns>Whether the answer was a hash.</returns>
    public bool TryReadHash(FieldNames names, Span<Slice> values, out int fields, out int size)
    {
        values.Fill(Slice.Missing);
        (fields, size) = (0, 0);
        var start = from;
        if (ReadHead(out var count) != '*' || count is < 0 or > int.MaxValue)
        {
            return false;
        }

        for (fields = (int)count / 2; count > 0; count -= 2)
        {
            if (!TrySlice(out var name) || name.IsMissing || !TrySlice(out var value) || value.IsMissing)
            {
                return false;
            }

            if (names.Find(name.Of(answer)) is var place and >= 0)
            {
                values[place] = value;
            }
        }

        size = from - start;
        return true;
    }
}
