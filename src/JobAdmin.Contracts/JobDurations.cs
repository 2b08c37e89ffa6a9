namespace JobAdmin;

/// <summary>Durations, and what can be said of them all. A percentile is one of the durations themselves (the nearest rank), never something between two.</summary>
internal sealed class JobDurations
{
    private readonly List<long> milliseconds = [];
    private bool sorted = true;

    /// <summary>How many.</summary>
    public int Count => milliseconds.Count;

    /// <summary>Their average; null when there are none.</summary>
    public TimeSpan? Average => Count == 0 ? null : TimeSpan.FromMilliseconds(milliseconds.Average());

    /// <summary>Adds one; clocks that disagree make no duration below zero.</summary>
    public void Add(long duration)
    {
        milliseconds.Add(Math.Max(0, duration));
        sorted = false;
    }

    /// <summary>The duration that a part of all, from 0 to 1, does not exceed; null when there are none.</summary>
    public TimeSpan? At(double part)
    {
        if (Count == 0)
        {
            return null;
        }

        if (!sorted)
        {
            milliseconds.Sort();
            sorted = true;
        }

        var rank = Math.Clamp((int)Math.Ceiling((part * Count) - 1e-9) - 1, 0, Count - 1);
        return TimeSpan.FromMilliseconds(milliseconds[rank]);
    }
}
