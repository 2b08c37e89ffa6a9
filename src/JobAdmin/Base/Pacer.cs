namespace JobAdmin.Base;

/// <summary>Spreads work evenly over time.</summary>
internal sealed class Pacer(double perSecond)
{
    // What was missed further back than this is not made up for: no burst after a pause.
    private static readonly TimeSpan Memory = TimeSpan.FromMilliseconds(250);

    private readonly object gate = new();
    private long due;

    /// <summary>How many jobs make a tenth of a second: the most that go at once.</summary>
    public int Burst => (int)Math.Clamp(perSecond / 10, 1, int.MaxValue);

    /// <summary>Takes the next place in line.</summary>
    /// <param name="count">The number of jobs.</param>
    /// <returns>When the last of them is due, in the time of <see cref="TimeProvider"/>.</returns>
    public long Reserve(int count)
    {
        lock (gate)
        {
            var now = TimeProvider.System.GetTimestamp();
            var earliest = now - Ticks(Memory.TotalSeconds);
            due = (due == 0 ? now : Math.Max(due, earliest)) + Ticks(count / perSecond);
            return due;
        }
    }

    /// <summary>Waits for a reserved place.</summary>
    /// <param name="place">The place.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task WaitAsync(long place, CancellationToken cancellationToken)
    {
        var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), place);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, cancellationToken).ConfigureAwait(false);
        }
    }

    private static long Ticks(double seconds) => (long)(seconds * TimeProvider.System.TimestampFrequency);
}
