using System.Text.Json;
using System.Text.Json.Nodes;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>A job is shown with the values that BullMQ's own library reads.</summary>
public sealed class JobFieldTests(Bench bench)
{
    public static TheoryData<string> All => Versions.All;

    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(All))]
    public async Task Every_field_of_jobs_of_every_state(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.AddAsync(new { to = "ü@x", list = new[] { 1, 2 } }, new { attempts = 4, backoff = new { type = "fixed", delay = 5 } }, "first");
        await lab.DoAsync("take");
        await lab.DoAsync("updateProgress", new { id = "1", args = new object[] { new { step = 2, of = 7 } } });
        await lab.DoAsync("log", new { id = "1", args = new[] { "line one" } });
        await lab.DoAsync("log", new { id = "1", args = new[] { "line\ntwo" } });
        await lab.DoAsync("finish", new { id = "1", reason = "broken\npipe \"x\"", unrecoverable = true });
        await lab.DoAsync("seed", new { completed = 2, active = 1, waiting = 1, prioritized = 3, delayed = 1, results = new[] { new { deep = new { er = true } } } });
        await lab.DoAsync("updateProgress", new { id = "5", args = new object[] { 42.5 } });
        var server = await lab.ServerAsync();
        var jobs = await server.ListAsync(new JobQuery { Queue = "emails", Parts = JobParts.All });
        Assert.Equal(9, jobs.Count);
        foreach (var job in jobs)
        {
            AssertSame((await lab.DoAsync("getJob", new { id = job.Id }))!, job);
            var again = (await server.JobAsync("emails", job.Id, JobParts.All))!;
            Assert.Equal((job.Name, job.State, job.Timestamp, job.FinishedOn, job.GetDataText(), job.DelayUntil), (again.Name, again.State, again.Timestamp, again.FinishedOn, again.GetDataText(), again.DelayUntil));
            var plain = (await server.JobAsync("emails", job.Id))!;
            Assert.Null(plain.GetDataText());
            Assert.Null(plain.Log);
            Assert.Null(plain.StackTrace);
            Assert.Null(plain.GetOptionsText());
        }

        var first = jobs.Single(j => j.Id == "1");
        Assert.Equal(["line one", "line\ntwo"], first.Log);
        Assert.Equal(4, first.Attempts);
        Assert.Equal("{\"step\":2,\"of\":7}", first.Progress);
        Assert.Equal("ü@x", first.GetData()!.Value.GetProperty("to").GetString());
        Assert.Equal(42.5, jobs.Single(j => j.Id == "5").Progress);
        var delayed = jobs.Single(j => j.State == JobState.Delayed);
        Assert.Equal(delayed.Timestamp + delayed.Delay, delayed.DelayUntil);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task Parents_schedulers_and_deduplication(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.FlowAsync(new { name = "parent", queueName = "parents", opts = new { jobId = "top" }, children = new object[] { new { name = "child", queueName = "emails", opts = new { jobId = "low" } } } }, "parents");
        await lab.DoAsync("upsertScheduler", new { id = "nightly", repeat = new { pattern = "0 0 1 1 *" } });
        await lab.AddAsync(opts: new { jobId = "dedup", deduplication = new { id = "a:b" } });
        var run = (await lab.IdsAsync("delayed")).Single();
        await lab.DoAsync("add", new { opts = new { jobId = "ofRun", parent = new { id = run, queue = "bull:emails" } } });
        var server = await lab.ServerAsync();
        var child = (await server.JobAsync("emails", "low"))!;
        Assert.Equal(("top", "parents"), (child.ParentId, child.ParentQueue));
        Assert.Equal("nightly", (await server.JobAsync("emails", run))!.SchedulerId);
        Assert.Equal("a:b", (await server.JobAsync("emails", "dedup"))!.DeduplicationId);
        // A scheduler's run has colons in its id.
        var grandchild = (await server.JobAsync("emails", "ofRun"))!;
        Assert.Equal((run, "emails"), (grandchild.ParentId, grandchild.ParentQueue));
    }

    [Fact]
    public async Task A_worker_with_a_name()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("work", new { opts = new { name = "worker-7" } });
        Assert.Equal("worker-7", (await (await lab.ServerAsync()).JobAsync("emails", "1"))!.ProcessedBy);
    }

    [Theory, MemberData(nameof(All))]
    public async Task By_id_in_the_order_given(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.DoAsync("seed", new { failed = 2, waiting = 700 });
        var server = await lab.ServerAsync();
        string[] ids = ["702", "gone", "1", "1", "repeat:no:1", "", .. Enumerable.Range(3, 690).Select(n => $"{n}"), "meta", "2"];
        var jobs = await server.GetJobsByIdAsync("emails", ids, JobParts.None, Ct);
        Assert.Equal(ids.Length, jobs.Count);
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] is "gone" or "repeat:no:1" or "" or "meta")
            {
                Assert.Null(jobs[i]);
            }
            else
            {
                Assert.Equal(ids[i], jobs[i]!.Id);
            }
        }

        Assert.Empty(await server.GetJobsByIdAsync("emails", [], JobParts.None, Ct));
    }

    private static void AssertSame(JsonNode theirs, QueueJob ours)
    {
        var where = $"job {ours.Id}, {ours.State}";
        Assert.Equal(theirs["name"]!.GetValue<string>(), ours.Name);
        Assert.Equal(Time(theirs["timestamp"]), ours.Timestamp);
        Assert.Equal(Time(theirs["processedOn"]), ours.ProcessedOn);
        Assert.Equal(Time(theirs["finishedOn"]), ours.FinishedOn);
        Assert.Equal(theirs["failedReason"]?.GetValue<string>(), ours.FailedReason);
        Assert.Equal(theirs["attemptsMade"]!.GetValue<int>(), ours.AttemptsMade);
        Assert.Equal(theirs["delay"]?.GetValue<long>() ?? 0, (long)ours.Delay.TotalMilliseconds);
        Assert.Equal(theirs["priority"]?.GetValue<long>() ?? theirs["opts"]!["priority"]?.GetValue<long>() ?? 0, ours.Priority);
        Assert.True(JsonNode.DeepEquals(theirs["data"], JsonNode.Parse(ours.GetDataText()!)), where);
        var value = ours.GetReturnValueText();
        Assert.True(JsonNode.DeepEquals(theirs["returnvalue"], value is null ? null : JsonNode.Parse(value)), where);
        Assert.Equal(theirs["stacktrace"]?.AsArray().Select(s => s!.GetValue<string>()) ?? [], ours.StackTrace ?? []);
        Assert.Equal(theirs["state"]!.GetValue<string>(), ours.RawState);
        Assert.Equal(JsonValueKind.Object, ours.GetOptions()!.Value.ValueKind);
    }

    private static DateTimeOffset? Time(JsonNode? node) => node is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(node.GetValue<long>());
}
