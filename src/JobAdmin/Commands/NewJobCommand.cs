using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Checkpoints;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Adds jobs to a queue, one for each object that is piped, or a flow of jobs with children.</summary>
[Cmdlet(VerbsCommon.New, "Job", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobOutcome))]
public sealed class NewJobCommand : JobServerCmdlet
{
    private readonly HashSet<(IJobServer, string)> looked = [];
    private JobAdder<NewJob>? adder;
    private IJobServer? server;
    private IJobProducer? producer;
    private bool isWhatIf;
    private string queue = "";
    private NewJob? template;
    private long skipped;

    /// <summary>The job's name.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LiteralJobNameCompleter))]
    public string Name { get; set; } = null!;

    /// <summary>The job's data: a hashtable, an object, or JSON text. Of what is piped, each object is the data of a job.</summary>
    [Parameter(Position = 1, ValueFromPipeline = true)]
    [AllowNull]
    [AllowEmptyString]
    public object? Data { get; set; }

    /// <summary>The queue. Without it, the connection's default queue.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [PlainText]
    [ArgumentCompleter(typeof(LiteralQueueCompleter))]
    public string? Queue { get; set; }

    /// <summary>The id that the job is to have; when a job has it already, nothing is added.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string? Id { get; set; }

    /// <summary>The priority: 1 goes first; 0 is none, and goes before all that have one.</summary>
    [Parameter]
    [ValidateRange(0, 2_097_151)]
    public long? Priority { get; set; }

    /// <summary>How long the job waits before it may run: 30s, 1h30m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Delay { get; set; }

    /// <summary>How often it may be tried.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Attempts { get; set; }

    /// <summary>How long to wait between attempts: 5s, exponential:1s, or a hashtable with Type and Delay.</summary>
    [Parameter]
    [ValidateNotNull]
    [Backoff]
    [ArgumentCompleter(typeof(BackoffCompleter))]
    public JobBackoff? Backoff { get; set; }

    /// <summary>Puts the job before those that wait already.</summary>
    [Parameter]
    public SwitchParameter Lifo { get; set; }

    /// <summary>How many completed jobs stay, how long, or both: 100, 7d, or 100,7d.</summary>
    [Parameter]
    [ValidateNotNull]
    [Keep]
    [ArgumentCompleter(typeof(KeepCompleter))]
    public JobKeep? KeepCompleted { get; set; }

    /// <summary>How many failed jobs stay, how long, or both: 100, 7d, or 100,7d.</summary>
    [Parameter]
    [ValidateNotNull]
    [Keep]
    [ArgumentCompleter(typeof(KeepCompleter))]
    public JobKeep? KeepFailed { get; set; }

    /// <summary>The deduplication id: while a job holds it, no other is added.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? DeduplicationId { get; set; }

    /// <summary>How long the deduplication id holds; without it, until the job has finished.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? DeduplicationTtl { get; set; }

    /// <summary>The group the job belongs to, on servers with groups.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(GroupIdCompleter))]
    public string? GroupId { get; set; }

    /// <summary>Further options by BullMQ's own names, as a hashtable or JSON.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? Option { get; set; }

    /// <summary>The jobs that must complete before this one: hashtables or objects with Name, Data, Queue, Children and so on.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public object[]? Children { get; set; }

    /// <summary>How many jobs go in one call.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int BatchSize { get; set; } = 500;

    /// <summary>How many jobs a second to add at the most, evenly spread.</summary>
    [Parameter]
    [ValidateRange(0.001, 1_000_000.0)]
    public double? Throttle { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>Writes what became of each job, with its id.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string? Why => AuditReason;

    internal override void Begin()
    {
        if (DeduplicationTtl is not null && DeduplicationId is null)
        {
            throw JobErrors.Input("ParameterConflict", "-DeduplicationTtl says how long an id holds, and no -DeduplicationId is given.");
        }

        server = Servers() is [var only] ? only : throw JobErrors.Input("ConnectionAmbiguous", "Jobs go to one server, and several connections are named.", "Name one with -Connection.");
        queue = Queue ?? server.Connection.DefaultQueue ?? throw JobErrors.Input("QueueMissing", "Nothing says which queue the job is for.", "Name it, as in -Queue emails; Get-JobQueue shows them.");
        template = new NewJob
        {
            Name = Name, Id = Id, Priority = Priority, Delay = Delay, Attempts = Attempts, Backoff = Backoff, Lifo = Lifo, KeepCompleted = KeepCompleted, KeepFailed = KeepFailed,
            DeduplicationId = DeduplicationId, DeduplicationTtl = DeduplicationTtl, GroupId = GroupId, Options = NewJobs.Options(Option), Children = NewJobs.Children(Children),
        };
        CheckNames(template, queue);
        if (Option is not null && server.Connection.Kind != JobServerKind.Redis)
        {
            throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, "take BullMQ's own options");
        }

        if (GroupId is not null)
        {
            _ = JobCapability.Of<IJobGroups>(server, "put jobs into groups");
        }

        var deduplicates = DeduplicationId is not null || NewJobs.Deduplicate(template.Options);
        isWhatIf = CheckpointRun.IsWhatIf(this);
        producer = JobCapability.Of<IJobProducer>(server, "add jobs");
        adder = new JobAdder<NewJob>(this, BatchSize, PassThru, (jobs, token) => producer.AddJobsAsync(queue, jobs, token), Throttle is { } rate ? new Pacer(rate) : null,
            outcome => outcome.Status == JobOutcomeStatus.AlreadyExists && deduplicates && outcome.Id != Id, _ => new QueueReference(server, queue));
    }

    internal override void Process()
    {
        NewJob job;
        try
        {
            job = template! with { Data = JsonText.Of(Data, nameof(Data)) };
            if (isWhatIf)
            {
                producer!.CheckAdd(queue, job);
            }
        }
        catch (JobServerException e) when (e.ErrorId == "JobRefused")
        {
            // What is refused when it is sent is no error of the whole command either.
            WriteError(JobErrors.From(e, new QueueReference(server!, queue)));
            return;
        }
        catch (JobServerException e) when (MyInvocation.ExpectingInput)
        {
            WriteError(JobErrors.From(e, Data));
            return;
        }

        var sentence = $"Add job {(Id is null ? "" : $"{Id} ")}'{Name}'{(Children is null ? "" : $" with {Count(job.Children):N0} under it")} to queue {queue}";
        if (!ShouldDo(new QueueReference(server!, queue), sentence, null, out var why))
        {
            skipped += why == ShouldProcessReason.WhatIf ? 1 : 0;
            return;
        }

        LookForQueues(job, queue);
        adder!.Add(job);
    }

    internal override void End()
    {
        adder!.Finish();
        if (skipped > 1)
        {
            SumUp($"Add {skipped:N0} jobs in all to queue {queue}");
        }
    }

    internal override void Leave()
    {
        adder?.Leave(Stopping ? "" : null);
        base.Leave();
    }

    private void CheckNames(NewJob job, string place)
    {
        _ = new QueueReference(server!, place).Possible();
        foreach (var child in job.Children)
        {
            CheckNames(child, child.Queue ?? place);
        }
    }

    private static int Count(IReadOnlyList<NewJob> children) => children.Count + children.Sum(child => Count(child.Children));

    /// <summary>A queue comes into being with its first job, and a mistyped name makes one that nobody looks at.</summary>
    private void LookForQueues(NewJob job, string place)
    {
        if (looked.Add((server!, place)) && server!.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues))
        {
            try
            {
                Run(async token =>
                {
                    await foreach (var _ in server.GetQueuesAsync(new QueueQuery { Names = [WildcardPattern.Escape(place)], NamesOnly = true }, token).ConfigureAwait(false))
                    {
                    }
                });
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound)
            {
                WriteWarning($"There was no queue '{place}' until now: it comes into being with this job. No worker may be looking at it.");
            }
        }

        foreach (var child in job.Children)
        {
            LookForQueues(child, child.Queue ?? place);
        }
    }
}
