using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Checkpoints;
using JobAdmin.Completion;
using JobAdmin.Transfer;

namespace JobAdmin.Commands;

/// <summary>Deletes queue jobs, with the children of flow parents unless they are to be kept. PowerShell's own jobs are removed as ever.</summary>
[Cmdlet(VerbsCommon.Remove, "Job", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "BackgroundJob")]
[OutputType(typeof(JobOutcome))]
public sealed class RemoveJobCommand : JobChangeCmdlet
{
    private JobBackup? backup;
    private JobChange.Remove? remove;

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>Keeps the children of a flow parent.</summary>
    [Parameter]
    public SwitchParameter KeepChildren { get; set; }

    /// <summary>A file to which the jobs are written before they are deleted; Import-Job puts them back. A name that ends with .gz is compressed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>Removes PowerShell's own jobs also while they run. A queue job that a worker has is never removed.</summary>
    [Parameter]
    [Alias("F")]
    public SwitchParameter Force { get; set; }

    /// <summary>PowerShell's own jobs.</summary>
    [Parameter(Position = 0, ParameterSetName = "BackgroundJob")]
    [ValidateNotNullOrEmpty]
    public Job[]? Job { get; set; }

    /// <summary>Instance ids of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Guid[]? InstanceId { get; set; }

    /// <summary>Commands of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Command { get; set; }

    /// <summary>Properties of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Hashtable? Filter { get; set; }

    internal override string? BuiltInName => "Remove-Job";

    internal override IReadOnlySet<string> BuiltInOnly { get; } =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { nameof(Job), nameof(InstanceId), nameof(Command), nameof(Filter) };

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Remove, "remove jobs");

    internal override string Verb => "Delete";

    internal override string Participle => "deleted";

    internal override string[]? ReasonFilter => Reason;

    internal override ChangeJobs? Own => backup is { } file ? new KeptRemoval(file, Remove).RemoveAsync : null;

    internal override JobChange Change => Remove;

    internal override IReadOnlyList<JobState> DefaultStates => [];

    internal override void Require(IJobServer server)
    {
        base.Require(server);
        JobBackup.Require(backup, server);
    }

    internal override void BeginOurs()
    {
        backup = JobBackup.To(this, Backup);
        base.BeginOurs();
    }

    internal override void EndOurs()
    {
        base.EndOurs();
        backup?.Dispose();
    }

    internal override void Leave()
    {
        base.Leave();
        backup?.Dispose();
    }

    // One for all of the pipeline: it knows which children went along with their parents.
    private JobChange.Remove Remove => remove ??= new JobChange.Remove(KeepChildren);
}
