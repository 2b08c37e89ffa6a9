using System.Globalization;
using System.Text;

namespace JobAdmin.Health;

/// <summary>Findings and counts as OpenMetrics text, for a scrape.</summary>
internal static class OpenMetricsText
{
    private static readonly (JobQueueCheck Check, string Name, string? Unit, string Help)[] Values =
    [
        (JobQueueCheck.Backlog, "jobadmin_queue_backlog_jobs", "jobs", "Jobs that are ready and wait."),
        (JobQueueCheck.WaitingAge, "jobadmin_queue_waiting_age_seconds", "seconds", "How long the oldest waiting job has been ready."),
        (JobQueueCheck.Overdue, "jobadmin_queue_overdue_seconds", "seconds", "How long a delayed job has been due without having been started."),
        (JobQueueCheck.Failed, "jobadmin_queue_recently_failed_jobs", "jobs", "Jobs that failed in the span that is looked at."),
        (JobQueueCheck.FailureRate, "jobadmin_queue_failure_ratio", "ratio", "Part of the recently finished jobs that failed."),
        (JobQueueCheck.Workers, "jobadmin_queue_workers", null, "Connected workers."),
        (JobQueueCheck.Stalled, "jobadmin_queue_recently_stalled_jobs", "jobs", "How often a job was taken back from a silent worker in the span that is looked at."),
        (JobQueueCheck.Lost, "jobadmin_queue_lost_jobs", "jobs", "Jobs that count as active without a worker."),
        (JobQueueCheck.Paused, "jobadmin_queue_paused_seconds", "seconds", "How long the queue has been paused; 0 when it is not."),
        (JobQueueCheck.RateLimit, "jobadmin_queue_rate_limited_seconds", "seconds", "How long a rate limit still holds the queue."),
        (JobQueueCheck.Scheduler, "jobadmin_queue_scheduler_overdue_seconds", "seconds", "How long a scheduler has been due without having run."),
        (JobQueueCheck.Lists, "jobadmin_queue_endangered_jobs", "jobs", "Jobs that a pause or resume by an older library would lose."),
    ];

    private static readonly JobState[] States =
        [JobState.Waiting, JobState.Prioritized, JobState.Delayed, JobState.WaitingChildren, JobState.Active, JobState.Completed, JobState.Failed, JobState.Paused, JobState.Cancelled];

    /// <summary>Writes the text. It ends with <c># EOF</c> and no line feed, which whoever writes it to a file adds.</summary>
    public static string Write(IReadOnlyList<JobQueueInfo> queues, IReadOnlyList<JobQueueFinding> findings)
    {
        var text = new StringBuilder();
        Family("jobadmin_queue_jobs", "jobs", "Jobs in a state.", queues.SelectMany(queue => States.Where(state => queue.GetCounts()[state] is not null)
            .Select(state => (Labels(queue.Connection, queue.Name, "state", Base.JobErrors.Word(state)), (double)queue.GetCounts()[state]!.Value))));
        foreach (var (check, name, unit, help) in Values)
        {
            Family(name, unit, help, findings.Where(f => f.Check == check && f.Value is not null).Select(f => (Labels(f.Connection, f.Queue), Number(f.Value!))));
        }

        Family("jobadmin_queue_check_severity", null, "0 is well, 1 a warning, 2 critical, 3 not known.",
            findings.Where(f => f.Check is not null).Select(f => (Labels(f.Connection, f.Queue, "check", f.Check.ToString()!), (double)Code(f.Severity))));
        return text.Append("# EOF").ToString();

        void Family(string name, string? unit, string help, IEnumerable<(string Labels, double Value)> samples)
        {
            var all = samples.DistinctBy(s => s.Labels).ToList();
            if (all.Count == 0)
            {
                return;
            }

            text.Append("# TYPE ").Append(name).Append(" gauge\n");
            if (unit is not null)
            {
                text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
            }

            text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
            foreach (var (labels, value) in all)
            {
                text.Append(name).Append(labels).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
            }
        }
    }

    /// <summary>What a monitor makes of a severity, as an exit code too.</summary>
    public static int Code(JobFindingSeverity severity) => severity switch
    {
        JobFindingSeverity.Ok => 0,
        JobFindingSeverity.Warning => 1,
        JobFindingSeverity.Critical => 2,
        _ => 3,
    };

    private static string Labels(string? connection, string queue, string? name = null, string? value = null) =>
        $"{{connection=\"{Escaped(connection ?? "")}\",queue=\"{Escaped(queue)}\"{(name is null ? "" : $",{name}=\"{Escaped(value!)}\"")}}}";

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static double Number(object value) => value is TimeSpan span ? span.TotalSeconds : Convert.ToDouble(value, CultureInfo.InvariantCulture);
}
