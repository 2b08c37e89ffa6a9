using System.Management.Automation;
using JobAdmin.Audit;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet that changes jobs: those that are piped, those named by id, or all of a queue that match.</summary>
public abstract class JobChangeCmdlet : JobFilterCmdlet
{
    private readonly Dictionary<string, long> skippedByWhatIf = new(StringComparer.Ordinal);
    private readonly HashSet<IJobServer> refusing = [];
    private ChangeEngine? engine;
    private ProgressReporter? progress;
    private OutcomeWriter? outcomes;

    /// <summary>How many jobs to change at the most, of all that match.</summary>
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

    internal override string? Why => AuditReason;

    /// <summary>Done with jobs before they are changed; null for nothing.</summary>
    internal virtual BeforeChange? Prepare => null;

    internal override void BeginOurs()
    {
        RefuseFilterWithIds(nameof(Max));
        outcomes = new OutcomeWriter(this, Participle, PassThru);
    }

    internal override void ProcessOurs(PSObject? item)
    {
        outcomes ??= new OutcomeWriter(this, Participle, PassThru);
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
            Submit(job);
        }
    }

    internal override void EndOurs()
    {
        if (engine is not null)
        {
            engine.Flush();
            Harvest(0);
        }

        progress?.Dispose();
        outcomes?.WriteSummary();
        if (skippedByWhatIf.Count > 0)
        {
            SumUpWhatIf();
        }
    }

    internal override void Leave()
    {
        if (Stopping && outcomes is not null)
        {
            // What is under way can't be called back: it gets a moment to say how it ended.
            var underWay = engine?.Close() ?? [];
            _ = Settle(Task.WhenAll(underWay.Select(window => window.Work)));
            outcomes.SayStopped(underWay);
        }

        engine?.Dispose();
        base.Leave();
    }

    private void ChangeNamed()
    {
        if (Id is not null)
        {
            var jobs = new List<JobReference>();
            Gather(null, jobs);
            jobs.ForEach(Submit);
            return;
        }

        if (Queue is null && Servers().All(server => server.Connection.DefaultQueue is null))
        {
            throw JobErrors.Input("NoJobs", $"Nothing says which jobs shall be {Participle}.",
                "Pipe jobs from Get-Job, name them with -Queue and -Id, or name a queue, and -State and the like to choose among its jobs.");
        }

        ChangeMatching(ResolveQueues(Queue));
    }

    private void ChangeMatching(IReadOnlyList<QueueReference> queues)
    {
        var states = JobStates.Parse(State);
        states = states.Count > 0 ? states : DefaultStates;
        if (states.Count == 0)
        {
            throw JobErrors.Input("StateMissing", $"Nothing says which jobs of the queue shall be {Participle}.",
                "Name their states, as in -State waiting,delayed; Get-JobQueue shows how many each has.");
        }

        ChangeMatching(queues.Select(queue => (queue, new JobQuery { Queue = queue.Queue, States = states, Filter = BuildFilter(), OldestFirst = true, First = Max })));
    }

    private void ChangeGroup(QueueReference queue, JobQuery jobs)
    {
        RefuseFilter("a group of failed jobs says itself which ones are meant");
        ChangeMatching([(queue, jobs with { OldestFirst = true, First = Max })]);
    }

    private void ChangeMatching(IEnumerable<(QueueReference Queue, JobQuery Query)> parts)
    {
        var pacer = Throttle is { } rate ? new Pacer(rate) : null;
        WithProgress($"{Verb} jobs", bar =>
        {
            foreach (var (queue, query) in parts)
            {
                JobCapability.Require(queue.Server, Need);
                Audited(queue, () => Run(token => new MatchingChange(queue, query, Change, Prepare, pacer) { OneByOne = PassThru, AllChanged = count => Audit.Count(queue, Participle, count) }
                    .RunAsync(Verb, sentence => ShouldDoAsync(queue, sentence, AuditFilter.Of(query)), page => SayAsync(() => outcomes!.Write(page)), bar, VerboseAsync, token)));
            }
        });
    }

    private void Submit(JobReference job)
    {
        if (refusing.Contains(job.Server))
        {
            return;
        }

        try
        {
            JobCapability.Require(job.Server, Need);
        }
        catch (JobServerException e)
        {
            // Once is enough, however many jobs come from there.
            refusing.Add(job.Server);
            WriteError(JobErrors.From(e, job.ToString()));
            return;
        }

        var sentence = $"{Verb} {job}";
        if (!ShouldDo(new QueueReference(job.Server, job.Queue), sentence, null, out var why))
        {
            if (why == ShouldProcessReason.WhatIf)
            {
                skippedByWhatIf[job.Queue] = skippedByWhatIf.GetValueOrDefault(job.Queue) + 1;
            }

            return;
        }

        engine ??= new ChangeEngine(Change, Prepare, BatchSize, Throttle is { } rate ? new Pacer(rate) : null, Start);
        engine.Add(job);
        Harvest(ChangeEngine.MaxUnderWay);
    }

    /// <summary>Writes the outcomes that have come, and waits for more while too many windows are under way.</summary>
    private void Harvest(int underWay)
    {
        try
        {
            while (engine!.Oldest() is var (window, work) && (work.IsCompleted || engine.Sent > underWay))
            {
                Await(work);
                engine.Take();
                outcomes!.Write(window);
                progress ??= new ProgressReporter(WriteProgress, $"{Verb} jobs");
                progress.Report(outcomes.Done, null, Participle);
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

    private void SumUpWhatIf()
    {
        var total = skippedByWhatIf.Values.Sum();
        if (total == 1)
        {
            return;
        }

        var parts = skippedByWhatIf.OrderByDescending(queue => queue.Value).Select(queue => $"{queue.Value:N0} in queue {queue.Key}");
        SumUp($"{Verb} {total:N0} jobs in all: {string.Join(", ", parts)}");
    }
}
