using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>The next runs of repeatable jobs, which BullMQ had before schedulers: without these they never run again.</summary>
public sealed class RepeatableRunTests(Bench bench) : ParityTest(bench)
{
    [Theory, InlineData("bullmq4", false), InlineData("bullmq560", false), InlineData("bullmq5", false), InlineData("bullmq4", true), InlineData("bullmq5", true)]
    public async Task They_stay_when_delayed_jobs_are_cleared_and_are_not_counted(string lib, bool byPattern)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync(opts: new { delay = 600_000, jobId = "mine" }, name: "plain");
        await lab.DoAsync("repeatable", new { name = "hourly", repeat = new { every = 3_600_000 } });
        await lab.DoAsync("repeatable", new { name = "yearly", repeat = new { pattern = "0 0 1 1 *", tz = "UTC" }, opts = new { jobId = "own" } });
        var server = await lab.ServerAsync();
        var runs = (await lab.Db.SortedSetRangeByRankAsync(lab.Base + "delayed")).Select(id => (string)id!).Where(id => id != "mine").Order().ToArray();
        Assert.Equal(2, runs.Length);
        var shown = new List<JobScheduler>();
        await foreach (var page in ((IJobSchedulers)server).GetSchedulersAsync(lab.Queue, null, 0, Ct))
        {
            shown.AddRange(page);
        }

        Assert.All(shown, scheduler => Assert.Equal(JobSchedulerState.Legacy, scheduler.State));
        Assert.Equal(runs, shown.Select(scheduler => scheduler.NextJobId).Order());

        // A pattern that only a look from here can tell goes another way.
        var query = new ClearQuery { Queue = lab.Queue, States = [JobState.Delayed], Filter = new JobFilter { Names = byPattern ? ["[hpy]*"] : [] } };
        Assert.Equal(1, await server.CountClearAsync(query, Ct));
        Assert.Equal(1, (await server.ClearQueueAsync(query, false, Ct).RunAsync()).Done);
        Assert.Equal(runs, (await lab.Db.SortedSetRangeByRankAsync(lab.Base + "delayed")).Select(id => (string)id!).Order());
    }
}
