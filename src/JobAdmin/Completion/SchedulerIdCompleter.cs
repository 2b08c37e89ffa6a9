using System.Management.Automation;
using JobAdmin.Display;

namespace JobAdmin.Completion;

/// <summary>Completes ids of schedulers, with their rule and next run beside them.</summary>
public class SchedulerIdCompleter : LiveCompleter
{
    private const int MostInQueue = 500;

    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        if (request.Server is not IJobSchedulers schedulers)
        {
            return [];
        }

        var found = new List<CompletionResult>();
        foreach (var queue in await request.QueuesAsync().ConfigureAwait(false))
        {
            var all = await RememberAsync<IReadOnlyList<JobScheduler>>(request.Server, $"schedulers {queue}", async () =>
            {
                var list = new List<JobScheduler>();
                await foreach (var page in schedulers.GetSchedulersAsync(queue, null, 0, request.Token).ConfigureAwait(false))
                {
                    list.AddRange(page);
                    if (list.Count >= MostInQueue)
                    {
                        break;
                    }
                }

                return list;
            }).ConfigureAwait(false);
            found.AddRange(all.Where(scheduler => request.Word.Fits(scheduler.Id))
                .Select(scheduler => request.Word.Result(Write(scheduler.Id), $"{scheduler.Id} in queue {queue}: {JobSchedulerCells.Rule(scheduler)}, next {CellText.Relative(scheduler.Next)}")));
        }

        return found;
    }
    /// <summary>How an id is given to the parameter.</summary>
    internal virtual string Write(string id) => JobWildcard.Escape(id);
}

/// <summary>Completes ids of schedulers where a parameter takes an id, and no pattern.</summary>
public sealed class LiteralSchedulerIdCompleter : SchedulerIdCompleter
{
    internal override string Write(string id) => id;
}
