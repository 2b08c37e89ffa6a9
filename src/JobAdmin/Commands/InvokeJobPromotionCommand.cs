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

    /// <summary>Moves all delayed jobs of a queue into line together, whatever their priority, as BullMQ's queue.promoteJobs() does.</summary>
    [Parameter]
    public SwitchParameter IgnorePriority { get; set; }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Promote, "promote jobs");

    internal override string Verb => "Promote";

    internal override string Participle => "promoted";

    internal override string[]? ReasonFilter => Reason;

    internal override JobChange Change => new JobChange.Promote(IgnorePriority);

    internal override IReadOnlyList<JobState> DefaultStates => [JobState.Delayed];

    internal override IReadOnlyList<JobState> PossibleStates => DefaultStates;

    internal override void Require(IJobServer server)
    {
        base.Require(server);
        if (IgnorePriority && server is not IQueuePromotion)
        {
            throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, "promote jobs whatever their priority");
        }
    }

    internal override void BeginOurs()
    {
        string[] others = [nameof(Id), nameof(Name), nameof(Reason), nameof(Before), nameof(After), nameof(OlderThan), nameof(NewerThan), nameof(Throttle), nameof(Checkpoint), nameof(PassThru)];
        if (IgnorePriority && Array.Find(others, IsBound) is { } other)
        {
            throw WantsALook($"-{other} wants");
        }

        base.BeginOurs();
    }

    internal override void ProcessOurs(PSObject? item)
    {
        if (IgnorePriority && item is not null && PipedObject.Queue(this, item) is null)
        {
            throw WantsALook("what is piped wants");
        }

        base.ProcessOurs(item);
    }

    private static JobServerException WantsALook(string what) =>
        JobErrors.Input("ParameterConflict", $"-IgnorePriority moves all delayed jobs of a queue together, and {what} a look at each.", "Give one of the two; -Queue and -Max go with -IgnorePriority.");
}
