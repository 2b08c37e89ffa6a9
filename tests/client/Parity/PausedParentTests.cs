using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Parity;

/// <summary>Parents whose queue BullMQ 5 has paused, and whose last child goes: its resume must not lose them, whichever version the child's queue tells of.</summary>
public sealed class PausedParentTests(Bench bench) : ParityTest(bench)
{
    private static readonly string?[] Versions = [null, "bullmq:5.34.10", "bullmq:6.7.0"];

    private static readonly Dictionary<string, Func<IJobServer, Task>> Ways = new()
    {
        ["remove"] = async server => Assert.Equal(JobOutcomeStatus.Removed, Assert.Single(await server.ChangeAsync("emails", new JobChange.Remove(false), "child")).Status),
        ["clear"] = server => server.ClearAsync("emails", states: JobState.Waiting),
        ["remove queue"] = server => server.RemoveQueueAsync("emails", true, Ct).RunAsync(),
    };

    public static TheoryData<string, string?, string?> All
    {
        get
        {
            var data = new TheoryData<string, string?, string?>();
            foreach (var way in Ways.Keys)
            {
                foreach (var version in Versions)
                {
                    data.Add(way, version, null);
                    data.Add(way, version, "bullmq:5.34.10");
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(All))]
    public async Task A_parent_stands_with_the_other_jobs_of_its_paused_queue(string way, string? version, string? parentsVersion)
    {
        await using var lab = Bench.Lab("bullmq5");
        await lab.FlowAsync(new
        {
            name = "parent", queueName = "parents", opts = new { jobId = "parent" },
            children = new object[] { new { name = "child", queueName = "emails", opts = new { jobId = "child" } } },
        }, "parents");
        await lab.DoAsync("add", new { queue = "parents", name = "job", data = new { }, opts = new { jobId = "other" } });
        await lab.DoAsync("pause", new { queue = "parents" });
        await ToldAsync(lab, "emails", version);
        await ToldAsync(lab, "parents", parentsVersion);
        await Ways[way](await lab.ServerAsync());
        await lab.DoAsync("resume", new { queue = "parents", skipMeta = true });
        Assert.Equal(["parent parent attempt 0 ok", "other job attempt 0 ok"], await WorkAsync(lab, lab.Lib, "parents", Succeed));
    }

    /// <summary>A queue of BullMQ 6 has no such list, and its paused jobs stay where they are.</summary>
    [Fact]
    public async Task A_parent_in_a_paused_queue_of_BullMQ_6()
    {
        await using var lab = Bench.Lab("bullmq");
        await lab.FlowAsync(new
        {
            name = "parent", queueName = "parents", opts = new { jobId = "parent" },
            children = new object[] { new { name = "child", queueName = "emails", opts = new { jobId = "child" } } },
        }, "parents");
        await lab.DoAsync("pause", new { queue = "parents" });
        await Ways["remove"](await lab.ServerAsync());
        Assert.Equal(["parent"], (await lab.Db.ListRangeAsync("bull:parents:wait")).Select(id => (string)id!));
    }

    private static Task ToldAsync(Lab lab, string queue, string? version) => version is null ? lab.Db.ExecuteAsync("HDEL", $"bull:{queue}:meta", "version")
        : lab.Db.ExecuteAsync("HSET", $"bull:{queue}:meta", "version", version);
}
