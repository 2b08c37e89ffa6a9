namespace JobAdmin.Client.Tests.Http.Fakes;

/// <summary>A clock whose waits are over a hundred times sooner, so that a minute of rate limit takes well under a second. Its hands show what was waited.</summary>
public sealed class FastTime(int factor = 100) : TimeProvider
{
    private readonly DateTimeOffset start = DateTimeOffset.UtcNow;

    public override DateTimeOffset GetUtcNow() => start + ((DateTimeOffset.UtcNow - start) * factor);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new FastTimer(System.CreateTimer(callback, state, Shorter(dueTime), Shorter(period)), this);

    private TimeSpan Shorter(TimeSpan span) => span <= TimeSpan.Zero ? span : TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, span.Ticks / factor));

    private sealed class FastTimer(ITimer timer, FastTime time) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(time.Shorter(dueTime), time.Shorter(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
