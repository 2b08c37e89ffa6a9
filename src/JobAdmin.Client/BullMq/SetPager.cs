using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Where a walk through a sorted set stands.</summary>
internal record struct SetCursor(string Score, string Id)
{
    public static readonly SetCursor Start = new("", "");
}

/// <summary>One page of a sorted set: the raw rows (or ids) and where to go on.</summary>
internal readonly record struct SetPage(int Scanned, SetCursor Cursor, bool More, int Matches, ReadOnlyMemory<byte> Rows);

/// <summary>Walks through a state that is a sorted set, by score and id: a job that moves meanwhile is neither seen twice nor makes another be missed.</summary>
internal sealed class SetPager(ScriptRunner runner, QueueKeys keys, JobState state, bool newestFirst, FilterText filter, JobParts parts, bool idsOnly)
{
    private const int BytesAtMost = 4 << 20;
    private readonly string word = StateWords.KeyWord(state)!;

    /// <summary>The lowest score, in Redis's notation.</summary>
    public string Low { get; init; } = "-inf";

    /// <summary>The highest score, in Redis's notation.</summary>
    public string High { get; init; } = "+inf";

    public async Task<SetPage> NextAsync(SetCursor cursor, int scan, int want, CancellationToken cancellationToken)
    {
        var answer = await runner.RunAsync(ScriptCatalog.Reader("page-set"), reads: true, [keys[word]],
            [keys.Base, word, newestFirst ? "1" : "0", Low, High, cursor.Score, cursor.Id, scan, want, BytesAtMost, JobRows.Flags(parts), filter.Json, idsOnly ? "1" : "0"],
            cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> bytes = (byte[])answer!;
        var reader = new MsgPackReader(bytes);
        var scanned = (int)reader.ReadInteger();
        var score = reader.ReadString() ?? "";
        var id = reader.ReadString() ?? "";
        var more = reader.ReadInteger() == 1;
        var matches = reader.ReadCount();
        return new SetPage(scanned, new SetCursor(score, id), more, matches, bytes[reader.Position..]);
    }

    /// <summary>Score bounds for a time filter where the score is the time itself.</summary>
    public static (string Low, string High) Bounds(JobState state, JobFilter filter) => StateWords.ScoreIsFinishedOn(state)
        ? (filter.After is { } after ? after.ToUnixTimeMilliseconds().ToString() : "-inf",
           filter.Before is { } before ? (before.ToUnixTimeMilliseconds() - 1).ToString() : "+inf")
        : ("-inf", "+inf");
}
