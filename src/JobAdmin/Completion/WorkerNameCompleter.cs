using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>Completes names of workers, with their queue beside them.</summary>
public sealed class WorkerNameCompleter : LiveCompleter
{
    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        if (request.Server is not IJobWorkers source)
        {
            return [];
        }

        var workers = await RememberAsync(request.Server, "workers", () => source.GetWorkersAsync(null, request.Token)).ConfigureAwait(false);
        var queues = request.Given("Queue").Select(pattern => new JobWildcard(pattern)).ToArray();
        return
        [
            .. workers.Where(worker => worker.Name is { Length: > 0 } name && request.Word.Fits(name) && (queues.Length == 0 || Array.Exists(queues, queue => queue.IsMatch(worker.Queue))))
                .DistinctBy(worker => worker.Name).OrderBy(worker => worker.Name, StringComparer.OrdinalIgnoreCase)
                .Select(worker => request.Word.Result(JobWildcard.Escape(worker.Name!), $"{worker.Name} on queue {worker.Queue}, {worker.Host}")),
        ];
    }
}
