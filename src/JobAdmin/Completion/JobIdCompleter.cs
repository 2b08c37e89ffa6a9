using System.Management.Automation;
using JobAdmin.Parameters;

namespace JobAdmin.Completion;

/// <summary>Completes ids of jobs, with name and state beside them: the newest of the state that the command works on.</summary>
public class JobIdCompleter : LiveCompleter
{
    private const int InEach = 100;

    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        var states = new List<JobState>();
        foreach (var word in request.Given("State"))
        {
            if (JobStates.TryParse(word, out var state))
            {
                states.Add(state);
            }
        }

        if (states.Count == 0)
        {
            states.AddRange(UsualStates(request.Command));
        }

        var jobs = await request.JobsAsync(states, InEach).ConfigureAwait(false);
        return [.. jobs.Where(job => request.Word.Fits(job.Id)).DistinctBy(job => job.Id).Select(job => request.Word.Result(Write(job.Id), Tip(job)))];
    }

    private static JobState[] UsualStates(string command) => command[(command.IndexOf('\\') + 1)..].ToLowerInvariant() switch
    {
        "invoke-jobretry" => [JobState.Failed],
        "invoke-jobpromotion" => [JobState.Delayed],
        "stop-job" => [JobState.Waiting, JobState.Prioritized, JobState.Delayed, JobState.Active],
        "receive-job" => [JobState.Completed, JobState.Failed],
        _ => [],
    };

    private static string Tip(QueueJob job) =>
        $"{job.Name}, {Base.JobErrors.Word(job.State)}, queue {job.Queue}{(job.FailedReason is { Length: > 0 } reason ? $": {reason}" : "")}";
    /// <summary>How an id is given to the parameter.</summary>
    internal virtual string Write(string id) => id;
}

/// <summary>Completes ids of jobs where a parameter takes patterns.</summary>
public sealed class JobIdPatternCompleter : JobIdCompleter
{
    internal override string Write(string id) => JobWildcard.Escape(id);
}
