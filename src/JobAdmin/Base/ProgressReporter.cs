using System.Diagnostics;
using System.Management.Automation;

namespace JobAdmin.Base;

/// <summary>A progress bar that comes only when something takes longer than a moment, and goes when it ends.</summary>
internal sealed class ProgressReporter(Action<ProgressRecord> write, string activity, int parent = -1) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static int lastActivity;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly int id = Interlocked.Increment(ref lastActivity);
    private TimeSpan next = Patience;
    private bool shown;

    /// <summary>The bar's number, under which others may stand.</summary>
    public int Id => id;

    /// <summary>Whether a report would be shown now.</summary>
    public bool IsDue => clock.Elapsed >= next;

    /// <summary>Says how far it has come.</summary>
    /// <param name="done">Jobs done.</param>
    /// <param name="total">Jobs in all, or null when not known.</param>
    /// <param name="what">What they are ("failed jobs in queue emails").</param>
    public void Report(long done, long? total, string what)
    {
        if (!IsDue)
        {
            return;
        }

        next = clock.Elapsed + Interval;
        shown = true;
        var rate = done / clock.Elapsed.TotalSeconds;
        var record = new ProgressRecord(id, activity, $"{done:N0}{(total is { } all ? $" of {all:N0}" : "")} {what}, {rate:N0} a second") { ParentActivityId = parent };
        if (total > 0)
        {
            record.PercentComplete = (int)Math.Clamp(done * 100 / total.Value, 0, 100);
            record.SecondsRemaining = rate > 0 ? (int)Math.Min(int.MaxValue, (total.Value - done) / rate) : -1;
        }

        write(record);
    }

    /// <summary>Shows a bar of any content.</summary>
    /// <param name="status">The text.</param>
    /// <param name="percent">The per cent, or -1.</param>
    public void Show(string status, int percent)
    {
        shown = true;
        write(new ProgressRecord(id, activity, status) { ParentActivityId = parent, PercentComplete = Math.Clamp(percent, -1, 100) });
    }

    /// <summary>Takes the bar away.</summary>
    public void Dispose()
    {
        if (shown)
        {
            shown = false;
            write(new ProgressRecord(id, activity, "Done") { ParentActivityId = parent, RecordType = ProgressRecordType.Completed });
        }
    }
}
