using System.Management.Automation;
using JobAdmin.Audit;
using JobAdmin.Base;
using JobAdmin.Checkpoints;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Adds jobs again as new ones: to their own queue, to another, or to another server. Doing it twice makes no second copy.</summary>
[Cmdlet(VerbsCommon.Copy, "Job", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobOutcome))]
public sealed partial class CopyJobCommand : JobFilterCmdlet
{
    private const int ReadTogether = 200;
    private readonly AbleServers able = new();
    private JobAdder<JobReference>? adder;
    private IJobServer? target;
    private CheckpointKeeper? checkpoint;
    private long skipped;
    private long tried;

    /// <summary>The queue that the copies go to. Without it, a queue of the same name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PlainText]
    [ArgumentCompleter(typeof(LiteralQueueCompleter))]
    public string? Destination { get; set; }

    /// <summary>The connection that the copies go to. Without it, the one that the jobs are of.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Connection]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public JobServerConnection[]? DestinationConnection { get; set; }

    /// <summary>The id of the copy, where one job is copied. Without it, one that is made of the job's queue, id and time.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewId { get; set; }

    /// <summary>Makes another copy each time, with an id of the server's own.</summary>
    [Parameter]
    public SwitchParameter Again { get; set; }

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>How many jobs to copy at the most, over all queues. What brings more through the pipeline is stopped.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Max { get; set; }

    /// <summary>How many jobs a second to copy at the most, evenly spread.</summary>
    [Parameter]
    [ValidateRange(0.001, 1_000_000.0)]
    public double? Throttle { get; set; }

    /// <summary>A file that says how far it has come: the same command with the same file goes on after Ctrl+C or a crash, does no job twice, and leaves none out.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Checkpoint { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>Writes what became of each job, with the id of its copy.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string? Why => AuditReason;

    internal override string[]? ReasonFilter => Reason;

    internal override void Require(IJobServer server) => JobCapability.Of<IJobProducer>(target ?? server, "add jobs");

    internal override void BeginOurs()
    {
        RefuseFilterWithIds();
        if (Again && NewId is not null)
        {
            throw JobErrors.Input("ParameterConflict", "-Again leaves the id to the server, and -NewId gives one: give one of the two.");
        }

        target = DestinationConnection switch
        {
            null => null,
            [{ Server: { } server }] => Live(server),
            [var unknown] => throw JobErrors.ConnectionNotFound(unknown.Name, Registry.All.Select(c => c.Name)),
            _ => throw JobErrors.Input("ConnectionAmbiguous", "Copies go to one server, and several connections are named.", "Name one with -DestinationConnection."),
        };
        adder = new JobAdder<JobReference>(this, ReadTogether, PassThru, CopyAsync, Throttle is { } rate ? new Pacer(rate) : null, outcome => outcome.Status == JobOutcomeStatus.AlreadyExists,
            job => Goal(job.Server, job.Queue));
        checkpoint = Checkpoint is { } path ? new CheckpointKeeper(this, path, "Copy", null) : null;
    }

    internal override void ProcessOurs(PSObject? item)
    {
        if (Left <= 0)
        {
            return; // It has ended, and more comes from a pipeline that does not stop.
        }

        if (item is not null && PipedObject.Group(this, item) is var (place, group))
        {
            RefuseFilter("a group of failed jobs says itself which ones are meant");
            Require(place.Server);
            CopyMatching(place, group);
        }
        else if (item is not null && Refer(item) is { } job)
        {
            RefuseFilter("the pipeline names jobs");
            Submit(job);
        }
        else if (item is null && Id is not null)
        {
            var jobs = new List<JobReference>();
            Gather(null, jobs);
            jobs.ForEach(Submit);
        }
        else if (item is null)
        {
            CopyMatching();
        }

        if (Left <= 0)
        {
            EndEarly();
        }
    }

    internal override void EndOurs()
    {
        adder!.Finish();
        checkpoint?.Conclude(CopyAsync, adder.Write);
        if (skipped > 1)
        {
            SumUp($"Copy {skipped:N0} jobs in all{Where("")}");
        }
    }

    internal override void Leave()
    {
        adder?.Leave(!Stopping ? null : Checkpoint is null ? "" : " The same command with the same -Checkpoint goes on from here.");
        checkpoint?.Dispose();
        base.Leave();
    }

    private long Left => (Max ?? long.MaxValue) - tried - (checkpoint?.DoneBefore ?? 0);

    private bool IsReady(IJobServer server) => checkpoint is null || checkpoint.IsReady(server, CopyAsync, adder!.Write);

    private bool Take(string queue, string id) => checkpoint?.Current!.Take(queue, id) != false;

    private void CopyMatching()
    {
        if (State is null || (Queue is null && Servers().All(server => server.Connection.DefaultQueue is null)))
        {
            throw JobErrors.Input("NoJobs", "Nothing says which jobs shall be copied.", "Pipe jobs from Get-Job, name them with -Queue and -Id, or name a queue and -State, and -Name and the like to choose among its jobs.");
        }

        foreach (var queue in ResolveQueues(Queue))
        {
            CopyMatching(queue, new JobQuery { Queue = queue.Queue, States = JobStates.Parse(State) });
        }
    }

    private void CopyMatching(QueueReference queue, JobQuery jobs)
    {
        if (!IsReady(queue.Server) || Left <= 0)
        {
            return;
        }

        var start = checkpoint?.Current!.Started ?? TimeOf(queue.Server);
        var query = jobs with { Filter = jobs.Filter.IsEmpty ? BuildFilter(start) : jobs.Filter, OldestFirst = true, First = Max is null ? null : Left };
        var count = Run(token => queue.Server.CountJobsAsync(query, token));
        if (count == 0)
        {
            return;
        }

        if (!ShouldDo(Goal(queue.Server, queue.Queue), $"Copy {count:N0} {string.Join(" or ", query.States.Select(JobErrors.Word))} jobs{JobFilters.Describe(query.Filter)} of {queue}{Where(queue.Queue)}", AuditFilter.Of(query), out var why))
        {
            checkpoint?.Refuse();
            tried += why == ShouldProcessReason.WhatIf ? count : 0;
            return;
        }

        CheckOneId(count);
        Run(async token =>
        {
            await foreach (var page in queue.Server.GetJobsAsync(query, token).ConfigureAwait(false))
            {
                // Copies that come into the same state are not copied again.
                var fresh = page.Where(job => (job.Timestamp is not { } added || added <= start) && Take(queue.Queue, job.Id)).ToList();
                tried += fresh.Count;
                await SayAsync(() => fresh.ForEach(job => adder!.Add(new JobReference(queue.Server, queue.Queue, job.Id, job)))).ConfigureAwait(false);
            }
        });
    }

    private void Submit(JobReference job)
    {
        if (!able.Include(job, this) || !IsReady(job.Server) || Left <= 0 || !Take(job.Queue, job.Id))
        {
            return;
        }

        var sentence = $"Copy {job}{Where(job.Queue)}";
        if (!ShouldDo(Goal(job.Server, job.Queue), sentence, null, out var why))
        {
            checkpoint?.Refuse();
            tried += why == ShouldProcessReason.WhatIf ? 1 : 0;
            skipped += why == ShouldProcessReason.WhatIf ? 1 : 0;
            return;
        }

        tried++;
        adder!.Add(job);
    }

    private void CheckOneId(long count)
    {
        if (NewId is not null && count > 1)
        {
            throw JobErrors.Input("ParameterConflict", $"-NewId is the id of one copy, and {count:N0} jobs are meant.", "Leave it out: each copy gets an id made of its job's.");
        }
    }

    private QueueReference Goal(IJobServer server, string queue) =>
        Destination is null ? new QueueReference(target ?? server, queue) : new QueueReference(target ?? server, Destination).Possible();

    private string Where(string queue) => (Destination ?? queue, target) switch
    {
        (var name, null) => name == queue ? " again" : $" to queue {name}",
        (var name, var server) => $" to {(name.Length > 0 ? $"queue {name} on " : "")}{server.Connection.Name}",
    };
}
