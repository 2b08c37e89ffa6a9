using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;

namespace JobAdmin.Commands;

/// <summary>Shows schedulers: what they add, by which rule, when next, and which of them can't fire any more.</summary>
[Cmdlet(VerbsCommon.Get, "JobScheduler")]
[OutputType(typeof(JobScheduler))]
public sealed class GetJobSchedulerCommand : QueueReadCmdlet
{
    /// <summary>Only schedulers with one of these ids; wildcards may be used.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(SchedulerIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Only schedulers in one of these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public JobSchedulerState[]? State { get; set; }

    /// <summary>How many of the next runs to work out.</summary>
    [Parameter]
    [ValidateRange(0, 10_000)]
    public int Next { get; set; } = 3;

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Schedulers, "show schedulers");

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        Array.ForEach(Id ?? [], static id => _ = new JobWildcard(id));
        var missing = (Id ?? []).Where(id => !JobWildcard.HasWildcard(id)).Select(id => new JobWildcard(id).Literal!).ToHashSet(StringComparer.Ordinal);
        Run(token => EachQueueAsync(queues, async queue =>
        {
            var schedulers = JobCapability.Of<IJobSchedulers>(queue.Server, "show schedulers");
            await foreach (var page in schedulers.GetSchedulersAsync(queue.Queue, Id, Next, token).ConfigureAwait(false))
            {
                missing.ExceptWith(page.Select(scheduler => scheduler.Id));
                await EmitPageAsync(page.Where(scheduler => State is null || State.Contains(scheduler.State)).ToList()).ConfigureAwait(false);
            }
        }));
        foreach (var id in queues.Count > 0 ? missing : [])
        {
            WriteError(JobErrors.From(JobErrors.SchedulerNotFound(id, queues.Count == 1 ? queues[0].ToString() : $"these {queues.Count} queues")));
        }
    }
}
