namespace JobAdmin.Screen;

/// <summary>One queue on the screen, with its recent past.</summary>
internal sealed class QueueRow(JobQueueSample sample)
{
    private const int LooksKept = 240;

    private readonly List<double> added = [];
    private readonly List<double> finished = [];

    /// <summary>The newest look.</summary>
    public JobQueueSample Sample { get; private set; } = sample;

    /// <summary>Jobs added a second, oldest first.</summary>
    public IReadOnlyList<double> Added => added;

    /// <summary>Jobs finished a second, oldest first.</summary>
    public IReadOnlyList<double> Finished => finished;

    /// <summary>Takes a look.</summary>
    public void Take(JobQueueSample newest)
    {
        Sample = newest;
        Keep(added, newest.AddedPerSecond);
        Keep(finished, newest.FinishedPerSecond);
    }

    private static void Keep(List<double> past, double? number)
    {
        if (number is { } known)
        {
            past.Add(known);
            past.RemoveRange(0, Math.Max(0, past.Count - LooksKept));
        }
    }
}
