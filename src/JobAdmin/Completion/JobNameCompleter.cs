using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>Completes names of jobs: those of the newest jobs.</summary>
public class JobNameCompleter : LiveCompleter
{
    private const int InEach = 300;

    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        var jobs = await request.JobsAsync([], InEach).ConfigureAwait(false);
        return
        [
            .. jobs.Where(job => job.Name.Length > 0 && request.Word.Fits(job.Name))
                .GroupBy(job => job.Name, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.OrdinalIgnoreCase)
                .Select(group => request.Word.Result(Write(group.Key), $"{group.Key}: {group.Count():N0} of the newest jobs")),
        ];
    }
    /// <summary>How a name is given to the parameter.</summary>
    internal virtual string Write(string name) => JobWildcard.Escape(name);
}

/// <summary>Completes names of jobs where a parameter takes a name, and no pattern.</summary>
public sealed class LiteralJobNameCompleter : JobNameCompleter
{
    internal override string Write(string name) => name;
}
