using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Texts that come again and again (a queue has few job names): one string each.</summary>
internal sealed class KnownTexts
{
    private const int Places = 256, Longest = 200;
    private readonly Entry?[] entries = new Entry?[Places];

    /// <summary>The text of some bytes.</summary>
    /// <param name="utf8">The bytes.</param>
    public string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > Longest)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var place = ((utf8.Length * 31) + (utf8[0] * 7) + (utf8[^1] * 3) + utf8[utf8.Length / 2]) % Places;
        if (entries[place] is { } known && utf8.SequenceEqual(known.Bytes))
        {
            return known.Text;
        }

        var entry = new Entry(utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        entries[place] = entry;
        return entry.Text;
    }

    private sealed record Entry(byte[] Bytes, string Text);
}
