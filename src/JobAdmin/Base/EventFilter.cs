namespace JobAdmin.Base;

/// <summary>Chooses events. A gap always passes: it says that something may have been missed.</summary>
internal sealed class EventFilter(IJobServer server, string[]? ids, string[]? events, string[]? names, IReadOnlySet<(string Queue, string Id)>? jobs)
{
    private const int NamesKept = 50_000;

    private readonly HashSet<string>? ids = ids is null ? null : new HashSet<string>(ids, StringComparer.Ordinal);
    private readonly JobWildcard[]? events = events?.Select(pattern => new JobWildcard(pattern)).ToArray();
    private readonly JobWildcard[]? names = names?.Select(pattern => new JobWildcard(pattern)).ToArray();
    private readonly Dictionary<(string Queue, string Id), string?> known = [];

    /// <summary>The events that pass.</summary>
    /// <param name="batch">The events.</param>
    /// <param name="token">Stops it.</param>
    public async Task<IReadOnlyList<JobEvent>> ApplyAsync(IReadOnlyList<JobEvent> batch, CancellationToken token)
    {
        if (names is not null)
        {
            await LearnNamesAsync(batch, token).ConfigureAwait(false);
        }

        return ids is null && events is null && names is null && jobs is not { Count: > 0 } ? batch : [.. batch.Where(e => e.IsGap || Passes(e))];
    }

    private bool Passes(JobEvent e) =>
        (events is null || Array.Exists(events, pattern => pattern.IsMatch(e.Event)))
        && (ids is null || e.Id is not null && ids.Contains(e.Id))
        && (jobs is not { Count: > 0 } || e.Id is not null && jobs.Contains((e.Queue, e.Id)))
        && (names is null || e.Id is not null && (e.Name ?? known.GetValueOrDefault((e.Queue, e.Id))) is { } name
            && Array.Exists(names, pattern => pattern.IsMatch(name)));

    // Only "added" carries the name: of other jobs it is read once.
    private async Task LearnNamesAsync(IReadOnlyList<JobEvent> batch, CancellationToken token)
    {
        if (known.Count > NamesKept)
        {
            known.Clear();
        }

        foreach (var e in batch)
        {
            if (e is { Id: { } id, Name: { } name })
            {
                known[(e.Queue, id)] = name;
            }
        }

        var unknown = batch.Where(e => e.Id is not null && !known.ContainsKey((e.Queue, e.Id))).GroupBy(e => e.Queue, e => e.Id!);
        foreach (var group in unknown)
        {
            var wanted = group.Distinct(StringComparer.Ordinal).ToArray();
            var found = await server.GetJobsByIdAsync(group.Key, wanted, JobParts.None, token).ConfigureAwait(false);
            for (var i = 0; i < wanted.Length; i++)
            {
                known[(group.Key, wanted[i])] = found[i]?.Name;
            }
        }
    }
}
