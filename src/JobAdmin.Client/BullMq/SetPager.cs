using System.Globalization;

namespace JobAdmin.Client.BullMq;

/// <summary>Where a walk through a sorted set stands.</summary>
internal sealed record SetCursor(string Score, string Id)
{
    public static readonly SetCursor Start = new("", "");
}

/// <summary>One page of a sorted set: the raw rows (or ids) and where to go on.</summary>
internal sealed record SetPage(int Scanned, SetCursor Cursor, bool More, int Matches, ReadOnlyMemory<byte> Rows)
{
    /// <summary>Reads what the script wrote.</summary>
    public static SetPage Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new MsgPackReader(bytes);
        var scanned = (int)reader.ReadInteger();
        var score = reader.ReadString() ?? "";
        var id = reader.ReadString() ?? "";
        var more = reader.ReadInteger() == 1;
        var matches = reader.ReadCount();
        return new SetPage(scanned, new SetCursor(score, id), more, matches, bytes[reader.Position..]);
    }
}

/// <summary>Walks through a state that is a sorted set, by score and id: a job that moves meanwhile is neither seen twice nor makes another be missed.</summary>
internal sealed class SetPager(ScriptRunner runner, QueueKeys keys, JobState state, bool newestFirst, FilterText filter, JobParts parts, bool idsOnly)
{
    private const int BytesAtMost = 4 << 20;
    private static readonly LuaScript Script = ScriptCatalog.Reader("page-set");
    private readonly string word = StateWords.KeyWord(state)!;

    /// <summary>The lowest score, in Redis's notation.</summary>
    public string Low { get; init; } = "-inf";

    /// <summary>The highest score, in Redis's notation.</summary>
    public string High { get; set; } = "+inf";

    public async Task<SetPage> NextAsync(SetCursor cursor, int scan, int want, CancellationToken cancellationToken) =>
        SetPage.Read((byte[])(await runner.RunAsync(Script, reads: true, [keys[word]], Arguments(cursor, scan, want), cancellationToken).ConfigureAwait(false))!);

    /// <summary>Adds the question for a page, without a filter, to what a lane sends.</summary>
    public void Write(RowLane lane, SetCursor cursor, int want)
    {
        var arguments = Arguments(cursor, want, want);
        lane.Begin(4 + arguments.Length);
        lane.Add(runner.ReadCommand);
        lane.Add(Script.Sha);
        lane.Add("1"u8);
        lane.Add(keys.Base + word);
        foreach (var argument in arguments)
        {
            lane.Add(argument as string ?? ((int)argument).ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Adds the questions for entries from a cursor's score on, whatever their ids, for the last of so many with its score, and for that of the entry at the cursor.</summary>
    public void WritePlain(RowLane lane, SetCursor cursor, int count)
    {
        Range(0, count);
        Range(count - 1, 1);
        lane.Begin(3);
        lane.Add("ZSCORE"u8);
        lane.Add(keys.Base + word);
        lane.Add(cursor.Id);

        void Range(int skip, int take)
        {
            lane.Begin(take == 1 ? 8 : 7);
            lane.Add(newestFirst ? "ZREVRANGEBYSCORE" : "ZRANGEBYSCORE");
            lane.Add(keys.Base + word);
            lane.Add(cursor.Score);
            lane.Add(newestFirst ? Low : High);
            if (take == 1)
            {
                lane.Add("WITHSCORES"u8);
            }

            lane.Add("LIMIT"u8);
            lane.Add(skip.ToString(CultureInfo.InvariantCulture));
            lane.Add(take.ToString(CultureInfo.InvariantCulture));
        }
    }

    private object[] Arguments(SetCursor cursor, int scan, int want) =>
        [keys.Base, word, newestFirst ? "1" : "0", Low, High, cursor.Score, cursor.Id, scan, want, BytesAtMost, JobRows.Flags(parts), filter.Json, idsOnly ? "1" : "0"];

    /// <summary>Score bounds for a time filter where the score is the time itself.</summary>
    public static (string Low, string High) Bounds(JobState state, JobFilter filter) => StateWords.ScoreIsFinishedOn(state)
        ? (filter.After is { } after ? after.ToUnixTimeMilliseconds().ToString() : "-inf",
           filter.Before is { } before ? (before.ToUnixTimeMilliseconds() - 1).ToString() : "+inf")
        : ("-inf", "+inf");
}
