namespace JobAdmin.Client.BullMq;

/// <summary>What a server of many readers asks for: events of the past, and the children of many jobs.</summary>
internal sealed partial class BullMqServer : IJobEventHistory, IJobChildren
{
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
