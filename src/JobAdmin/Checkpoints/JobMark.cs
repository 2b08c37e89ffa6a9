using System.Globalization;

namespace JobAdmin.Checkpoints;

/// <summary>How a job was before a change, so that one look tells later whether the change was made.</summary>
internal static class JobMark
{
    /// <summary>The mark of a job: everything that a change or a worker moves.</summary>
    public static string Of(QueueJob? job) => job is null ? "" : string.Join(' ',
        job.State, Number(job.Timestamp), Number(job.ProcessedOn), Number(job.FinishedOn), Number(job.DelayUntil), job.AttemptsMade, job.AttemptsStarted);

    /// <summary>Whether a change that may or may not have been made is to be made (again).</summary>
    /// <param name="change">The change; null for the adding of jobs whose ids are known, which is never done twice.</param>
    /// <param name="mark">How the job was before.</param>
    /// <param name="job">How it is; null when it is gone.</param>
    public static bool MustRepeat(JobChange? change, string mark, QueueJob? job) => change switch
    {
        null => true,
        _ when job is null || mark.Length == 0 => false,
        // Made twice it is as if made once; what a worker has finished can't be stopped any more.
        JobChange.Edit => true,
        JobChange.Stop => job.State is not (JobState.Failed or JobState.Completed or JobState.Cancelled),
        // Another job may have got the id since.
        JobChange.Remove => mark.Split(' ')[1] == Number(job.Timestamp),
        // A retried or promoted job has left its state; came it back, it was tried in between, and its times and attempts tell.
        _ => mark == Of(job),
    };

    private static string Number(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) ?? "-";
}
