using static JobAdmin.Client.Tests.BullMq.Transfers;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Jobs that move on between the writing of their record and their deletion are not deleted, and that is told.</summary>
public sealed partial class TransferTests
{
    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Jobs_that_a_worker_takes_before_they_are_cleared(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("addMany", new { count = 5 });
        var server = (IJobTransfer)await lab.ServerAsync();
        var (kept, left) = (0, new List<string>());
        var query = new ClearQuery { Queue = "emails", States = [JobState.Waiting] };
        await server.ClearQueueAsync(query, false, async slice =>
        {
            kept += slice.Count;
            left.AddRange(slice.NotDeleted?.Select(job => job.Id) ?? []);
            if (slice.Count > 0)
            {
                Assert.Null(slice.NotDeleted);
                await lab.DoAsync("take", new { count = 2 });
                await lab.DoAsync("finish", new { id = "1" });
            }
        }, Ct).RunAsync();
        Assert.Equal((5, "1,2"), (kept, string.Join(',', left)));
        Assert.Equal(["1"], await lab.IdsAsync("completed"));
        Assert.Equal(["2"], await lab.IdsAsync("active"));
        Assert.Empty(await lab.IdsAsync("wait"));
    }

    [Fact]
    public async Task A_job_that_finishes_before_its_queue_is_removed()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 3 });
        await lab.DoAsync("take");
        var server = (IJobTransfer)await lab.ServerAsync();
        var (records, left) = (new List<string>(), new List<string>());
        var last = await server.RemoveQueueAsync("emails", true, async slice =>
        {
            await KeepAsync(records, slice);
            left.AddRange(slice.NotDeleted?.Select(job => job.Id) ?? []);
            if (slice.NotDeleted is null && left.Count == 0 && records.Any(record => record.Contains("\"active\"", StringComparison.Ordinal)))
            {
                await lab.DoAsync("finish", new { id = "1" });
            }
        }, Ct).RunAsync();
        Assert.Equal("1", string.Join(',', left));
        Assert.Equal(["active", "wait", "wait", "completed"], records.Where(record => record.Contains("\"id\":", StringComparison.Ordinal) && record.Contains("\"state\":", StringComparison.Ordinal))
            .Select(record => record.Split("\"state\":\"")[1].Split('"')[0]));
        Assert.Equal(3, last.Done);
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task What_is_not_in_the_backup_as_it_is_now_is_not_removed(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { completed = 2, failed = 1, waiting = 2 });
        var server = await lab.ServerAsync();
        var jobs = await server.GetJobsByIdAsync("emails", ["1", "2", "3", "4", "5"], JobParts.None, Ct);
        var finished = jobs.Where(job => job!.State == JobState.Completed).Select(job => job!.Id).ToList();
        var failed = Assert.Single(jobs, job => job!.State == JobState.Failed)!.Id;
        var waiting = jobs.Where(job => job!.State == JobState.Waiting).Select(job => job!.Id).ToList();
        var kept = new Dictionary<string, JobState> { [finished[0]] = JobState.Waiting, [finished[1]] = JobState.Completed, [failed] = JobState.Completed, [waiting[0]] = JobState.Delayed };
        var outcomes = await server.ChangeJobsAsync("emails", [finished[0], finished[1], failed, waiting[0], waiting[1], "none"], new JobChange.Remove { Kept = kept }, Ct);
        Assert.Equal([JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.Removed, JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.Removed, JobOutcomeStatus.SkippedWrongState,
            JobOutcomeStatus.NotFound], outcomes.Select(outcome => outcome.Status));
        Assert.Equal((JobState.Completed, JobState.Failed), (outcomes[0].PreviousState, outcomes[2].PreviousState));
    }
}
