namespace JobAdmin;

/// <summary>Sums up a history: what came in and went out, how long jobs waited and ran.</summary>
internal sealed class JobHistoryTally
{
    private readonly Dictionary<string, long> ready = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> taken = new(StringComparer.Ordinal);

    public long Added { get; private set; }

    public long Completed { get; private set; }

    public long Failed { get; private set; }

    public long Stalled { get; private set; }

    /// <summary>Jobs that became ready less those that were taken: by so many more wait at the end.</summary>
    public long Growth { get; private set; }

    public JobDurations Waits { get; } = new();

    public JobDurations Runs { get; } = new();

    /// <summary>Jobs that were taken though the history does not say since when they had been ready, and when that was.</summary>
    public List<(string Id, long Taken)> ReadyBefore { get; } = [];

    /// <summary>Adds an event; they have to come in order.</summary>
    public void Add(JobHistoryEvent e)
    {
        switch (e.Kind)
        {
            case JobHistoryKind.Added:
                Added++;
                break;
            case JobHistoryKind.Waiting:
                Growth++;
                ready[e.Id] = e.Milliseconds;
                break;
            case JobHistoryKind.Active:
                Growth--;
                taken[e.Id] = e.Milliseconds;
                if (ready.Remove(e.Id, out var since))
                {
                    Waits.Add(e.Milliseconds - since);
                }
                else
                {
                    ReadyBefore.Add((e.Id, e.Milliseconds));
                }

                break;
            case JobHistoryKind.Completed or JobHistoryKind.Failed:
                Completed += e.Kind == JobHistoryKind.Completed ? 1 : 0;
                Failed += e.Kind == JobHistoryKind.Failed ? 1 : 0;
                if (taken.Remove(e.Id, out var start))
                {
                    Runs.Add(e.Milliseconds - start);
                }

                break;
            case JobHistoryKind.Stalled:
                Stalled++;
                taken.Remove(e.Id);
                break;
        }
    }
}
