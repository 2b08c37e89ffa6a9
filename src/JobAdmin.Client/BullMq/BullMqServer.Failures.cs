using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Failed jobs by the kind of their reason: Redis sums up each page by name and reason, the kinds are found here.</summary>
internal sealed partial class BullMqServer : IJobFailures
{
    public async Task<IReadOnlyList<JobFailureGroup>> GetFailuresAsync(string queue, JobFilter filter, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        // What fails from now on belongs to nobody's group.
        var end = await StartAsync(queue, JobState.Failed, cancellationToken).ConfigureAwait(false);
        filter = filter with { Before = filter.Before < end ? filter.Before : end };
        var tally = new JobFailureTally(queue, this, filter);
        var pages = new FailurePages(runner, Keys(queue), filter);
        long seen = 0;
        await foreach (var page in PageStream.ReadAsync(pages.NextAsync, cancellationToken).ConfigureAwait(false))
        {
            pages.Count(page, tally);
            progress?.Report(seen += page.Scanned);
        }

        return tally.ToGroups();
    }

    /// <summary>A page as it came, the number of its rows and where they begin.</summary>
    private sealed record FailurePage(int Scanned, int Rows, ReadOnlyMemory<byte> Packed);

    private sealed class FailurePages(ScriptRunner runner, QueueKeys keys, JobFilter filter)
    {
        private readonly FilterText text = new(filter, scoreIsTime: true);
        private readonly (string Low, string High) bounds = SetPager.Bounds(JobState.Failed, filter);
        private readonly Slicer slicer = new(500, 10_000);
        private SetCursor cursor = SetCursor.Start;
        private bool more = true;

        public async Task<FailurePage?> NextAsync(CancellationToken cancellationToken)
        {
            if (!more)
            {
                return null;
            }

            slicer.Begin();
            // A pattern that only the client can judge has to see the whole reason.
            var answer = await runner.RunAsync(ScriptCatalog.Reader("failures"), reads: true, [keys["failed"]],
                [keys.Base, bounds.Low, bounds.High, cursor.Score, cursor.Id, slicer.Size, BytesAtMost, text.NeedsLook ? BytesAtMost : JobReason.LongestBytes, text.Json],
                cancellationToken).ConfigureAwait(false);
            ReadOnlyMemory<byte> bytes = (byte[])answer!;
            var reader = new MsgPackReader(bytes);
            var scanned = (int)reader.ReadInteger();
            cursor = new SetCursor(reader.ReadString() ?? "", reader.ReadString() ?? "");
            more = reader.ReadInteger() == 1;
            var rows = reader.ReadCount();
            slicer.End(scanned);
            return new FailurePage(scanned, rows, bytes[reader.Position..]);
        }

        public void Count(FailurePage page, JobFailureTally tally)
        {
            if (page.Rows == 0)
            {
                return;
            }

            var reader = new MsgPackReader(page.Packed);
            for (var row = 0; row < page.Rows; row++)
            {
                var reason = reader.ReadString() ?? "";
                var name = reader.ReadString() ?? "";
                var count = reader.ReadInteger();
                var (newest, oldest) = (Score(reader.ReadString()), Score(reader.ReadString()));
                string[] ids = [reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadString() ?? ""];
                if (!text.NeedsLook || text.Matches(name, reason))
                {
                    tally.Add(reason, name, count, newest, oldest, ids.Where(static id => id.Length > 0));
                }
            }
        }

        private static long Score(string? text) => double.TryParse(text, CultureInfo.InvariantCulture, out var score) ? (long)score : 0;
    }
}
