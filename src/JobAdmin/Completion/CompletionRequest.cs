using System.Collections;

namespace JobAdmin.Completion;

/// <summary>What is to be completed, and where the answer comes from.</summary>
internal sealed record CompletionRequest(IJobServer Server, string Command, CompletionWord Word, IDictionary Bound, CancellationToken Token)
{
    private const int MaxQueues = 10;

    /// <summary>The texts given for another parameter.</summary>
    /// <param name="parameter">The parameter.</param>
    public string[] Given(string parameter) => Bound[parameter] switch
    {
        null => [],
        string text => [text],
        IEnumerable items => [.. items.Cast<object?>().Select(item => item?.ToString() ?? "")],
        var other => [other.ToString() ?? ""],
    };

    /// <summary>All queues of the server.</summary>
    public Task<IReadOnlyList<string>> AllQueuesAsync() => LiveCompleter.RememberAsync<IReadOnlyList<string>>(Server, "queues", async () =>
    {
        var names = new List<string>();
        await foreach (var queue in Server.GetQueuesAsync(new QueueQuery { NamesOnly = true }, Token).ConfigureAwait(false))
        {
            names.Add(queue.Name);
        }

        names.Sort(StringComparer.OrdinalIgnoreCase);
        return names;
    });

    /// <summary>The queues that are meant by what was typed before, a few of them.</summary>
    public async Task<IReadOnlyList<string>> QueuesAsync()
    {
        var given = Given("Queue");
        if (given.Length == 0 && Server.Connection.DefaultQueue is { } standard)
        {
            given = [standard];
        }

        if (given.Length > 0 && !Array.Exists(given, JobWildcard.HasWildcard))
        {
            return Array.ConvertAll(given, static queue => new JobWildcard(queue).Literal!);
        }

        if (!Server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues))
        {
            return [""];
        }

        var all = await AllQueuesAsync().ConfigureAwait(false);
        var patterns = given.Select(pattern => new JobWildcard(pattern)).ToArray();
        return [.. all.Where(name => patterns.Length == 0 || Array.Exists(patterns, pattern => pattern.IsMatch(name))).Take(MaxQueues)];
    }

    /// <summary>The newest jobs of these queues.</summary>
    /// <param name="states">The states; empty for all.</param>
    /// <param name="inEach">How many of each queue.</param>
    public async Task<IReadOnlyList<QueueJob>> JobsAsync(IReadOnlyList<JobState> states, int inEach)
    {
        var jobs = new List<QueueJob>();
        foreach (var queue in await QueuesAsync().ConfigureAwait(false))
        {
            jobs.AddRange(await LiveCompleter.RememberAsync<IReadOnlyList<QueueJob>>(Server, $"jobs {inEach} {string.Join(',', states)} {queue}", async () =>
            {
                var found = new List<QueueJob>();
                var query = new JobQuery { Queue = queue, States = states, First = inEach, PageSize = inEach };
                await foreach (var page in Server.GetJobsAsync(query, Token).ConfigureAwait(false))
                {
                    found.AddRange(page);
                }

                return found;
            }).ConfigureAwait(false));
        }

        return jobs;
    }
}
