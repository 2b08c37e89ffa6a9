using System.Text;

namespace JobAdmin.Server.Events;

/// <summary>Where a reader of many queues stands, in one short text that it sends back when it comes again: the position in every queue that had an event
/// lately. In the others it goes on a minute before the newest of them, where nothing had happened.</summary>
internal sealed class EventCursor
{
    private const string Mark = "v1.";
    private const int MostQueues = 4096;
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(1);
    private readonly Dictionary<uint, StreamId> positions = [];
    private StreamId unnamed;

    /// <summary>Writes positions.</summary>
    /// <param name="positions">The last event seen of each queue.</param>
    /// <param name="certain">Whether all that has happened was seen but for the last moments; otherwise every position is written.</param>
    public static string Encode(IReadOnlyDictionary<string, StreamId> positions, bool certain)
    {
        var newest = positions.Count == 0 ? 0 : positions.Values.Max(static id => id.Time);
        var old = newest > (ulong)Lately.TotalMilliseconds ? newest - (ulong)Lately.TotalMilliseconds : 0;
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write7BitEncodedInt64((long)newest);
        writer.Write(certain);
        foreach (var (queue, id) in positions)
        {
            if (!certain || id.Time >= old)
            {
                writer.Write(Hash(queue));
                writer.Write7BitEncodedInt64((long)(newest - id.Time));
                writer.Write7BitEncodedInt64((long)id.Number);
            }
        }

        writer.Flush();
        return Mark + Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    /// <summary>Reads a text that <see cref="Encode"/> made, or the id of one event, which then counts as a time for all queues.</summary>
    public static EventCursor? TryDecode(string text)
    {
        var cursor = new EventCursor();
        if (StreamId.TryParse(text, out var one))
        {
            cursor.unnamed = one.Time > 0 ? new StreamId(one.Time - 1, ulong.MaxValue) : StreamId.Start;
            return cursor;
        }

        if (!text.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var plain = text[Mark.Length..].Replace('-', '+').Replace('_', '/');
            var bytes = Convert.FromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='));
            using var reader = new BinaryReader(new MemoryStream(bytes));
            var newest = (ulong)reader.Read7BitEncodedInt64();
            var certain = reader.ReadBoolean();
            while (reader.BaseStream.Position < bytes.Length && cursor.positions.Count < MostQueues)
            {
                var hash = reader.ReadUInt32();
                var back = (ulong)reader.Read7BitEncodedInt64();
                cursor.positions[hash] = new StreamId(back <= newest ? newest - back : 0, (ulong)reader.Read7BitEncodedInt64());
            }

            // Where every position was written, a queue without one is new to the reader.
            var margin = (ulong)Lately.TotalMilliseconds + 1;
            cursor.unnamed = certain && newest > margin ? new StreamId(newest - margin, ulong.MaxValue) : StreamId.Start;
            return cursor;
        }
        catch (Exception e) when (e is FormatException or IOException)
        {
            return null;
        }
    }

    /// <summary>The last event seen of a queue.</summary>
    public StreamId Of(string queue) => positions.TryGetValue(Hash(queue), out var id) ? id : unnamed;

    // FNV-1a: it has to be the same in every process.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            hash = (hash ^ b) * 16777619u;
        }

        return hash;
    }
}
