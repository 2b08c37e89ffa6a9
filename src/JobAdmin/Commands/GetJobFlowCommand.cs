using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows flows as trees: parents, their children, the state of each, and what holds a parent up.</summary>
[Cmdlet(VerbsCommon.Get, "JobFlow")]
[OutputType(typeof(JobFlowNode))]
public sealed class GetJobFlowCommand : JobBridgeCmdlet
{
    private const int HighestTree = 100;
    private readonly HashSet<(IJobServer, string, string)> shown = [];

    /// <summary>How many levels of children to show.</summary>
    [Parameter]
    [ValidateRange(0, 1000)]
    public int Depth { get; set; } = 20;

    /// <summary>How many children of each parent to show, those that hold it up first.</summary>
    [Parameter]
    [ValidateRange(1, 1_000_000)]
    public int MaxChildren { get; set; } = 100;

    /// <summary>Begins at the job itself, where the whole tree that it belongs to would be shown.</summary>
    [Parameter]
    public SwitchParameter Subtree { get; set; }

    /// <summary>Without ids, the state of the parents whose flows are shown; without it, those that wait for children.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StateCompleter))]
    public string? State { get; set; }

    /// <summary>Reads the jobs' data too.</summary>
    [Parameter]
    public SwitchParameter IncludeData { get; set; }

    internal override void BeginOurs()
    {
        if (State is not null && Id is not null)
        {
            throw JobErrors.Input("ParameterConflict", "-Id names jobs, and -State chooses among them: give one of the two.");
        }
    }

    internal override void ProcessOurs(PSObject? item)
    {
        if (item is not null && PipedObject.Queue(this, item) is { } queue)
        {
            ShowParents([queue.Server], [queue.Queue]);
        }
        else if (item is null && Id is null)
        {
            var servers = Servers();
            foreach (var server in servers)
            {
                ShowParents([server], Queue is null && server.Connection.DefaultQueue is null ? null : Run(token => ResolveQueuesAsync(server, Queue, token)));
            }
        }
        else
        {
            var jobs = new List<JobReference>();
            Gather(item, jobs);
            jobs.ForEach(job => Guarded(job, () => Run(token => ShowAsync(job, token))));
        }
    }

    private void ShowParents(IReadOnlyList<IJobServer> servers, IReadOnlyList<string>? queues)
    {
        var state = JobStates.Parse([State ?? "waiting-children"])[0];
        Run(token => EachServerAsync(servers, async server =>
        {
            await foreach (var page in JobCapability.Of<IJobFlows>(server, "show flows").GetFlowParentsAsync(state, token).ConfigureAwait(false))
            {
                foreach (var parent in page.Where(parent => queues is null || queues.Contains(parent.Queue)))
                {
                    await ShowAsync(new JobReference(server, parent.Queue, parent.Id, parent), token).ConfigureAwait(false);
                }
            }
        }));
    }

    private void Guarded(JobReference job, Action work)
    {
        try
        {
            work();
        }
        catch (JobServerException e)
        {
            WriteError(JobErrors.From(e, job.ToString()));
        }
    }

    private async Task ShowAsync(JobReference job, CancellationToken token)
    {
        var flows = JobCapability.Of<IJobFlows>(job.Server, "show flows");
        var (queue, id) = Subtree ? (job.Queue, job.Id) : await RootAsync(job, token).ConfigureAwait(false);
        if (!shown.Add((job.Server, queue, id)))
        {
            return;
        }

        var parts = IncludeData ? JobParts.Data | JobParts.ReturnValue : JobParts.None;
        var root = await flows.GetFlowAsync(queue, id, Depth, MaxChildren, parts, token).ConfigureAwait(false) ?? throw NotFound(job);
        var nodes = new List<JobFlowNode>();
        Draw(root, "", "", nodes);
        await EmitPageAsync(nodes).ConfigureAwait(false);
    }

    /// <summary>The top of the tree that a job is in, as far as its parents are there.</summary>
    private static async Task<(string Queue, string Id)> RootAsync(JobReference job, CancellationToken token)
    {
        var top = (job.Queue, job.Id);
        var next = await ReadAsync(job.Server, top, token).ConfigureAwait(false) ?? throw NotFound(job);
        for (var height = 0; height < HighestTree && next is { ParentId: { } id, ParentQueue: { } queue }; height++)
        {
            next = await ReadAsync(job.Server, (queue, id), token).ConfigureAwait(false);
            top = next is null ? top : (queue, id);
        }

        return top;
    }

    private static async Task<QueueJob?> ReadAsync(IJobServer server, (string Queue, string Id) job, CancellationToken token)
    {
        try
        {
            return (await server.GetJobsByIdAsync(job.Queue, [job.Id], JobParts.None, token).ConfigureAwait(false))[0];
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound" && e.Target is string)
        {
            // A parent's queue may be gone with all its jobs.
            return null;
        }
    }

    private static void Draw(JobFlowNode node, string before, string below, List<JobFlowNode> nodes)
    {
        node.Branch = before;
        nodes.Add(node);
        for (var i = 0; i < node.Children.Count; i++)
        {
            var last = i == node.Children.Count - 1 && node.Children.Count >= (node.ChildCount ?? 0);
            Draw(node.Children[i], below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "), nodes);
        }
    }

    private static JobServerException NotFound(JobReference job) => JobErrors.JobNotFound(job.Id, new QueueReference(job.Server, job.Queue).ToString());
}
