using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>New flows are what BullMQ's own library would have made of them, and run in the same order.</summary>
public sealed class AddFlowTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public Task A_parent_with_children_in_another_queue(string lib) => CompareAsync(lib, lab => lab.AddAsync(),
        server => AddedAsync(server, "emails", Job("parent", children: [Job("a", "images"), Job("b", "images") with { Priority = 2, Attempts = 3 }])),
        lab => FlowAsync(lab, new { name = "parent", queueName = "emails", opts = new { jobId = "parent" }, children = new object[]
        {
            new { name = "a", queueName = "images", opts = new { jobId = "a" } },
            new { name = "b", queueName = "images", opts = new { attempts = 3, priority = 2, jobId = "b" } },
        } }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["images", "emails"]);

    [Theory, MemberData(nameof(Full))]
    public Task Three_levels_level_by_level(string lib) => CompareAsync(lib, lab => lab.AddAsync(),
        server => AddedAsync(server, "emails", Job("root", children: [Job("x", children: [Job("x1"), Job("x2")]), Job("y"), Job("z", children: [Job("z1")])])),
        lab => FlowAsync(lab, Node("root", Node("x", Node("x1"), Node("x2")), Node("y"), Node("z", Node("z1")))),
        reference: Versions.ScriptsFor(lib), work: Succeed);

    [Theory, InlineData("failParentOnFailure"), InlineData("ignoreDependencyOnFailure"), InlineData("removeDependencyOnFailure"), InlineData("continueParentOnFailure")]
    public async Task What_a_childs_failure_does(string option)
    {
        foreach (var lib in (string[])["bullmq5", "bullmq"])
        {
            await CompareAsync(lib, lab => lab.AddAsync(),
                server => AddedAsync(server, "emails", Job("parent", children: [Job("a", "images") with { Options = $$"""{"{{option}}":true}""" }])),
                lab => FlowAsync(lab, new { name = "parent", queueName = "emails", opts = new { jobId = "parent" }, children = new object[]
                {
                    new { name = "a", queueName = "images", opts = new Dictionary<string, object> { ["jobId"] = "a", [option] = true } },
                } }),
                work: new { @do = "fail", reason = "boom" }, finish: ["images", "emails"]);
        }
    }

    [Theory, MemberData(nameof(Full))]
    public Task A_child_that_has_completed_before(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { jobId = "a" });
            await lab.CompleteNextAsync();
        },
        server => AddedAsync(server, "parents", Job("parent", children: [Job("a", "emails")])),
        lab => FlowAsync(lab, new { name = "parent", queueName = "parents", opts = new { jobId = "parent" }, children = new object[] { Node("a") } }),
        reference: Versions.ScriptsFor(lib), work: Succeed, finish: ["parents"]);

    [Fact]
    public async Task A_child_of_another_parent_is_refused_and_said()
    {
        await using var lab = Bench.Lab();
        var server = await lab.ServerAsync();
        await server.AddAsync("parents", Job("first", children: [Job("a", "emails")]));
        var outcome = (await server.AddAsync("parents", Job("second", children: [Job("a", "emails"), Job("b", "emails")]))).Single();
        Assert.Equal(JobOutcomeStatus.Added, outcome.Status);
        Assert.Contains("child a was there already and belongs to another parent", outcome.Message);
    }

    [Fact]
    public async Task Jobs_of_a_flow_get_ids_and_run_children_first()
    {
        await using var lab = Bench.Lab();
        var server = await lab.ServerAsync();
        var outcome = (await server.AddAsync("emails", new NewJob { Name = "parent", Children = [new NewJob { Name = "child" }, new NewJob { Name = "child" }] })).Single();
        Assert.True(Guid.TryParse(outcome.NewId, out _));
        Assert.Equal(["child", "child", "parent"], (await WorkAsync(lab, "bullmq", "emails", Succeed)).Select(r => r.Split(' ')[1]));
    }

    [Fact]
    public async Task Deduplication_has_no_place_in_a_flow()
    {
        await using var lab = Bench.Lab();
        var server = await lab.ServerAsync();
        var outcomes = await server.AddAsync("emails", Job("parent", children: [Job("a") with { DeduplicationId = "once" }]), Job("other", children: [Job("b")]) with { DeduplicationId = "once" });
        Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Refused, o.Status));
        Assert.Empty(await Keyspace.ScanAsync(lab.Db));
    }

    [Fact]
    public async Task Children_in_a_queue_that_BullMQ_5_has_paused_survive_its_resume()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("add", new { lib = "bullmq5", queue = "images", name = "old" });
        await lab.DoAsync("pause", new { lib = "bullmq5", queue = "images" });
        await AddedAsync(await lab.ServerAsync(), "emails", Job("parent", children: [Job("a", "images")]));
        await lab.DoAsync("resume", new { lib = "bullmq5", queue = "images" });
        Assert.Equal(["old", "a"], (await WorkAsync(lab, "bullmq5", "images", Succeed)).Select(r => r.Split(' ')[1]));
    }

    private static NewJob Job(string id, string? queue = null, params NewJob[] children) => new() { Name = id, Id = id, Queue = queue, Children = children };

    private static object Node(string id, params object[] children) => children.Length == 0
        ? new { name = id, queueName = "emails", opts = new { jobId = id } } : new { name = id, queueName = "emails", opts = new { jobId = id }, children };

    private static Task FlowAsync(Lab lab, object flow) => lab.DoAsync("addFlow", new { flow });

    private static async Task AddedAsync(IJobServer server, string queue, NewJob job)
    {
        var outcome = (await server.AddAsync(queue, job)).Single();
        Assert.Equal((JobOutcomeStatus.Added, job.Id, null), (outcome.Status, outcome.NewId, outcome.Message));
    }
}
