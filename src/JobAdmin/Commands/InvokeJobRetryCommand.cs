using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;

namespace JobAdmin.Commands;

/// <summary>Runs failed or completed jobs again.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "JobRetry", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobOutcome))]
public sealed class InvokeJobRetryCommand : JobChangeCmdlet
{
    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>Sets the attempts made and started back to zero.</summary>
    [Parameter]
    public SwitchParameter ResetAttempts { get; set; }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Retry, "retry jobs");

    internal override string Verb => "Retry";

    internal override string Participle => "retried";

    internal override string[]? ReasonFilter => Reason;

    internal override JobChange Change => new JobChange.Retry(ResetAttempts);

    internal override IReadOnlyList<JobState> DefaultStates => [JobState.Failed];

    internal override IReadOnlyList<JobState> PossibleStates => [JobState.Failed, JobState.Completed];
}
