using System.Globalization;

namespace JobAdmin.Client.BullMq;

/// <summary>The events of the past, as far as the stream holds them.</summary>
internal sealed partial class BullMqServer : IJobHistory
{
    private const string AllKinds = "awscflpr", Pauses = "pr";
    private const int HistorySlice = 2000;

    public async Task<JobHistory> ReadHistoryAsync(JobHistoryQuery query, CancellationToken cancellationToken)
    {
        await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false);
        return await WalkHistoryAsync(query, AllKinds, onlyNewest: false, cancellationToken).ConfigureAwait(false);
    }

    public async Task<JobHistory> FindPauseAsync(string queue, int most, CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        return await WalkHistoryAsync(new JobHistoryQuery { Queue = queue, Most = most }, Pauses, onlyNewest: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JobHistory> WalkHistoryAsync(JobHistoryQuery query, string kinds, bool onlyNewest, CancellationToken cancellationToken)
    {
        var key = Keys(query.Queue).Events;
        var upper = query.To is { } to ? $"({to.ToUnixTimeMilliseconds()}-0" : "+";
        var lower = query.From is { } from ? Math.Max(0, from.ToUnixTimeMilliseconds()).ToString(CultureInfo.InvariantCulture) : "-";
        var slicer = slicers.GetOrAdd("history", _ => new Slicer(500, HistorySlice));
        var events = new List<JobHistoryEvent>();
        HistoryPage page;
        long scanned = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var size = (int)Math.Min(slicer.Size, query.Most - scanned);
            slicer.Begin();
            var answer = await runner.RunAsync(ScriptCatalog.Own("history"), reads: true, [key], [upper, lower, size, BytesAtMost, kinds], cancellationToken).ConfigureAwait(false);
            page = ReadHistoryPage((byte[])answer!, events);
            slicer.End(page.Scanned);
            scanned += page.Scanned;
            upper = page.More;
        }
        while (upper.Length > 0 && scanned < query.Most && !(onlyNewest && events.Count > 0));

        events.Reverse();
        // A Redis that does not count what it was given is taken to have dropped something once the stream has grown long.
        var dropped = page.Added >= 0 ? page.Added > page.Length : page.Length >= 1000;
        var first = Milliseconds(page.First);
        var cut = upper.Length > 0 && scanned < page.Length;
        var asked = query.From?.ToUnixTimeMilliseconds();
        var reached = cut ? Milliseconds(upper[1..]) : dropped && first is { } f ? Math.Max(f, asked ?? 0) : asked ?? first;
        return new JobHistory
        {
            Events = events,
            Since = page.Length == 0 ? null : reached is { } since ? JobRows.FromMilliseconds(since) : null,
            Until = query.To is { } end && end.ToUnixTimeMilliseconds() < page.Now ? end : DateTimeOffset.FromUnixTimeMilliseconds(page.Now),
            IsTrimmed = dropped && !cut && (asked is null || first > asked),
            IsCut = cut,
            Scanned = scanned,
        };
    }

    private readonly record struct HistoryPage(long Now, long Added, long Length, string First, int Scanned, string More);

    private static HistoryPage ReadHistoryPage(ReadOnlyMemory<byte> packed, List<JobHistoryEvent> events)
    {
        var reader = new MsgPackReader(packed);
        var page = new HistoryPage(reader.ReadInteger(), reader.ReadInteger(), reader.ReadInteger(), reader.ReadString() ?? "", (int)reader.ReadInteger(), reader.ReadString() ?? "");
        for (var rows = reader.ReadInteger(); rows > 0; rows--)
        {
            var kind = reader.ReadString() switch
            {
                "a" => JobHistoryKind.Added,
                "w" => JobHistoryKind.Waiting,
                "s" => JobHistoryKind.Active,
                "c" => JobHistoryKind.Completed,
                "f" => JobHistoryKind.Failed,
                "l" => JobHistoryKind.Stalled,
                "p" => JobHistoryKind.Paused,
                _ => JobHistoryKind.Resumed,
            };
            events.Add(new JobHistoryEvent(kind, Milliseconds(reader.ReadString() ?? "") ?? 0, reader.ReadString() ?? "", reader.ReadString()));
        }

        return page;
    }

    private static long? Milliseconds(string streamId) =>
        long.TryParse(streamId.AsSpan(0, streamId.IndexOf('-') is var dash and >= 0 ? dash : streamId.Length), CultureInfo.InvariantCulture, out var time) ? time : null;
}
