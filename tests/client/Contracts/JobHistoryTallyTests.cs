namespace JobAdmin.Client.Tests.Contracts;

/// <summary>Rates and durations out of a row of events.</summary>
public sealed class JobHistoryTallyTests
{
    [Fact]
    public void Waits_and_runs_are_told_job_by_job()
    {
        var tally = Tally((JobHistoryKind.Added, 0, "a"), (JobHistoryKind.Waiting, 0, "a"), (JobHistoryKind.Added, 5, "b"), (JobHistoryKind.Waiting, 5, "b"),
            (JobHistoryKind.Active, 100, "a"), (JobHistoryKind.Completed, 350, "a"), (JobHistoryKind.Active, 400, "b"), (JobHistoryKind.Failed, 410, "b"));
        Assert.Equal((2, 1, 1, 0), (tally.Added, tally.Completed, tally.Failed, tally.Growth));
        Assert.Equal([100, 395], Sorted(tally.Waits));
        Assert.Equal([10, 250], Sorted(tally.Runs));
    }

    [Fact]
    public void A_job_that_is_tried_again_waits_again_and_runs_once()
    {
        var tally = Tally((JobHistoryKind.Waiting, 0, "a"), (JobHistoryKind.Active, 10, "a"), (JobHistoryKind.Waiting, 20, "a"), (JobHistoryKind.Active, 50, "a"),
            (JobHistoryKind.Completed, 55, "a"));
        Assert.Equal([10, 30], Sorted(tally.Waits));
        Assert.Equal([5], Sorted(tally.Runs));
    }

    [Fact]
    public void A_stalled_run_is_no_run()
    {
        var tally = Tally((JobHistoryKind.Waiting, 0, "a"), (JobHistoryKind.Active, 1, "a"), (JobHistoryKind.Stalled, 60_000, "a"), (JobHistoryKind.Completed, 60_100, "a"));
        Assert.Equal((1, 1), (tally.Stalled, tally.Completed));
        Assert.Empty(Sorted(tally.Runs));
    }

    [Fact]
    public void What_was_ready_before_is_named()
    {
        var tally = Tally((JobHistoryKind.Active, 7, "a"), (JobHistoryKind.Completed, 9, "a"), (JobHistoryKind.Completed, 11, "c"));
        Assert.Equal([("a", 7L)], tally.ReadyBefore);
        Assert.Equal(-1, tally.Growth);
        Assert.Equal([2], Sorted(tally.Runs));
    }

    [Theory, InlineData(0.5, 50), InlineData(0.95, 95), InlineData(0.99, 99), InlineData(0.999, 100), InlineData(1, 100), InlineData(0, 1)]
    public void A_percentile_is_one_of_the_durations(double part, int expected)
    {
        var durations = new JobDurations();
        foreach (var n in Enumerable.Range(1, 100).Reverse())
        {
            durations.Add(n);
        }

        Assert.Equal(TimeSpan.FromMilliseconds(expected), durations.At(part));
        Assert.Equal(TimeSpan.FromMilliseconds(50.5), durations.Average);
    }

    [Fact]
    public void Of_nothing_there_is_no_percentile_and_clocks_make_no_negative_one()
    {
        var durations = new JobDurations();
        Assert.Null(durations.At(0.5));
        Assert.Null(durations.Average);
        durations.Add(-3);
        Assert.Equal(TimeSpan.Zero, durations.At(0.5));
    }

    [Fact]
    public void A_queue_that_shrinks_will_be_empty()
    {
        var now = DateTimeOffset.UtcNow;
        JobQueueMeasure Measure(long waiting, double? growth) => new() { Queue = "q", From = now.AddMinutes(-1), To = now, Waiting = waiting, GrowthPerSecond = growth };
        Assert.Equal(TimeSpan.FromSeconds(50), Measure(100, -2).TimeUntilEmpty);
        Assert.Equal(TimeSpan.Zero, Measure(0, 3).TimeUntilEmpty);
        Assert.Null(Measure(100, 0).TimeUntilEmpty);
        Assert.Null(Measure(100, 1).TimeUntilEmpty);
        Assert.Null(Measure(100, null).TimeUntilEmpty);
        Assert.Null(Measure(long.MaxValue, -1e-300).TimeUntilEmpty);
    }

    private static JobHistoryTally Tally(params (JobHistoryKind Kind, long At, string Id)[] events)
    {
        var tally = new JobHistoryTally();
        foreach (var (kind, at, id) in events)
        {
            tally.Add(new JobHistoryEvent(kind, at, id, null));
        }

        return tally;
    }

    private static List<long> Sorted(JobDurations durations) =>
        [.. Enumerable.Range(1, durations.Count).Select(n => (long)durations.At((double)n / durations.Count)!.Value.TotalMilliseconds)];
}
