using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>What is waited for.</summary>
internal sealed class WaitGoal(IReadOnlySet<JobState> states)
{
    private static readonly IReadOnlySet<JobState> Ends = new HashSet<JobState> { JobState.Completed, JobState.Failed, JobState.Cancelled };

    /// <summary>Any end.</summary>
    public static WaitGoal Finished { get; } = new(Ends);

    /// <summary>Reads a goal.</summary>
    /// <param name="words">States, or <c>finished</c>; null for that.</param>
    public static WaitGoal Parse(string[]? words)
    {
        if (words is null)
        {
            return Finished;
        }

        var states = new HashSet<JobState>();
        foreach (var word in words)
        {
            if (word.Equals("finished", StringComparison.OrdinalIgnoreCase))
            {
                states.UnionWith(Ends);
            }
            else
            {
                states.UnionWith(JobStates.Parse([word]));
            }
        }

        return new WaitGoal(states);
    }

    /// <summary>Whether only the end of a job matters, so that no other event needs a look.</summary>
    public bool OnlyEnds => states.IsSubsetOf(Ends);

    /// <summary>Whether a state is what is waited for.</summary>
    /// <param name="state">The state.</param>
    public bool IsReached(JobState state) => states.Contains(state);

    /// <summary>Whether a job in this state will not get there any more by itself.</summary>
    /// <param name="state">The state.</param>
    public bool IsMissed(JobState state) => Ends.Contains(state) && OnlyEnds && !states.Contains(state);
}
