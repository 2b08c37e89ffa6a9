using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;

namespace JobAdmin.Commands;

/// <summary>Shows workers: which queue each looks after, its name, where it runs, how long it has been there and how long it has been silent.</summary>
[Cmdlet(VerbsCommon.Get, "JobWorker")]
[OutputType(typeof(JobWorker))]
public sealed class GetJobWorkerCommand : QueueReadCmdlet
{
    /// <summary>Only workers with one of these names; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(WorkerNameCompleter))]
    public string[]? Name { get; set; }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Workers, "list workers");

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        var patterns = Name?.Select(name => new JobWildcard(name)).ToArray();
        foreach (var server in queues.Select(queue => queue.Server).Distinct().ToList())
        {
            var names = queues.Where(queue => queue.Server == server).Select(queue => queue.Queue).ToHashSet(StringComparer.Ordinal);
            var one = names.Count == 1 ? names.Single() : null;
            Run(token => EachServerAsync([server], async at =>
            {
                // One look serves for all queues; without a choice, also for workers whose queue holds nothing yet.
                var workers = await JobCapability.Of<IJobWorkers>(at, "list workers").GetWorkersAsync(string.IsNullOrEmpty(one) ? null : one, token).ConfigureAwait(false);
                await EmitPageAsync(workers.Where(worker => (Everything || one is "" || names.Contains(worker.Queue)) && (patterns is null || Array.Exists(patterns, p => p.IsMatch(worker.Name)))).ToList()).ConfigureAwait(false);
            }));
        }
    }

    private bool Everything => InputObject is null && Queue is null && Servers().All(server => server.Connection.DefaultQueue is null);
}
