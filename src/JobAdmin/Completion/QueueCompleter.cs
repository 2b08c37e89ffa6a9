using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>Completes names of queues, with their counts beside them.</summary>
public class QueueCompleter : LiveCompleter
{
    private const int CountedAtMost = 40;

    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        if (!request.Server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues))
        {
            return [];
        }

        var names = (await request.AllQueuesAsync().ConfigureAwait(false)).Where(request.Word.Fits).ToList();
        var tips = names.Count is > 0 and <= CountedAtMost ? await TipsAsync(request, names).ConfigureAwait(false) : [];
        return names.ConvertAll(name => request.Word.Result(Write(name), tips.GetValueOrDefault(name)));
    }

    /// <summary>How a name is given to the parameter.</summary>
    internal virtual string Write(string name) => JobWildcard.Escape(name);

    private static async Task<Dictionary<string, string>> TipsAsync(CompletionRequest request, List<string> names)
    {
        try
        {
            return await RememberAsync(request.Server, "counts " + string.Join(':', names), async () =>
            {
                var tips = new Dictionary<string, string>(StringComparer.Ordinal);
                var query = new QueueQuery { Names = names.ConvertAll(JobWildcard.Escape) };
                await foreach (var queue in request.Server.GetQueuesAsync(query, request.Token).ConfigureAwait(false))
                {
                    tips[queue.Name] = Tip(queue);
                }

                return tips;
            }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JobServerException or OperationCanceledException)
        {
            // The names are worth more than the counts.
            return [];
        }
    }

    private static string Tip(JobQueueInfo queue)
    {
        var counts = Enum.GetValues<JobState>()
            .Select(state => (state, count: queue.GetCounts()[state]))
            .Where(pair => pair.count > 0)
            .Select(pair => $"{pair.count:N0} {Base.JobErrors.Word(pair.state)}");
        var text = string.Join(", ", counts);
        return $"{queue.Name}: {(text.Length > 0 ? text : "empty")}{(queue.IsPaused == true ? ", is paused" : "")}";
    }
}

/// <summary>Completes names of queues where a parameter takes one queue, and no pattern.</summary>
public sealed class LiteralQueueCompleter : QueueCompleter
{
    internal override string Write(string name) => name;
}
