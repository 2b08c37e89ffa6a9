using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Walks through a list of ids that others change meanwhile. A list has no scores to go on from, so each look overlaps the last one; when
/// nothing familiar is there, one of the last ids is searched for.</summary>
internal sealed class ListWalk(ScriptRunner runner, RedisKey key, bool fromTail)
{
    private const int Overlap = 100;
    private List<string> page = [];
    private HashSet<string> recent = [];
    private long position;
    private bool ended;

    /// <summary>The next ids; empty at the end.</summary>
    public async Task<IReadOnlyList<string>> NextAsync(int count, CancellationToken cancellationToken)
    {
        while (!ended)
        {
            var from = Math.Max(0, position - Math.Min(Overlap, page.Count));
            var asked = position - from + count;
            var ids = await RangeAsync(from, from + asked - 1, cancellationToken).ConfigureAwait(false);
            var first = 0;
            if (page.Count > 0)
            {
                first = Array.FindLastIndex(ids, recent.Contains) + 1;
                if (first == 0 && await FindAsync(cancellationToken).ConfigureAwait(false) is { } found)
                {
                    from = found;
                    asked = count;
                    ids = await RangeAsync(from, from + asked - 1, cancellationToken).ConfigureAwait(false);
                    first = Array.FindLastIndex(ids, recent.Contains) + 1;
                }
                else if (first == 0)
                {
                    // All of the last page has gone. Taken by workers from the tail, what stands there now is what comes next.
                    from = fromTail ? 0 : Math.Max(0, position - page.Count);
                    asked = count;
                    ids = await RangeAsync(from, from + asked - 1, cancellationToken).ConfigureAwait(false);
                }
            }

            position = from + ids.Length;
            ended = ids.Length < asked;
            // BullMQ 4 keeps pseudo ids in the list to wake its workers.
            var fresh = ids.Skip(first).Where(static id => !id.StartsWith("0:", StringComparison.Ordinal)).ToList();
            if (fresh.Count > 0)
            {
                page = fresh;
                recent = [.. fresh];
                return fresh;
            }
        }

        return [];
    }

    /// <summary>The position behind one of the last ids, searched from our end; null when a sample of them has gone.</summary>
    private async Task<long?> FindAsync(CancellationToken cancellationToken)
    {
        for (var back = 1; back <= page.Count; back *= 4)
        {
            var id = page[^back];
            var answer = await runner.CommandAsync(reads: true, "LPOS", fromTail ? [key, id, "RANK", -1] : [key, id], cancellationToken).ConfigureAwait(false);
            if (!answer.IsNull)
            {
                var index = (long)answer;
                if (!fromTail)
                {
                    return index + 1;
                }

                var length = (long)await runner.CommandAsync(reads: true, "LLEN", [key], cancellationToken).ConfigureAwait(false);
                return Math.Max(0, length - index);
            }
        }

        return null;
    }

    private async Task<string[]> RangeAsync(long from, long to, CancellationToken cancellationToken)
    {
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
