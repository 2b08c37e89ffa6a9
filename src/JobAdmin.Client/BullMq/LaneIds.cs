using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Some ids of a sorted set.</summary>
/// <param name="Bytes">Where they stand.</param>
/// <param name="Ids">The ids.</param>
/// <param name="Cursor">Where to go on.</param>
/// <param name="More">Whether there may be more.</param>
internal sealed record LanePage(byte[] Bytes, Slice[] Ids, SetCursor Cursor, bool More);

/// <summary>The ids of a sorted set, page by page, on a lane. Three plain commands give a page: the entries from the cursor's score on, the last of them with its
/// score, and the score of the entry at the cursor. That costs Redis a fifth of what the script does, which goes on where that entry has gone or moved, or very many have its score.</summary>
internal sealed class LaneIds(RowLane lane, SetPager pager, int most)
{
    private readonly List<Slice> texts = new(most + 3);
    private SetCursor from = SetCursor.Start;
    private bool byScript;
    private string? crowded;
    private int want;

    /// <summary>Whether a page has been asked for that was not read.</summary>
    public bool IsAsked { get; private set; }

    /// <summary>Adds the question for the page behind a cursor to what the lane sends.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="count">How many ids are wanted.</param>
    public void Ask(SetCursor cursor, long count)
    {
        (from, want) = (cursor, (int)Math.Min(most, count));
        byScript = cursor.Score.Length == 0 || cursor.Score == crowded;
        IsAsked = true;
        if (byScript)
        {
            pager.Write(lane, from, want);
        }
        else
        {
            // The entry at the cursor comes again.
            pager.WritePlain(lane, from, want + 1);
        }
    }

    /// <summary>Reads the page that was asked for.</summary>
    /// <param name="page">The page; null when it has been asked for once more, by script.</param>
    /// <returns>Whether the answer was one.</returns>
    public bool TryRead(out LanePage? page)
    {
        page = null;
        IsAsked = false;
        if (byScript)
        {
            page = ReadScript();
            return page is not null;
        }

        texts.Clear();
        lane.NextAnswer();
        if (!lane.TryReadTexts(texts))
        {
            return false;
        }

        var count = texts.Count;
        if (!lane.TryReadTexts(texts))
        {
            return false;
        }

        var ends = texts.Count - count;
        if (!lane.TryReadText(out var score))
        {
            return false;
        }

        var isFull = count > want;
        var place = Find(count);
        // An entry that has another score now stands elsewhere: what comes before it there is new as well.
        var isMoved = !score.Of(lane.Bytes).SequenceEqual(Encoding.ASCII.GetBytes(from.Score));
        var isLost = isMoved || place < 0 || place == want;
        if (!isLost && (isFull ? ends == 2 && Text(count).SequenceEqual(Text(count - 1)) : ends == 0))
        {
            page = Take(place + 1, count, isFull ? new SetCursor(Encoding.ASCII.GetString(Text(count + 1)), Encoding.UTF8.GetString(Text(count))) : from, isFull);
            return true;
        }

        // Something moved between the two commands, or the place is none that they can find.
        crowded = isFull && isLost && !isMoved ? from.Score : crowded;
        pager.Write(lane, from, want);
        lane.Send();
        (byScript, IsAsked) = (true, true);
        return true;
    }

    private ReadOnlySpan<byte> Text(int place) => texts[place].Of(lane.Bytes);

    /// <summary>Finds the entry at the cursor: those behind it are new.</summary>
    private int Find(int count)
    {
        ReadOnlySpan<byte> id = Encoding.UTF8.GetBytes(from.Id);
        for (var i = 0; i < count; i++)
        {
            if (Text(i).SequenceEqual(id))
            {
                return i;
            }
        }

        return -1;
    }

    private LanePage Take(int first, int last, SetCursor cursor, bool more)
    {
        if (first == last)
        {
            return new LanePage([], [], cursor, more);
        }

        // They stand one after the other in the answer, with what Redis puts between them.
        var start = texts[first].Start;
        var bytes = lane.Bytes[start..(texts[last - 1].Start + texts[last - 1].Length)].ToArray();
        var ids = new Slice[last - first];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = new Slice(texts[first + i].Start - start, texts[first + i].Length);
        }

        return new LanePage(bytes, ids, cursor, more);
    }

    private LanePage? ReadScript()
    {
        if (lane.ReadText() is not { } answer)
        {
            return null;
        }

        var page = SetPage.Read(answer);
        return new LanePage(page.Rows.ToArray(), JobRows.ReadIdSlices(page.Rows, page.Matches), page.Cursor, page.More);
    }
}
