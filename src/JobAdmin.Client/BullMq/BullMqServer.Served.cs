using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>What a server of many readers asks for: events of the past, and the children of many jobs.</summary>
internal sealed partial class BullMqServer : IJobEventHistory, IJobChildren
{
    // BullMQ keeps about as many events as this when nothing else is set.
    private const int EndsLookedAtMost = 10_000;
    private const int EndsSlice = 1000;

    public async Task<string> GetLastEventIdAsync(string queue, CancellationToken cancellationToken)
    {
        var position = new StreamPosition(queue, Keys(queue).Events);
        await position.SeekEndAsync(runner, cancellationToken).ConfigureAwait(false);
        return position.LastId;
    }

    public async Task<IReadOnlyList<JobEvent>> GetEventsAfterAsync(string queue, string after, CancellationToken cancellationToken)
    {
        var position = new StreamPosition(queue, Keys(queue).Events);
        position.Seek(StartId(after) ?? "0-0");
        return await position.ReadAsync(this, runner, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyDictionary<string, JobEvent>> FindEndsAsync(string queue, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var ends = new Dictionary<string, JobEvent>(StringComparer.Ordinal);
        var left = ids.ToHashSet(StringComparer.Ordinal);
        var upper = "+";
        for (long looked = 0; upper.Length > 0 && left.Count > 0 && looked < EndsLookedAtMost;)
        {
            var answer = await runner.RunAsync(ScriptCatalog.Own("ends"), reads: true, [Keys(queue).Events], [upper, EndsSlice, BytesAtMost, .. left], cancellationToken).ConfigureAwait(false);
            var parts = (RedisResult[])answer!;
            upper = (string?)parts[0] ?? "";
            looked += (long)parts[1];
            left.ExceptWith((string[])parts[2]!);
            foreach (var entry in (RedisResult[])parts[3]!)
            {
                var fields = (RedisResult[])entry!;
                var end = StreamPosition.Parse(this, queue, (string)fields[0]!, (RedisResult[])fields[1]!);
                ends[end.Id!] = end;
            }
        }

        return ends;
    }

    public async Task<IReadOnlyList<JobChildren>> GetChildrenAsync(string queue, IReadOnlyList<string> ids, int most, CancellationToken cancellationToken)
    {
        var all = new List<JobChildren>(ids.Count);
        foreach (var part in ids.Chunk(most > 0 ? Math.Clamp(20_000 / most, 1, 200) : 200))
        {
            var counts = await ReadChildrenAsync(queue, part, most, cancellationToken).ConfigureAwait(false);
            all.AddRange(counts.Select(ToChildren));
        }

        return all;
    }

    private static JobChildren ToChildren(ChildCounts count) => new(count.Pending, count.Total, [.. count.Keys.Select(key => (key.ForeignPrefix is null ? key.Queue : null, key.Id))]);
}
