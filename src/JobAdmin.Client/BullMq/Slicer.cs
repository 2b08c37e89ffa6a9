using System.Diagnostics;

namespace JobAdmin.Client.BullMq;

/// <summary>How much one script call may take on, learnt from how long the last one took: small jobs many, big jobs few.</summary>
internal sealed class Slicer(int start, int atMost)
{
    // Well below what another client of the same Redis would feel.
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(12);
    private long started;

    public int Size { get; private set; } = start;

    public void Begin() => started = Stopwatch.GetTimestamp();

    public void End(int done)
    {
        var elapsed = Math.Max(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 0.05);
        var fitting = done * Aim.TotalMilliseconds / elapsed;
        // Never more than double at once: the first answer may have been a lucky one.
        Size = (int)Math.Clamp(Math.Min(fitting, Size * 2.0), 5, atMost);
    }
}
