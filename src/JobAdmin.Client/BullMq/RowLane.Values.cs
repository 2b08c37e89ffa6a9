using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Reading answers, of any length.</summary>
/// <remarks>Most of a long walk is over before the runtime has looked twice at a method: the loops here are compiled well at once.</remarks>
internal sealed partial class RowLane
{
    /// <summary>Where the texts of the last list stand in <see cref="Bytes"/> until the next one is read, and behind them what has no meaning.</summary>
    public Slice[] List { get; private set; } = new Slice[32];

    /// <summary>Adds the key of something that belongs to a job to the command.</summary>
    /// <param name="id">The job.</param>
    /// <param name="part">What stands behind its id, with the colon.</param>
    public void AddKey(ReadOnlySpan<byte> id, ReadOnlySpan<byte> part) => Add(prefix, id, part);

    /// <summary>Reads words such as <c>OK</c>.</summary>
    /// <param name="count">How many answers.</param>
    /// <returns>Whether each of them was one.</returns>
    public bool TrySkipWords(int count)
    {
        for (; count > 0; count--)
        {
            if (ReadHead(out _) != '+')
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads how many answers follow.</summary>
    /// <returns>Whether there are that many.</returns>
    public bool TryReadCount(int expected) => ReadHead(out var count) == '*' && count == expected;

    /// <summary>Reads a number of any size.</summary>
    /// <param name="number">The number.</param>
    /// <param name="refused">Whether Redis refused the command alone.</param>
    /// <returns>Whether the answer was one of both.</returns>
    public bool TryReadNumber(out long number, out bool refused)
    {
        var kind = ReadHead(out number);
        refused = kind == '-';
        return kind == ':' || refused;
    }

    /// <summary>Reads a list of texts.</summary>
    /// <param name="count">How many are in <see cref="List"/>.</param>
    /// <param name="refused">Whether Redis refused the command alone.</param>
    /// <returns>Whether the answer was one of both.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryReadList(out int count, out bool refused)
    {
        Compact();
        var kind = ReadHead(out var many);
        refused = kind == '-';
        count = 0;
        if (kind != '*' || many is < 0 or > int.MaxValue)
        {
            return refused;
        }

        if (List.Length < many)
        {
            List = new Slice[Math.Max(many, List.Length * 2)];
        }

        var list = List;
        for (; count < many; count++)
        {
            if (!TrySlice(out list[count]))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsOpen(bool anyLine)
    {
        var started = Stopwatch.GetTimestamp();
        return Say(["PING"]) && (anyLine || Stopwatch.GetElapsedTime(started) <= ShortLine);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">Where it stands; missing when Redis has none.</param>
    /// <returns>Whether the answer was one of both.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TrySlice(out Slice text)
    {
        text = Slice.Missing;
        if (ReadHead(out var length) != '$' || length > Array.MaxLength - 2)
        {
            return false;
        }

        if (length >= 0)
        {
            Fill((int)length + 2);
            text = new Slice(from, (int)length);
            from += (int)length + 2;
        }

        return true;
    }

    /// <summary>Reads a line, and the number that follows its first sign if one does.</summary>
    /// <returns>The first sign; 0 where a number has to follow and does not.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private byte ReadHead(out long number)
    {
        number = 0;
        bool negative = false, odd = false;
        for (var at = 0; ; at++)
        {
            if (from + at >= to)
            {
                Fill(at + 1);
            }

            var sign = answer[from + at];
            if (sign == '\n')
            {
                var kind = answer[from];
                // Without a digit there is the first sign, a minus perhaps, and the end of the line.
                odd |= at < (negative ? 4 : 3) || number < 0;
                from += at + 1;
                number = negative ? -number : number;
                return odd && kind is not ((byte)'+' or (byte)'-') ? (byte)0 : kind;
            }

            if (at > 0 && (uint)(sign - '0') <= 9)
            {
                number = unchecked((number * 10) + (sign - '0'));
            }
            else if (at == 1 && sign == '-')
            {
                negative = true;
            }
            else
            {
                odd |= at > 0 && sign != '\r';
            }
        }
    }
}
