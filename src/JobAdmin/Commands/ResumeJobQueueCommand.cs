using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

/// <summary>Resumes paused queues.</summary>
[Cmdlet(VerbsLifecycle.Resume, "JobQueue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobQueueInfo))]
public sealed class ResumeJobQueueCommand : PauseCmdlet
{
    internal override string Verb => "Resume";

    internal override bool Pauses => false;
}
