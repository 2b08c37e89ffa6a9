using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

/// <summary>Keeps queue jobs from running: the next worker records them as failed without running them. PowerShell's own jobs are stopped as ever.</summary>
[Cmdlet(VerbsLifecycle.Stop, "Job", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "BackgroundJob")]
[OutputType(typeof(JobOutcome), typeof(Job))]
public sealed class StopJobCommand : JobChangeCmdlet
{
    /// <summary>Why: what the job is recorded as failed with.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Reason { get; set; }

    /// <summary>PowerShell's own jobs.</summary>
    [Parameter(Position = 0, ParameterSetName = "BackgroundJob")]
    [ValidateNotNullOrEmpty]
    public Job[]? Job { get; set; }

    /// <summary>Instance ids of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Guid[]? InstanceId { get; set; }

    /// <summary>Properties of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Hashtable? Filter { get; set; }

    internal override string? BuiltInName => "Stop-Job";

    internal override IReadOnlySet<string> BuiltInOnly { get; } =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { nameof(Job), nameof(InstanceId), nameof(Filter) };

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Stop, "stop jobs");

    internal override string Verb => "Stop";

    internal override string Participle => "stopped";

    internal override string? Why => AuditReason ?? Reason;

    internal override JobChange Change => new JobChange.Stop(Reason ?? $"Stopped by {Environment.UserName}");

    internal override IReadOnlyList<JobState> DefaultStates => [];

    internal override IReadOnlyList<JobState> PossibleStates =>
        [JobState.Waiting, JobState.Prioritized, JobState.Delayed, JobState.WaitingChildren, JobState.Active, JobState.Paused];
}
