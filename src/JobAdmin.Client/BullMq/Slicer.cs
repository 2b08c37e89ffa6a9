using System.Diagnostics;

namespace JobAdmin.Client.BullMq;

/// <summary>How much one script call may take on, learnt from how long the last one took: small jobs many, big jobs few.</summary>
internal sealed class Slicer(int start, int atMost)
{
    // Well below what another client of the same Redis would feel.
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(10);

    private long started;

    /// <summary>How much the next call takes on.</summary>
    public int Size { get; private set; } = start;

    /// <summary>Notes that a call is being sent whose script does not tell how long it took.</summary>
    public void Begin() => started = Stopwatch.GetTimestamp();

    /// <summary>Learns from the time until its answer.</summary>
    /// <param name="done">How much it took on.</param>
    public void End(int done) => Learn(done, Stopwatch.GetElapsedTime(started));

    /// <summary>Learns from what a script says of itself, where it can (see clock.lua); otherwise from the time until its answer, which is more.</summary>
    /// <param name="done">How much it took on.</param>
    /// <param name="microseconds">What the script says.</param>
    /// <param name="sent">When it was sent, as <see cref="Stopwatch.GetTimestamp"/> tells it.</param>
    public void Learn(int done, double microseconds, long sent) =>
        Learn(done, microseconds > 0 ? TimeSpan.FromMicroseconds(microseconds) : Stopwatch.GetElapsedTime(sent));

    private void Learn(int done, TimeSpan elapsed)
    {
        var fitting = done * Aim.TotalMilliseconds / Math.Max(elapsed.TotalMilliseconds, 0.05);
        // Never more than double at once: the first answer may have been a lucky one.
        Size = (int)Math.Clamp(Math.Min(fitting, Size * 2.0), 5, atMost);
    }
}
