using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests;

/// <summary>Everything in one Redis database in a form that can be compared: each key with its type, whether it expires, and its content.
/// Stream ids are left out; times since the moment under test read <c>&lt;now&gt;</c>, lock tokens <c>&lt;token&gt;</c>.</summary>
public sealed partial class Keyspace
{
    private readonly SortedDictionary<string, IReadOnlyList<string>> keys = new(StringComparer.Ordinal);
    private readonly long since;
    private readonly long until = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private Keyspace(long since) => this.since = since;

    public IEnumerable<string> Keys => keys.Keys;

    public IReadOnlyList<string>? this[string key] => keys.GetValueOrDefault(key);

    /// <summary>Reads a database.</summary>
    /// <param name="db">The database.</param>
    /// <param name="since">Times from here on count as now; the default replaces none.</param>
    /// <param name="skip">Keys left out, by their ending.</param>
    public static async Task<Keyspace> ReadAsync(IDatabase db, DateTimeOffset? since = null, params string[] skip)
    {
        var space = new Keyspace(since?.ToUnixTimeMilliseconds() ?? long.MaxValue);
        foreach (var key in await ScanAsync(db))
        {
            var name = Show(key);
            if (!skip.Any(s => name.EndsWith(s, StringComparison.Ordinal)))
            {
                space.keys[name] = await space.ContentAsync(db, key, name);
            }
        }

        return space;
    }

    /// <summary>Fails with all differences unless both are the same.</summary>
    public static void AssertSame(Keyspace expected, Keyspace actual, string what)
    {
        var differences = new StringBuilder();
        foreach (var key in expected.Keys.Union(actual.Keys).Order(StringComparer.Ordinal))
        {
            var (theirs, ours) = (expected[key], actual[key]);
            if (theirs is null || ours is null)
            {
                differences.AppendLine(CultureInfo.InvariantCulture, $"{key}: only {(theirs is null ? "ours" : "BullMQ's")}: {string.Join(" | ", theirs ?? ours!)}");
                continue;
            }

            if (theirs.SequenceEqual(ours, StringComparer.Ordinal))
            {
                continue;
            }

            var same = theirs.Zip(ours).TakeWhile(p => p.First == p.Second).Count();
            differences.AppendLine(CultureInfo.InvariantCulture, $"{key}: from line {same} on\n  BullMQ's {Cut(theirs.Skip(same))}\n  ours     {Cut(ours.Skip(same))}");
        }

        Assert.True(differences.Length == 0, $"{what}: the keyspaces differ.\n{differences}");
    }

    /// <summary>All keys of a database.</summary>
    public static async Task<List<byte[]>> ScanAsync(IDatabase db)
    {
        var found = new List<byte[]>();
        var cursor = "0";
        do
        {
            var answer = (RedisResult[])(await db.ExecuteAsync("SCAN", cursor, "COUNT", "1000"))!;
            cursor = (string)answer[0]!;
            found.AddRange(((RedisResult[])answer[1]!).Select(k => (byte[])k!));
        }
        while (cursor != "0");
        return found;
    }

    private static string Cut(IEnumerable<string> lines)
    {
        var text = string.Join(" | ", lines.Take(8));
        return text.Length > 1500 ? text[..1500] + "…" : text;
    }

    private async Task<IReadOnlyList<string>> ContentAsync(IDatabase db, byte[] key, string name)
    {
        var type = (string)(await db.ExecuteAsync("TYPE", key))!;
        var expires = (long)await db.ExecuteAsync("PTTL", key) >= 0;
        IEnumerable<string> lines = type switch
        {
            "string" => [name.EndsWith(":lock", StringComparison.Ordinal) ? "<token>" : Time(Show(await BytesAsync(db, "GET", key)))],
            "list" => (await ManyAsync(db, "LRANGE", key, "0", "-1")).Select(Show),
            "set" => (await ManyAsync(db, "SMEMBERS", key)).Select(Show).Order(StringComparer.Ordinal),
            "hash" => Pairs(await ManyAsync(db, "HGETALL", key), (f, v) => $"{Show(f)}={Time(Show(v))}").Order(StringComparer.Ordinal),
            "zset" => Pairs(await ManyAsync(db, "ZRANGE", key, "0", "-1", "WITHSCORES"), (m, s) => $"{Show(m)}@{Score(name, Show(s))}")
                // What happened within the moment has no order that could be relied on.
                .OrderBy(l => l.EndsWith("@<now>", StringComparison.Ordinal) ? l : "", StringComparer.Ordinal),
            "stream" => ((RedisResult[])(await db.ExecuteAsync("XRANGE", key, "-", "+"))!).Select(entry =>
                string.Join(' ', Pairs(((RedisResult[])((RedisResult[])entry!)[1]!).Select(v => (byte[])v!).ToArray(), (f, v) => $"{Show(f)}={Time(Show(v))}"))),
            _ => [type],
        };
        return [expires ? $"{type} expires" : type, .. lines];
    }

    private static async Task<byte[]> BytesAsync(IDatabase db, string command, byte[] key) => (byte[])(await db.ExecuteAsync(command, key))!;

    private static async Task<byte[][]> ManyAsync(IDatabase db, string command, params object[] arguments) =>
        [.. Flatten(await db.ExecuteAsync(command, arguments)).Select(r => (byte[])r!)];

    // RESP3 pairs members with their scores.
    private static IEnumerable<RedisResult> Flatten(RedisResult result) =>
        result.Resp2Type == ResultType.Array ? ((RedisResult[])result!).SelectMany(Flatten) : [result];

    private static IEnumerable<string> Pairs(byte[][] flat, Func<byte[], byte[], string> show)
    {
        for (var i = 0; i + 1 < flat.Length; i += 2)
        {
            yield return show(flat[i], flat[i + 1]);
        }
    }

    private static string Show(byte[] bytes) =>
        bytes.All(b => b is >= 32 and < 127) ? Encoding.ASCII.GetString(bytes) : string.Concat(bytes.Select(b => b is >= 32 and < 127 ? $"{(char)b}" : $"\\x{b:x2}"));

    private string Score(string key, string score)
    {
        if (!key.EndsWith(":delayed", StringComparison.Ordinal) && !key.EndsWith(":marker", StringComparison.Ordinal))
        {
            return Time(score);
        }

        var value = double.Parse(score, CultureInfo.InvariantCulture);
        return Math.Floor(value / 4096) >= since && Math.Floor(value / 4096) <= until ? "<now>" : Time(score);
    }

    private string Time(string text) => since == long.MaxValue ? text
        : LongDelay().Replace(Moment().Replace(text, m => long.Parse(m.Value, CultureInfo.InvariantCulture) is var t && t >= since && t <= until ? "<now>" : m.Value), "<delay>");

    // How long it is until a scheduler's next run depends on the moment, too; delays given by the tests are shorter.
    [GeneratedRegex(@"(?<=""delay"":|^)[0-9]{9,12}(?![0-9])")]
    private static partial Regex LongDelay();

    [GeneratedRegex(@"(?<![0-9])1[0-9]{12}(?![0-9])")]
    private static partial Regex Moment();
}
