using System.Management.Automation;
using System.Management.Automation.Host;

namespace JobAdmin.Base;

/// <summary>Says what became of jobs: as objects, as errors, in a warning and, after a stop, on the screen.</summary>
internal sealed class OutcomeWriter(JobServerCmdlet cmdlet, string participle, bool passThru)
{
    private const int NamedAtMost = 10;

    private readonly PSHost host = cmdlet.Host;
    private readonly List<string> running = [];
    private int runningCount;
    private long done;

    /// <summary>What else is said after a stop.</summary>
    public string Advice { get; init; } = "";

    /// <summary>Jobs changed so far.</summary>
    public long Done => Interlocked.Read(ref done);

    /// <summary>Counts outcomes, for the audit too, and writes them.</summary>
    /// <param name="page">The outcomes; null where one is not known.</param>
    public void Write(IReadOnlyList<JobOutcome?> page)
    {
        Count(page);
        Show(page);
    }

    /// <summary>Counts outcomes, on any thread: before any is shown, since the pipeline may end with the first one.</summary>
    /// <param name="page">The outcomes; null where one is not known.</param>
    public void Count(IReadOnlyList<JobOutcome?> page)
    {
        foreach (var outcome in page)
        {
            if (outcome is not null)
            {
                cmdlet.Audit.Count(outcome);
                Interlocked.Add(ref done, outcome.Succeeded ? 1 : 0);
            }
        }
    }

    /// <summary>Counts jobs that were changed together, without outcomes, on any thread.</summary>
    /// <param name="queue">Their queue.</param>
    /// <param name="together">How many.</param>
    public void Count(QueueReference queue, long together)
    {
        cmdlet.Audit.Count(queue, participle, together);
        Interlocked.Add(ref done, together);
    }

    /// <summary>Writes outcomes that have been counted.</summary>
    /// <param name="page">The outcomes; null where one is not known.</param>
    public void Show(IReadOnlyList<JobOutcome?> page)
    {
        foreach (var outcome in page)
        {
            if (outcome is not null)
            {
                Show(outcome);
            }
        }
    }

    /// <summary>Warns of jobs that go on running.</summary>
    public void WriteSummary()
    {
        if (runningCount > 0)
        {
            var names = string.Join(", ", running) + (runningCount > running.Count ? ", …" : "");
            cmdlet.WriteWarning(runningCount == 1
                ? $"A worker has job {names}: it can't be interrupted. When it fails, it is not tried again."
                : $"Workers have {runningCount:N0} of the jobs ({names}): they can't be interrupted. Those that fail are not tried again.");
            runningCount = 0;
        }
    }

    /// <summary>Counts what was under way when the pipeline ended.</summary>
    /// <param name="underWay">What was under way.</param>
    /// <param name="say">Whether to say, though the pipeline takes nothing more, how far it came.</param>
    public void Conclude(IReadOnlyList<ChangeWindow> underWay, bool say)
    {
        foreach (var window in underWay)
        {
            Count(window.Outcomes);
        }

        Conclude([.. underWay.Where(window => !window.Work.IsCompleted).SelectMany(window => window.Jobs).Select(job => new QueueReference(job.Server, job.Queue))], say ? Advice : null);
    }

    /// <summary>Counts what nobody knows the end of.</summary>
    /// <param name="unknown">The queues of the jobs, each as often as it has some.</param>
    /// <param name="advice">What is said after how far it came; null to say nothing.</param>
    public void Conclude(IReadOnlyList<QueueReference> unknown, string? advice)
    {
        foreach (var queue in unknown)
        {
            cmdlet.Audit.Count(queue, "unknown");
        }

        if (advice is not null)
        {
            host?.UI?.WriteWarningLine($"Stopped: {Done:N0} {(Done == 1 ? "job was" : "jobs were")} {participle}"
                + (unknown.Count > 0 ? $", and what became of {unknown.Count:N0} more that were under way is not known." : ".") + advice);
        }
    }

    private void Show(JobOutcome outcome)
    {
        if (outcome.Status == JobOutcomeStatus.StopRequested && runningCount++ < NamedAtMost)
        {
            running.Add(outcome.Id);
        }

        if (passThru)
        {
            cmdlet.WriteObject(outcome);
        }

        if (!outcome.Succeeded)
        {
            cmdlet.WriteError(JobErrors.From(outcome, participle));
        }
    }
}
