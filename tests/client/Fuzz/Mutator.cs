using System.Text;

namespace JobAdmin.Client.Tests.Fuzz;

/// <summary>Makes bad input out of good: a few random changes of the bytes, some of them by tokens that readers stumble over.</summary>
internal sealed class Mutator(Random random)
{
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "\\ud800", "\\u0000", "\"", "{", "}", "[", "]", "null", "true", "-0", "1e999", "1E-400", "99999999999999999999999", "NaN", "__proto__", "{\"a\":", "[[[[", "\u202e", "\u001b[31m",
            "\r\n", "\n\n", "data:", "event:", ":", "*", "../", "%2f", "=cmd()", "0-0", "18446744073709551615", "base64:", "{\"base64\":\"!\"}", "\"$oid\"", "\"$date\"", "\uFEFF",
        }.Select(Encoding.UTF8.GetBytes),
        [0x00], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xdd, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff], [0xdf, 0x7f, 0xff, 0xff, 0xff], [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
        [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];

    public byte[] Mutate(byte[] good)
    {
        var bytes = new List<byte>(good);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(7))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 3:
                    var from = random.Next(bytes.Count + 1);
                    bytes.InsertRange(at, bytes.Skip(from).Take(random.Next(1, 60)).ToArray());
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, Tokens[random.Next(Tokens.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }

    public string Text(string good) => Encoding.UTF8.GetString(Mutate(Encoding.UTF8.GetBytes(good)));

    /// <summary>A text of any characters, hostile ones among them.</summary>
    public string Noise(int longest)
    {
        var text = new StringBuilder();
        for (var left = random.Next(longest + 1); left > 0; left--)
        {
            text.Append(random.Next(4) switch { 0 => (char)random.Next(0x20), 1 => (char)random.Next(0x20, 0x7f), 2 => (char)random.Next(0x80, 0x2100), _ => "\ud800\udfff\u202e\uFEFF\u200b\u0085*?[]{}\"'\\"[random.Next(15)] });
        }

        return text.ToString();
    }
}
