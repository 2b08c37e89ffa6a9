using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Walks through a list of ids that others change meanwhile. A list has no scores to go on from: each look begins with what was seen last, and remembers what
/// comes next; where neither is there any more, it is searched for on both sides. What was seen before is no guide, since it may be back at the far end. What stood at
/// the far end at first tells when all has been passed that was there then: others may add to it as fast as it is read.</summary>
/// <param name="runner">Where the list is.</param>
/// <param name="keys">Whose list it is.</param>
/// <param name="state">The state whose list it is.</param>
/// <param name="fromTail">Whether the walk begins with the oldest.</param>
/// <param name="start">How many it leaves out.</param>
/// <param name="otherName">The state whose list it is under its other name: BullMQ 4 and 5 rename the list of what waits when a queue is paused or resumed.</param>
internal sealed class ListWalk(ScriptRunner runner, QueueKeys keys, JobState state, bool fromTail, long start = 0, JobState? otherName = null)
{
    private const int Overlap = 100, Lookahead = 200, Chunk = 5000, Remembered = 5000, MostChunks = 20, MostTries = 4, MostTurns = 4, MostNames = 8;
    private readonly HashSet<string> seen = new(StringComparer.Ordinal), ahead = new(StringComparer.Ordinal), last = new(StringComparer.Ordinal);
    private readonly Queue<string> seenInOrder = [];
    private readonly List<string> latest = [];
    private long position = start, length = -1, passed, enough = -1;
    private string? next;
    private int turns, stays;
    private bool ended;
    private JobState? other = otherName;

    /// <summary>The state whose list it was at the last look.</summary>
    public JobState State { get; private set; } = state;

    /// <summary>The next ids; empty at the end.</summary>
    public async Task<IReadOnlyList<string>> NextAsync(int count, CancellationToken cancellationToken)
    {
        while (!ended)
        {
            if (length < 0)
            {
                length = await LengthAsync(cancellationToken).ConfigureAwait(false);
            }
            else if (passed >= enough && await IsPastLastAsync(cancellationToken).ConfigureAwait(false))
            {
                break;
            }

            var from = Math.Max(0, position - latest.Count);
            var asked = position - from + count + Lookahead;
            var ids = await RangeAsync(from, asked, cancellationToken).ConfigureAwait(false);
            var first = Place(ids);
            for (var tries = 0; !IsSure(ids) && (first < 0 || from > 0) && tries < MostTries; tries++)
            {
                if (first >= 0)
                {
                    // What stood before it may have been taken so far that it stands before this look: a longer one.
                    var end = from + asked;
                    from = Math.Max(0, from - (Lookahead << (2 * tries)));
                    asked = end - from;
                }
                else
                {
                    // What is found goes on moving until it is read.
                    from = Math.Max(0, await SearchAsync(from, from + ids.Length, cancellationToken).ConfigureAwait(false) - Overlap);
                    asked = Overlap + count + Lookahead;
                }

                ids = await RangeAsync(from, asked, cancellationToken).ConfigureAwait(false);
                first = Place(ids);
            }

            first = Math.Max(0, first);

            var fresh = new List<string>(count);
            var begin = first;
            for (; first < ids.Length && fresh.Count < count; first++)
            {
                // A job that came back to the far end is known already. BullMQ 4 keeps pseudo ids in the list to wake its workers.
                if (!ids[first].StartsWith("0:", StringComparison.Ordinal) && seen.Add(ids[first]))
                {
                    fresh.Add(ids[first]);
                }
            }

            position = from + first;
            passed += first - begin;
            last.ExceptWith(ids[begin..first]);
            ended = ids.Length < asked && first == ids.Length;
            var rest = ids.Skip(first).Where(id => !seen.Contains(id)).ToList();
            ahead.Clear();
            ahead.UnionWith(rest);
            next = rest.FirstOrDefault();
            latest.AddRange(ids[begin..first].TakeLast(Overlap));
            latest.RemoveRange(0, Math.Max(0, latest.Count - Overlap));
            Remember(fresh);
            if (fresh.Count > 0)
            {
                return fresh;
            }
        }

        return [];
    }

    /// <summary>Whether a look has the very id that was to come next, or, where none was, the one that was passed last: others may be back at the far end.</summary>
    private bool IsSure(string[] ids) => (next ?? latest.LastOrDefault()) is not { } id || Array.IndexOf(ids, id) >= 0;

    /// <summary>Whether so many were passed as there were, and none of what was last then still stands there. Asked before the second look, it notes what that is.</summary>
    private async Task<bool> IsPastLastAsync(CancellationToken cancellationToken)
    {
        if (enough < 0)
        {
            last.UnionWith(await ReadAsync(fromTail ? 0 : -Lookahead, fromTail ? Lookahead - 1 : -1, cancellationToken).ConfigureAwait(false));
        }
        else if (++turns > MostTurns || last.Count == 0 || !await IsLastThereAsync(cancellationToken).ConfigureAwait(false))
        {
            ended = true;
            return true;
        }

        enough = passed + await LengthAsync(cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async Task<bool> IsLastThereAsync(CancellationToken cancellationToken)
    {
        string[] ids;
        long from = 0;
        do
        {
            ids = await RangeAsync(from, Chunk, cancellationToken).ConfigureAwait(false);
            from += Chunk - Lookahead;
        }
        while (ids.Length == Chunk && !ids.Any(last.Contains));
        return ids.Any(last.Contains);
    }

    private void Remember(List<string> fresh)
    {
        // The first ones stay: who changes what is read may put them in line again, behind the last.
        var first = Math.Min(fresh.Count, Remembered - stays);
        stays += first;
        fresh.Skip(first).ToList().ForEach(seenInOrder.Enqueue);
        while (seenInOrder.Count > Remembered)
        {
            seen.Remove(seenInOrder.Dequeue());
        }
    }

    /// <summary>Where to go on: with what was to come next, or else behind the last of those passed that is still there; -1 when neither is.</summary>
    private int Place(string[] ids)
    {
        var place = Array.FindIndex(ids, ahead.Contains);
        for (var i = latest.Count - 1; place < 0 && i >= 0; i--)
        {
            place = Array.IndexOf(ids, latest[i]);
        }

        return place;
    }

    /// <summary>Where to go on when none of the ids seen last stands where it should.</summary>
    private async Task<long> SearchAsync(long from, long to, CancellationToken cancellationToken)
    {
        // Removals bring them nearer to our end.
        for (long end = from, chunks = 0; end > 0 && chunks < MostChunks; chunks++)
        {
            var start = Math.Max(0, end - Chunk);
            var ids = await RangeAsync(start, end - start, cancellationToken).ConfigureAwait(false);
            if (Place(ids) is var at and >= 0)
            {
                return start + at;
            }

            end = start;
        }

        // Additions at our end take them away from it.
        var before = length;
        length = await LengthAsync(cancellationToken).ConfigureAwait(false);
        var most = Math.Min(length, to + Math.Max(0, length - before) + Chunk);
        for (var start = to; start < most; start += Chunk)
        {
            var ids = await RangeAsync(start, Chunk, cancellationToken).ConfigureAwait(false);
            if (Place(ids) is var at and >= 0)
            {
                return start + at;
            }
        }

        // All have gone. Workers take from the tail: what stands there now is what comes next.
        return fromTail ? 0 : Math.Max(0, from - Math.Max(0, before - length));
    }

    private Task<long> LengthAsync(CancellationToken cancellationToken) => UnderItsNameAsync(
        async key => (long)await runner.CommandAsync(reads: true, "LLEN", [key], cancellationToken).ConfigureAwait(false), static length => length == 0, cancellationToken);

    private async Task<string[]> RangeAsync(long from, long count, CancellationToken cancellationToken)
    {
        var to = from + count - 1;
        var (start, stop) = fromTail ? (-to - 1, -from - 1) : (from, to);
        var ids = await ReadAsync(start, stop, cancellationToken).ConfigureAwait(false);
        if (fromTail)
        {
            Array.Reverse(ids);
        }

        return ids;
    }

    private Task<string[]> ReadAsync(long start, long stop, CancellationToken cancellationToken) => UnderItsNameAsync(
        async key =>
        {
            var answer = await runner.CommandAsync(reads: true, "LRANGE", [key, start, stop], cancellationToken).ConfigureAwait(false);
            return ((RedisResult[])answer!).Select(id => (string)id!).ToArray();
        },
        static ids => ids.Length == 0, cancellationToken);

    /// <summary>Reads the list. Where there is nothing under one name, it may have the other one by now, and may have the first one again by the time that one is looked at.</summary>
    private async Task<T> UnderItsNameAsync<T>(Func<RedisKey, Task<T>> read, Func<T, bool> isNothing, CancellationToken cancellationToken)
    {
        var answer = await read(Key(State)).ConfigureAwait(false);
        for (var tries = 0; other is { } name && isNothing(answer) && tries < MostNames; tries++)
        {
            if ((long)await runner.CommandAsync(reads: true, "EXISTS", [Key(name)], cancellationToken).ConfigureAwait(false) > 0)
            {
                (State, other) = (name, State);
            }
            else if (tries > 0)
            {
                // It has this name or is empty: there is nothing where the look was.
                break;
            }

            answer = await read(Key(State)).ConfigureAwait(false);
        }

        return answer;
    }

    private RedisKey Key(JobState name) => keys[StateWords.KeyWord(name)!];
}
