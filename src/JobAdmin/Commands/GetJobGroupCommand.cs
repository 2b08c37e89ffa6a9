using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

/// <summary>Shows the groups that a queue's jobs belong to, on servers with groups.</summary>
[Cmdlet(VerbsCommon.Get, "JobGroup")]
[OutputType(typeof(JobGroup))]
public sealed class GetJobGroupCommand : QueueReadCmdlet
{
    internal override CapabilityNeed? Need => new(JobServerCapabilities.Groups, "list job groups");

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues) => Run(token => EachQueueAsync(queues, async queue =>
        await EmitPageAsync(await JobCapability.Of<IJobGroups>(queue.Server, "list job groups").GetGroupsAsync(queue.Queue, token).ConfigureAwait(false)).ConfigureAwait(false)));
}
