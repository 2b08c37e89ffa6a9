using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>Completes names of jobs: those of the newest jobs.</summary>
public sealed class JobNameCompleter : LiveCompleter
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
                .Select(group => request.Word.Result(WildcardPattern.Escape(group.Key), $"{group.Key}: {group.Count():N0} of the newest jobs")),
        ];
    }
}
