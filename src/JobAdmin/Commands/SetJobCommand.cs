using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Changes jobs that no worker has: their data, priority, delay or progress.</summary>
[Cmdlet(VerbsCommon.Set, "Job", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobOutcome))]
public sealed class SetJobCommand : JobChangeCmdlet
{
    private JobChange.Edit? edit;

    /// <summary>The new data, in place of all of the old: a hashtable, an object, or JSON text.</summary>
    [Parameter]
    [AllowNull]
    public object? Data { get; set; }

    /// <summary>The new priority: 1 goes first; 0 is none, and goes before all that have one.</summary>
    [Parameter]
    [ValidateRange(0, 2_097_151)]
    public long? Priority { get; set; }

    /// <summary>The new delay, from now, of jobs that are delayed: 0s, 30m, 1h30m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Delay { get; set; }

    /// <summary>The new progress: a number, a hashtable, an object, or JSON text.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? Progress { get; set; }

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Edit, "change a job's fields");

    internal override string Verb => $"Change {string.Join(", ", What())} of";

    internal override string Participle => "changed";

    internal override string[]? ReasonFilter => Reason;

    internal override JobChange Change => edit!;

    internal override IReadOnlyList<JobState> DefaultStates => [];

    internal override IReadOnlyList<JobState> PossibleStates => Delay is not null ? [JobState.Delayed]
        : [JobState.Waiting, JobState.Prioritized, JobState.Delayed, JobState.WaitingChildren, JobState.Completed, JobState.Failed, JobState.Paused];

    internal override void BeginOurs()
    {
        edit = new JobChange.Edit(!IsBound(nameof(Data)) ? null : Data is null ? "null" : JsonText.Of(Data, nameof(Data)), Priority, Delay, Progress is null ? null : JsonText.Of(Progress, nameof(Progress)));
        if (edit == new JobChange.Edit())
        {
            throw JobErrors.Input("NothingToSet", "Nothing says what to change.", "Give -Data, -Priority, -Delay or -Progress.");
        }

        base.BeginOurs();
    }

    internal override void ProcessOurs(PSObject? item)
    {
        // A job of a listing has $null for its data, whatever they are: to write that back would lose them.
        if (IsBound(nameof(Data)) && Data is null && item?.BaseObject is QueueJob job && job.GetDataText() is null)
        {
            WriteError(JobErrors.From(JobErrors.Input("DataNotRead", $"The data of job {job.Id} in queue {job.Queue} was not read: $null does not say what it is.",
                "Get the job by id or with -IncludeData, or write -Data 'null' for JSON's null."), item));
            return;
        }

        base.ProcessOurs(item);
    }

    private IEnumerable<string> What()
    {
        (string Name, bool Given)[] parts = [("data", edit!.Data is not null), ($"priority (to {Priority})", Priority is not null), ("delay", Delay is not null), ("progress", Progress is not null)];
        return parts.Where(part => part.Given).Select(part => part.Name);
    }
}
