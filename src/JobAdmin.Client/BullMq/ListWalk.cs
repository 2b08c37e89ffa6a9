using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Walks through a list of ids that others change meanwhile. A list has no scores to go on from: each look overlaps what was seen last, and
/// where nothing familiar is there, it is searched for on both sides.</summary>
internal sealed class ListWalk(ScriptRunner runner, RedisKey key, bool fromTail, long start = 0)
{
    private const int Overlap = 100, Chunk = 5000, Remembered = 5000, MostChunks = 20;
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly Queue<string> seenInOrder = [];
    private long position = start, length = -1;
    private bool ended;

    /// <summary>The next ids; empty at the end.</summary>
    public async Task<IReadOnlyList<string>> NextAsync(int count, CancellationToken cancellationToken)
    {
        while (!ended)
        {
            if (length < 0)
            {
                length = await LengthAsync(cancellationToken).ConfigureAwait(false);
            }

            var from = Math.Max(0, position - Math.Min(Overlap, seen.Count));
            var asked = position - from + count;
            var ids = await RangeAsync(from, asked, cancellationToken).ConfigureAwait(false);
            var first = seen.Count == 0 ? 0 : Array.FindIndex(ids, seen.Contains);
            if (first < 0)
            {
                from = await SearchAsync(from, from + ids.Length, cancellationToken).ConfigureAwait(false);
                asked = Overlap + count;
                ids = await RangeAsync(from, asked, cancellationToken).ConfigureAwait(false);
                first = 0;
            }

            position = from + ids.Length;
            ended = ids.Length < asked;
            // A job that came back to the far end is known already. BullMQ 4 keeps pseudo ids in the list to wake its workers.
            var fresh = ids.Skip(first).Where(id => !id.StartsWith("0:", StringComparison.Ordinal) && seen.Add(id)).ToList();
            fresh.ForEach(seenInOrder.Enqueue);
            while (seenInOrder.Count > Remembered)
            {
                seen.Remove(seenInOrder.Dequeue());
            }

            if (fresh.Count > 0)
            {
                return fresh;
            }
        }

        return [];
    }

    /// <summary>Where to go on when none of the ids seen last stands where it should.</summary>
    private async Task<long> SearchAsync(long from, long to, CancellationToken cancellationToken)
    {
        // Removals bring them nearer to our end.
        for (long end = from, chunks = 0; end > 0 && chunks < MostChunks; chunks++)
        {
            var start = Math.Max(0, end - Chunk);
            var ids = await RangeAsync(start, end - start, cancellationToken).ConfigureAwait(false);
            if (Array.FindLastIndex(ids, seen.Contains) is var at and >= 0)
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
            if (Array.FindIndex(ids, seen.Contains) is var at and >= 0)
            {
                return start + at;
            }
        }

        // All have gone. Workers take from the tail: what stands there now is what comes next.
        return fromTail ? 0 : Math.Max(0, from - Math.Max(0, before - length));
    }

    private async Task<long> LengthAsync(CancellationToken cancellationToken) =>
        (long)await runner.CommandAsync(reads: true, "LLEN", [key], cancellationToken).ConfigureAwait(false);

    private async Task<string[]> RangeAsync(long from, long count, CancellationToken cancellationToken)
    {
        var to = from + count - 1;
        var (start, stop) = fromTail ? (-to - 1, -from - 1) : (from, to);
        var answer = await runner.CommandAsync(reads: true, "LRANGE", [key, start, stop], cancellationToken).ConfigureAwait(false);
        string[] ids = [.. ((RedisResult[])answer!).Select(id => (string)id!)];
        if (fromTail)
        {
            Array.Reverse(ids);
        }

        return ids;
    }
}
