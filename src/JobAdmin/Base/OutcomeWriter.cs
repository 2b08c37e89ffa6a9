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

    /// <summary>What else is said after a stop.</summary>
    public string Advice { get; init; } = "";

    /// <summary>Jobs changed so far.</summary>
    public long Done { get; private set; }

    /// <summary>Writes the outcomes of a window.</summary>
    /// <param name="window">The window.</param>
    public void Write(ChangeWindow window)
    {
        foreach (var outcome in window.Outcomes)
        {
            if (outcome is not null)
            {
                Write(outcome);
            }
        }
    }

    /// <summary>Writes outcomes.</summary>
    /// <param name="page">The outcomes.</param>
    public void Write(IReadOnlyList<JobOutcome> page)
    {
        foreach (var outcome in page)
        {
            Write(outcome);
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

    /// <summary>Says after a stop, when the pipeline takes nothing more, how far it came.</summary>
    /// <param name="underWay">What was under way.</param>
    public void SayStopped(IReadOnlyList<ChangeWindow> underWay)
    {
        var heard = underWay.SelectMany(window => window.Outcomes).OfType<JobOutcome>().ToList();
        var known = heard.Count(outcome => outcome.Succeeded);
        var unknown = underWay.Where(window => !window.Work.IsCompleted).Sum(window => window.Jobs.Count);
        heard.ForEach(cmdlet.Audit.Count);
        foreach (var job in underWay.Where(window => !window.Work.IsCompleted).SelectMany(window => window.Jobs))
        {
            cmdlet.Audit.Count(new QueueReference(job.Server, job.Queue), "unknown");
        }

        var done = Done + known;
        host?.UI?.WriteWarningLine($"Stopped: {done:N0} {(done == 1 ? "job was" : "jobs were")} {participle}"
            + (unknown > 0 ? $", and what became of {unknown:N0} more that were under way is not known." : ".") + Advice);
    }

    private void Write(JobOutcome outcome)
    {
        cmdlet.Audit.Count(outcome);
        if (outcome.Succeeded)
        {
            Done++;
        }

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
