using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Failed jobs by the kind of their reason, and what is done with a group.</summary>
public sealed class FailureTests(Bench bench)
{
    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public async Task Jobs_are_grouped_by_the_kind_of_their_reason(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 30, names = new[] { "send", "resize" }, reasons = new[] { "SMTP timeout after 30s", "no file '/a/1.png'", "no file '/b/2.png'" } });
        var groups = await FailuresAsync(await lab.ServerAsync(), lab.Queue);
        Assert.Equal(["no file '*'", "SMTP timeout after *s"], groups.Select(g => g.Reason));
        Assert.Equal([20, 10], groups.Select(g => g.Count));
        Assert.Equal(["resize", "send"], groups[1].JobNames.Order());
        Assert.True(groups[0].FirstSeen < groups[0].LastSeen);
        Assert.Equal("no file '/b/2.png'", groups[0].Example);
        Assert.Equal("30", groups[0].SampleIds[0]);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task A_group_acts_on_exactly_its_jobs(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 12, reasons = new[] { "Request 1 failed", "Request x failed", "request 2 failed", "Request 3 failed" } });
        var server = await lab.ServerAsync();
        var group = (await FailuresAsync(server, lab.Queue)).Single(g => g.Reason == "Request * failed");
        Assert.Equal(6, group.Count);

        // It failed again, or for the first time, after the group was made: it is not the group's.
        await lab.FailedAsync(reason: "Request 9 failed");
        Assert.Equal(6, await server.CountJobsAsync(group.GetQuery(), Ct));
        string[] members = ["1", "4", "5", "8", "9", "12"];
        // Those that failed in the same millisecond stand in the order of their texts.
        var failed = await lab.IdsAsync("failed", asc: true);
        Assert.Equal(13, failed.Length);
        var outcomes = await server.ChangeMatchingJobsAsync(group.GetQuery(), new JobChange.Retry(), Ct).RunAsync();
        Assert.Equal(6, outcomes.Count);
        Assert.Equal(failed.Intersect(members), outcomes.Select(o => o.Id));
        Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Retried, o.Status));
        Assert.Equal(failed.Except(members), await lab.IdsAsync("failed", asc: true));
    }

    [Fact]
    public async Task Filters_and_many_pages_give_what_a_listing_gives()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("addMany", new { count = 1, name = "x" });
        var start = 1_700_000_000_000;
        for (var n = 1; n <= 5000; n++)
        {
            // Many fail in one millisecond: pages have to go on inside of it.
            _ = lab.Db.HashSetAsync(lab.Base + $"f{n}", [new("name", n % 2 == 0 ? "even" : "odd"), new("failedReason", $"Request {n} failed: {(n % 5 == 0 ? "ö" : "o")}"), new("timestamp", start)]);
            _ = lab.Db.SortedSetAddAsync(lab.Base + "failed", $"f{n}", start + (n / 1000));
        }

        await lab.Db.SortedSetAddAsync(lab.Base + "failed", "nobody", start);
        var server = await lab.ServerAsync();
        var seen = new List<long>();
        var groups = await ((IJobFailures)server).GetFailuresAsync(lab.Queue, new JobFilter(), new Sink(seen.Add), Ct);
        Assert.Equal([4000, 1000], groups.Select(g => g.Count));
        Assert.Equal(5001, seen[^1]);
        var filter = new JobFilter { Names = ["ev?n"], Reasons = ["*ö"], After = DateTimeOffset.FromUnixTimeMilliseconds(start + 2) };
        var some = Assert.Single(await ((IJobFailures)server).GetFailuresAsync(lab.Queue, filter, null, Ct));
        var listed = await server.ListAsync(new JobQuery { Queue = lab.Queue, States = [JobState.Failed], Filter = filter });
        Assert.Equal(listed.Count, some.Count);
        Assert.Equal(["even"], some.JobNames);
    }

    [Fact]
    public async Task Jobs_without_a_reason_and_with_a_very_long_one()
    {
        await using var lab = bench.Lab();
        await lab.FailedAsync(reason: "");
        await lab.FailedAsync(reason: new string('é', 5000) + "1");
        await lab.FailedAsync(reason: new string('é', 5000) + "2");
        var server = await lab.ServerAsync();
        var groups = await FailuresAsync(server, lab.Queue);
        Assert.Equal([2, 1], groups.Select(g => g.Count));
        Assert.Equal("", groups[1].Reason);
        foreach (var group in groups)
        {
            Assert.Equal(group.Count, await server.CountJobsAsync(group.GetQuery(), Ct));
        }
    }

    [Fact]
    public async Task An_unknown_queue_is_an_error()
    {
        await using var lab = bench.Lab();
        var server = await lab.ServerAsync();
        Assert.Equal("QueueNotFound", (await ErrorOfAsync(() => FailuresAsync(server, "nowhere"))).ErrorId);
    }

    private static Task<IReadOnlyList<JobFailureGroup>> FailuresAsync(IJobServer server, string queue) =>
        ((IJobFailures)server).GetFailuresAsync(queue, new JobFilter(), null, Ct);

    private sealed class Sink(Action<long> take) : IProgress<long>
    {
        public void Report(long value) => take(value);
    }
}
