using System.Management.Automation.Runspaces;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Display;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Writes what queue jobs returned, as objects; of a failed job, its error. The output of PowerShell's own jobs is received as ever.</summary>
[Cmdlet(VerbsCommunications.Receive, "Job", DefaultParameterSetName = "BackgroundJob")]
[OutputType(typeof(object))]
public sealed class ReceiveJobCommand : JobBridgeCmdlet
{
    private const int ReadTogether = 200;
    private const JobParts Wanted = JobParts.ReturnValue | JobParts.StackTrace;

    private readonly List<JobReference> pending = [];

    /// <summary>Waits until the jobs have finished.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>The longest time to wait, with -Wait: seconds, 5m, or a TimeSpan.</summary>
    [Parameter]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Keeps the output of PowerShell's own jobs. What a queue job returned is always kept.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>PowerShell's own jobs.</summary>
    [Parameter(Position = 0, ParameterSetName = "BackgroundJob")]
    [ValidateNotNullOrEmpty]
    public Job[]? Job { get; set; }

    /// <summary>Names of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Instance ids of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Guid[]? InstanceId { get; set; }

    /// <summary>Locations of PowerShell's own jobs.</summary>
    [Parameter(Position = 1, ParameterSetName = "BackgroundJob")]
    [ValidateNotNullOrEmpty]
    public string[]? Location { get; set; }

    /// <summary>Computers of PowerShell's own jobs.</summary>
    [Parameter]
    [Alias("Cn")]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Sessions of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public PSSession[]? Session { get; set; }

    /// <summary>Leaves out the child jobs of PowerShell's own jobs.</summary>
    [Parameter]
    public SwitchParameter NoRecurse { get; set; }

    /// <summary>Waits on for PowerShell's own jobs that are suspended or disconnected.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Removes PowerShell's own jobs when they have finished.</summary>
    [Parameter]
    public SwitchParameter AutoRemoveJob { get; set; }

    /// <summary>Writes changes of state of PowerShell's own jobs.</summary>
    [Parameter]
    public SwitchParameter WriteEvents { get; set; }

    /// <summary>Writes PowerShell's own jobs before their output.</summary>
    [Parameter]
    public SwitchParameter WriteJobInResults { get; set; }

    internal override string? BuiltInName => "Receive-Job";

    internal override IReadOnlySet<string> BuiltInOnly { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        nameof(Job), nameof(Name), nameof(InstanceId), nameof(Location), nameof(ComputerName), nameof(Session), nameof(NoRecurse), nameof(Force),
        nameof(AutoRemoveJob), nameof(WriteEvents), nameof(WriteJobInResults),
    };

    internal override void ProcessOurs(PSObject? item)
    {
        Gather(item, pending);
        if (Wait)
        {
            return;
        }

        // What Wait-Job writes is complete, and needs no second look.
        if (pending is [{ Job: { State: JobState.Completed or JobState.Failed } job }] && (job.GetReturnValueText() is not null || job.StackTrace is not null))
        {
            pending.Clear();
            Receive(job);
        }
        else if (pending.Count >= ReadTogether)
        {
            ReceivePending();
        }
    }

    internal override void EndOurs()
    {
        if (pending.Count == 0)
        {
            return;
        }

        if (Wait)
        {
            WaitFor(pending, WaitGoal.Finished, Timeout, false, job => SayAsync(() => Receive(job)));
        }
        else
        {
            ReceivePending();
        }
    }

    private void ReceivePending()
    {
        var jobs = pending.ToArray();
        pending.Clear();
        var read = new QueueJob?[jobs.Length];
        foreach (var group in Enumerable.Range(0, jobs.Length).GroupBy(i => (jobs[i].Server, jobs[i].Queue)))
        {
            var places = group.ToArray();
            var found = Run(token => group.Key.Server.GetJobsByIdAsync(group.Key.Queue, Array.ConvertAll(places, i => jobs[i].Id), Wanted, token));
            for (var i = 0; i < places.Length; i++)
            {
                read[places[i]] = found[i];
            }
        }

        for (var i = 0; i < jobs.Length; i++)
        {
            if (read[i] is { } job)
            {
                Receive(job);
            }
            else
            {
                WriteError(JobErrors.From(JobErrors.JobNotFound(jobs[i].Id, new QueueReference(jobs[i].Server, jobs[i].Queue).ToString())));
            }
        }
    }

    private void Receive(QueueJob job)
    {
        switch (job.State)
        {
            case JobState.Completed:
                if (JsonObjects.ToObject(job.GetReturnValue(), job.GetReturnValueText()) is { } value)
                {
                    WriteObject(value, enumerateCollection: true);
                }

                break;
            case JobState.Failed:
                WriteError(JobErrors.From(new JobServerException("JobFailed", JobErrorKind.Server, $"Job {job.Id} in queue {job.Queue} failed: {job.FailedReason}",
                    "Its StackTrace is in the error's TargetObject.") { Target = job }));
                break;
            default:
                WriteError(JobErrors.From(new JobServerException("InvalidJobState", JobErrorKind.InvalidState,
                    $"Job {job.Id} in queue {job.Queue} has not finished: it is {JobErrors.Word(job.State)}.", "Wait-Job waits for it, and so does -Wait.") { Target = job }));
                break;
        }
    }
}
