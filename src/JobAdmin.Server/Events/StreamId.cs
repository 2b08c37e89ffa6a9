using System.Globalization;

namespace JobAdmin.Server.Events;

/// <summary>The id of an entry in a Redis stream: a time in milliseconds, and a number within it.</summary>
internal readonly record struct StreamId(ulong Time, ulong Number) : IComparable<StreamId>
{
    /// <summary>Before every entry.</summary>
    public static readonly StreamId Start = default;

    /// <summary>Reads an id; the start when it is none.</summary>
    public static StreamId Parse(string? text) => TryParse(text, out var id) ? id : Start;

    /// <summary>Reads an id.</summary>
    public static bool TryParse(string? text, out StreamId id)
    {
        id = Start;
        if (text is null || text.IndexOf('-') is var dash && dash <= 0
            || !ulong.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            || !ulong.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        id = new StreamId(time, number);
        return true;
    }

    public int CompareTo(StreamId other) => Time != other.Time ? Time.CompareTo(other.Time) : Number.CompareTo(other.Number);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time}-{Number}");
}
