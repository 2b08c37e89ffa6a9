using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Flows are read as they are, and what holds a parent up is told.</summary>
public sealed class FlowTests(Bench bench)
{
    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public async Task A_tree_over_queues(string lib)
    {
        await using var lab = bench.Lab(lib, queue: "images");
        await lab.DoAsync("addFlow", new { flow = Node("root", "books", Node("done", "images"), Node("bad", "images"), Node("mid", "texts", Node("leaf", "texts"))) });
        await lab.CompleteNextAsync();
        await lab.FailNextAsync();
        var flow = await FlowAsync(lab, "books", "root");
        Assert.Equal((JobState.WaitingChildren, 3, 2, 0), (flow.State, flow.ChildCount, flow.PendingChildren, flow.Depth));
        Assert.Equal("2 of 3 children: 1 failed, 1 waiting-children", flow.BlockedBy);
        Assert.Equal(["bad Pending Failed", "mid Pending WaitingChildren", "done Completed Completed"], flow.Children.Select(c => $"{c.Name} {c.ChildState} {c.State}"));
        Assert.Equal(("texts", 1, "1 of 1 children: 1 waiting"), (flow.Children[1].Queue, flow.Children[1].Depth, flow.Children[1].BlockedBy));
        var leaf = Assert.Single(flow.Children[1].Children);
        Assert.Equal(("leaf", 2, null, "books"), (leaf.Id, leaf.Depth, leaf.BlockedBy, flow.Children[1].Job.ParentQueue));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Children_that_failed_and_were_let_pass_or_not(string lib)
    {
        await using var lab = bench.Lab(lib, queue: "images");
        foreach (var option in (string[])["ignoreDependencyOnFailure", "failParentOnFailure"])
        {
            var child = new { name = "child", queueName = "images", opts = new Dictionary<string, object> { ["jobId"] = option, [option] = true } };
            await lab.DoAsync("addFlow", new { flow = new { name = "p", queueName = "books", opts = new { jobId = $"p-{option}" }, children = new object[] { child } } });
            await lab.FailNextAsync();
        }

        Assert.Equal(JobChildState.Ignored, Assert.Single((await FlowAsync(lab, "books", "p-ignoreDependencyOnFailure")).Children).ChildState);
        Assert.Equal(JobChildState.Failed, Assert.Single((await FlowAsync(lab, "books", "p-failParentOnFailure")).Children).ChildState);
    }

    [Fact]
    public async Task A_child_that_is_gone_and_a_paused_queue_are_told()
    {
        await using var lab = bench.Lab(queue: "images");
        await lab.DoAsync("addFlow", new { flow = Node("root", "books", Node("lost", "images"), Node("held", "images")) });
        await lab.DoAsync("pause");
        await lab.Db.ExecuteAsync("DEL", "bull:images:lost");
        var flow = await FlowAsync(lab, "books", "root");
        Assert.Equal("2 of 2 children: 1 gone, 1 waiting; paused: images", flow.BlockedBy);
        var lost = flow.Children.Single(c => c.Id == "lost");
        Assert.Equal((JobState.Unknown, "it is gone"), (lost.State, lost.Job.Problem));
    }

    [Fact]
    public async Task A_parent_that_nothing_will_release_is_told()
    {
        await using var lab = bench.Lab(queue: "images");
        await lab.DoAsync("addFlow", new { flow = Node("root", "books", Node("a", "images")) });
        await lab.Db.ExecuteAsync("DEL", "bull:books:root:dependencies");
        Assert.Contains("nothing will release it", (await FlowAsync(lab, "books", "root")).BlockedBy);
    }

    [Fact]
    public async Task Depth_and_width_are_bounded()
    {
        await using var lab = bench.Lab(queue: "images");
        var children = Enumerable.Range(0, 3000).Select(n => new NewJob { Name = $"c{n:0000}", Queue = "images", Children = n == 0 ? [new NewJob { Name = "deep" }] : [] }).ToList();
        var id = (await (await lab.ServerAsync()).AddAsync("books", new NewJob { Name = "root", Children = children })).Single().NewId!;
        var flows = (IJobFlows)await lab.ServerAsync();
        var few = (await flows.GetFlowAsync("books", id, 5, 10, JobParts.None, Ct))!;
        Assert.Equal((10, 3000, 3000), (few.Children.Count, few.ChildCount, few.PendingChildren));
        Assert.Contains("2990 not read", few.BlockedBy);
        var all = (await flows.GetFlowAsync("books", id, 1, 5000, JobParts.None, Ct))!;
        Assert.Equal(3000, all.Children.Select(c => c.Id).Distinct().Count());
        Assert.Equal("c0000", all.Children.Single(c => c.ChildCount == 1).Name);
        Assert.Empty((await flows.GetFlowAsync("books", id, 0, JobParts.None, Ct))!.Children);
    }

    [Fact]
    public async Task Parents_are_listed_over_queues()
    {
        await using var lab = bench.Lab(queue: "images");
        await lab.DoAsync("addFlow", new { flow = Node("one", "books", Node("a", "images")) });
        await lab.DoAsync("addFlow", new { flow = Node("two", "images", Node("b", "texts")) });
        await lab.AddAsync();
        var flows = (IJobFlows)await lab.ServerAsync();
        Assert.Equal(["one", "two"], await ParentsAsync(flows, null));
        Assert.Equal(["one", "two"], await ParentsAsync(flows, JobState.WaitingChildren));
        Assert.Empty(await ParentsAsync(flows, JobState.Failed));
        Assert.Null(await flows.GetFlowAsync("images", "none", 1, JobParts.None, Ct));
    }

    [Fact]
    public async Task Keys_with_colons_and_under_another_prefix()
    {
        await using var lab = bench.Lab(prefix: "a:{b}", queue: "images");
        await lab.DoAsync("addFlow", new { flow = Node("root", "books", Node("x:y:z", "images")) });
        await lab.Db.ExecuteAsync("SADD", "a:{b}:books:root:dependencies", "other:texts:7");
        var flow = await FlowAsync(lab, "books", "root");
        Assert.Equal(["images x:y:z Waiting ", "texts 7 Unknown it is kept under another prefix (other)"], flow.Children.Select(c => $"{c.Queue} {c.Id} {c.State} {c.Job.Problem}").Order());
    }

    private static async Task<JobFlowNode> FlowAsync(Lab lab, string queue, string id) =>
        (await ((IJobFlows)await lab.ServerAsync()).GetFlowAsync(queue, id, 10, JobParts.None, Ct))!;

    private static async Task<List<string>> ParentsAsync(IJobFlows flows, JobState? state)
    {
        var ids = new List<string>();
        await foreach (var page in flows.GetFlowParentsAsync(state, Ct))
        {
            ids.AddRange(page.Select(j => j.Id));
        }

        return [.. ids.Order()];
    }
}
