using System.Management.Automation;
using JobAdmin.Checkpoints;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet that changes jobs: those that are piped, those named by id, or all of a queue that match.</summary>
public abstract partial class JobChangeCmdlet : JobFilterCmdlet
{
    private readonly AbleServers able = new();
    private readonly HashSet<QueueReference> refused = [];
    private SkippedJobs? skipped;
    private ChangeEngine? engine;
    private ProgressReporter? progress;
    private OutcomeWriter? outcomes;
    private CheckpointKeeper? checkpoint;
    private Pacer? pacer;
    private ChangeJobs? send;
    private long tried;

    /// <summary>How many jobs to change at the most, over all queues. What brings more through the pipeline is stopped.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Max { get; set; }

    /// <summary>How many piped jobs go in one call.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int BatchSize { get; set; } = 500;

    /// <summary>How many jobs a second to change at the most, evenly spread.</summary>
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

    /// <summary>Writes what became of each job.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>What is done, as it begins a sentence.</summary>
    internal abstract string Verb { get; }

    /// <summary>What was done, as a participle.</summary>
    internal abstract string Participle { get; }

    /// <summary>The change.</summary>
    internal abstract JobChange Change { get; }

    /// <summary>The states that are meant when all jobs that match are changed and none is named; empty when they must be named.</summary>
    internal abstract IReadOnlyList<JobState> DefaultStates { get; }

    /// <summary>The states that the change applies to; null for all.</summary>
    internal virtual IReadOnlyList<JobState>? PossibleStates => null;

    internal override string? Why => AuditReason;

    /// <summary>Changes jobs by id where more has to be done than the change itself; null where that is all.</summary>
    internal virtual ChangeJobs? Own => null;

    internal override void Require(IJobServer server)
    {
        base.Require(server);
        server.CheckChange(Change);
    }

    internal override void BeginOurs()
    {
        RefuseFilterWithIds();
        Ready();
    }

    internal override void ProcessOurs(PSObject? item)
    {
        Ready();
        if (Left <= 0)
        {
            return; // It has ended, and more comes from a pipeline that does not stop.
        }

        if (item is null)
        {
            ChangeNamed();
        }
        else if (PipedObject.Group(this, item) is var (place, jobs))
        {
            ChangeGroup(place, jobs);
        }
        else if (PipedObject.Queue(this, item) is { } queue)
        {
            ChangeMatching([queue]);
        }
        else if (Refer(item) is { } job)
        {
            RefuseFilter("the pipeline names jobs");
            Submit(job);
        }

        if (Left <= 0)
        {
            EndEarly();
        }
    }

    internal override void EndOurs()
    {
        if (engine is not null)
        {
            engine.Flush();
            Harvest(0);
        }

        checkpoint?.Conclude(send!, outcomes!.Write);
        progress?.Dispose();
        outcomes?.WriteSummary();
        if (skipped?.Sum(Verb) is { } sum)
        {
            SumUp(sum);
        }
    }

    internal override void Leave()
    {
        var underWay = engine?.Close() ?? [];
        if (outcomes is not null && (Stopping || underWay.Count > 0))
        {
            // What is under way can't be called back: it gets a moment to say how it ended.
            _ = Settle(Task.WhenAll(underWay.Select(window => window.Work)));
            outcomes.Conclude(underWay, Stopping);
        }

        engine?.Dispose();
        checkpoint?.Dispose();
        base.Leave();
    }

    /// <summary>How many jobs may still be changed.</summary>
    private long Left => (Max ?? long.MaxValue) - tried - (checkpoint?.DoneBefore ?? 0);

    private void Ready()
    {
        if (outcomes is not null)
        {
            return;
        }

        outcomes = new OutcomeWriter(this, Participle, PassThru) { Advice = Checkpoint is null ? "" : " The same command with the same -Checkpoint goes on from here." };
        var change = Change;
        pacer = Throttle is { } rate ? new Pacer(rate) : null;
        checkpoint = Checkpoint is { } path ? new CheckpointKeeper(this, path, Verb, change) : null;
        send = Own ?? ((queue, ids, token) => queue.Server.ChangeJobsAsync(queue.Queue, ids, change, token));
    }

    /// <summary>Whether there is anything to do on a server.</summary>
    private bool IsReady(IJobServer server) => checkpoint is null || checkpoint.IsReady(server, send!, outcomes!.Write);

    private Task<IReadOnlyList<JobOutcome>> SendAsync(QueueReference queue, IReadOnlyList<string> ids, CancellationToken token) =>
        checkpoint is null ? send!(queue, ids, token) : checkpoint.Current!.ChangeAsync(queue, ids, send!, token);

    private void Submit(JobReference job)
    {
        var queue = new QueueReference(job.Server, job.Queue);
        if (!able.Include(job, this) || refused.Contains(queue) || !IsReady(job.Server) || Left <= 0 || checkpoint?.Current!.Take(job.Queue, job.Id) == false)
        {
            return;
        }

        var sentence = $"{Verb} {job}";
        if (!ShouldDo(queue, sentence, null, out var why))
        {
            checkpoint?.Refuse();
            if (why == ShouldProcessReason.WhatIf)
            {
                tried++;
                skipped ??= new SkippedJobs(Change, work => Run(work));
                skipped.Add(queue, job.Id);
            }

            return;
        }

        tried++;
        engine ??= new ChangeEngine(SendAsync, BatchSize, pacer, Start);
        engine.Add(job);
        Harvest(ChangeEngine.MaxUnderWay);
    }

    /// <summary>Writes the outcomes that have come, and waits for more while too many windows are under way.</summary>
    private void Harvest(int underWay)
    {
        try
        {
            while (engine!.Oldest() is { } window && (window.Work.IsCompleted || engine.Sent > underWay))
            {
                Await(window.Work);
                engine.Take();
                outcomes!.Write(window.Outcomes);
                progress ??= new ProgressReporter(WriteProgress, $"{Verb} jobs");
                progress.Report(outcomes.Done, null, Participle);
                window.Refused.ForEach(Refuse);
                if (window.Failure is { } failure)
                {
                    outcomes.WriteSummary();
                    failure.Throw();
                }
            }
        }
        catch (Exception) when (!Stopping)
        {
            progress?.Dispose();
            throw;
        }
    }

    /// <summary>Tells of a queue whose jobs can't be changed: once, and the jobs of others go on, where the pipeline names them. A checkpoint would take such jobs for done.</summary>
    private void Refuse((QueueReference Queue, JobServerException Error) one)
    {
        if (!MyInvocation.ExpectingInput || checkpoint is not null)
        {
            outcomes!.WriteSummary();
            throw one.Error;
        }

        if (refused.Add(one.Queue))
        {
            WriteError(JobErrors.From(one.Error));
            EndAudit(() => Audit.End(one.Queue, one.Error));
        }
    }
}
