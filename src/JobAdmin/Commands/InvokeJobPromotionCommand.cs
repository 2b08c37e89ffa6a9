using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;

namespace JobAdmin.Commands;

/// <summary>Starts delayed jobs now.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "JobPromotion", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobOutcome))]
public sealed class InvokeJobPromotionCommand : JobChangeCmdlet
{
    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Promote, "promote jobs");

    internal override string Verb => "Promote";

    internal override string Participle => "promoted";

    internal override string[]? ReasonFilter => Reason;

    internal override JobChange Change => new JobChange.Promote();

    internal override IReadOnlyList<JobState> DefaultStates => [JobState.Delayed];

    internal override IReadOnlyList<JobState> PossibleStates => DefaultStates;
}
