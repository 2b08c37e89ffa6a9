using System.Management.Automation;

namespace JobAdmin.Completion;

/// <summary>Completes reasons of failure: those of the newest failed jobs.</summary>
public sealed class ReasonCompleter : LiveCompleter
{
    private const int InEach = 300;
    private const int Longest = 60;

    internal override async Task<IReadOnlyList<CompletionResult>> CompleteAsync(CompletionRequest request)
    {
        var jobs = await request.JobsAsync([JobState.Failed], InEach).ConfigureAwait(false);
        return
        [
            .. jobs.Where(job => job.FailedReason is { Length: > 0 } reason && request.Word.Fits(reason))
                .GroupBy(job => Pattern(job.FailedReason!), StringComparer.Ordinal)
                .OrderByDescending(group => group.Count())
                .Select(group => request.Word.Result(group.Key, $"{group.Count():N0} of the newest failed jobs: {group.First().FailedReason}")),
        ];
    }

    // A reason may be pages long; its beginning is enough to find it again.
    private static string Pattern(string reason)
    {
        var end = reason.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? reason : reason[..end];
        return line.Length == reason.Length && line.Length <= Longest
            ? JobWildcard.Escape(line)
            : JobWildcard.Escape(line[..Math.Min(Longest, line.Length)]) + "*";
    }
}
