using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Whether parents wait for retried children again goes by the queue's version.</summary>
public sealed class RetriedChildTests(Bench bench) : ParityTest(bench)
{
    [Theory]
    [InlineData("bullmq:5.34.10", false, false)]
    [InlineData("bullmq:5.58.1", true, false)]
    [InlineData("bullmq:5.58.2", false, true)]
    [InlineData("bullmq:6.7.0", false, true)]
    [InlineData(null, false, false)]
    [InlineData(null, true, true)]
    public async Task A_parent_waits_for_a_failed_child_again_where_the_queues_version_has_it_so(string? version, bool hasOther, bool waits)
    {
        await using var lab = Bench.Lab("bullmq5");
        await IgnoredChildAsync(lab, hasOther);
        await ToldAsync(lab, version);
        await RetriedAsync(lab);
        Assert.Equal(waits, (bool)await lab.Db.ExecuteAsync("SISMEMBER", "bull:parents:parent:dependencies", "bull:emails:ignored"));
        Assert.Equal(!waits, (bool)await lab.Db.ExecuteAsync("HEXISTS", "bull:parents:parent:failed", "bull:emails:ignored"));
        if (!waits && !hasOther)
        {
            // The child that failed had let its parent go: a worker that takes it first can finish it.
            Assert.Equal(["parent parent attempt 0 ok"], await WorkAsync(lab, lab.Lib, "parents", Succeed));
        }

        Assert.Contains("ignored child attempt 1 ok", await WorkAsync(lab, lab.Lib, "emails", Succeed));
    }

    [Fact]
    public async Task A_parent_that_has_ended_has_the_child_back_where_the_version_is_unknown()
    {
        await using var lab = Bench.Lab("bullmq5");
        await IgnoredChildAsync(lab, hasOther: false);
        await WorkAsync(lab, lab.Lib, "parents", new { @do = "fail", reason = "no" });
        await ToldAsync(lab, null);
        await RetriedAsync(lab);
        Assert.True((bool)await lab.Db.ExecuteAsync("SISMEMBER", "bull:parents:parent:dependencies", "bull:emails:ignored"));
    }

    private static async Task IgnoredChildAsync(Lab lab, bool hasOther)
    {
        object[] children =
        [
            new { name = "child", queueName = "emails", opts = new { jobId = "ignored", ignoreDependencyOnFailure = true } },
            .. hasOther ? [new { name = "child", queueName = "emails", opts = new { jobId = "other" } }] : (object[])[],
        ];
        await lab.FlowAsync(new { name = "parent", queueName = "parents", opts = new { jobId = "parent" }, children }, "parents");
        Assert.Equal(["ignored"], await lab.FailNextAsync());
    }

    private static Task ToldAsync(Lab lab, string? version) =>
        version is null ? lab.Db.ExecuteAsync("HDEL", lab.Base + "meta", "version") : lab.Db.ExecuteAsync("HSET", lab.Base + "meta", "version", version);

    private static async Task RetriedAsync(Lab lab) =>
        Assert.Equal(JobOutcomeStatus.Retried, Assert.Single(await (await lab.ServerAsync()).RetryAsync("emails", "ignored")).Status);
}
