using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

/// <summary>Pauses queues: workers finish what they have and take nothing more.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "JobQueue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobQueueInfo))]
public sealed class SuspendJobQueueCommand : PauseCmdlet
{
    internal override string Verb => "Pause";

    internal override bool Pauses => true;
}
