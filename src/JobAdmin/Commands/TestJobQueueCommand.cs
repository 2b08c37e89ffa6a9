using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Health;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Examines queues: whether jobs wait too long, fail too often, or are held up, and says what to do about it.</summary>
[Cmdlet(VerbsDiagnostic.Test, "JobQueue")]
[OutputType(typeof(JobQueueFinding), typeof(string))]
public sealed class TestJobQueueCommand : QueueReadCmdlet
{
    private readonly List<JobQueueInfo> infos = [];
    private readonly List<JobQueueFinding> findings = [];
    private readonly HashSet<string> examined = new(StringComparer.OrdinalIgnoreCase);
    private QueueLimits limits = null!;
    private bool ended, failed;

    /// <summary>What to examine; wildcards may be used. Without it, everything. What is named is shown also when all is well.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(QueueCheckCompleter))]
    public string[]? Check { get; set; }

    /// <summary>How far back failures and stalls count: 1h, 15m, or a TimeSpan.</summary>
    [Parameter]
    [Duration]
    public TimeSpan NewerThan { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Waiting jobs: from how many on it is a warning, and critical.</summary>
    [Parameter]
    public long[] Backlog { get; set; } = [1000, 10_000];

    /// <summary>How long the oldest waiting job has been ready.</summary>
    [Parameter]
    [ValidateNotNull]
    [Durations]
    public TimeSpan[] WaitingAge { get; set; } = [TimeSpan.FromMinutes(15), TimeSpan.FromHours(1)];

    /// <summary>How long a delayed job has been due without having been started.</summary>
    [Parameter]
    [ValidateNotNull]
    [Durations]
    public TimeSpan[] Overdue { get; set; } = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)];

    /// <summary>Jobs that failed lately.</summary>
    [Parameter]
    public long[] Failed { get; set; } = [100, 1000];

    /// <summary>Of the jobs that finished lately, the part that failed: 0.05 is one in twenty.</summary>
    [Parameter]
    public double[] FailureRate { get; set; } = [0.05, 0.25];

    /// <summary>How often a job was taken back from a silent worker lately.</summary>
    [Parameter]
    public long[] Stalled { get; set; } = [1, 10];

    /// <summary>Jobs that count as active without a worker.</summary>
    [Parameter]
    public long[] Lost { get; set; } = [1, 10];

    /// <summary>How long the queue has been paused.</summary>
    [Parameter]
    [ValidateNotNull]
    [Durations]
    public TimeSpan[] PausedFor { get; set; } = [TimeSpan.FromHours(1), TimeSpan.FromDays(1)];

    /// <summary>How long a rate limit still holds the queue.</summary>
    [Parameter]
    [ValidateNotNull]
    [Durations]
    public TimeSpan[] RateLimitedFor { get; set; } = [TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)];

    /// <summary>How long a scheduler has been due without having run.</summary>
    [Parameter]
    [ValidateNotNull]
    [Durations]
    public TimeSpan[] SchedulerOverdue { get; set; } = [TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)];

    /// <summary>How many workers a queue with waiting jobs must have. None at all is critical, fewer than this a warning.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MinimumWorker { get; set; } = 1;

    /// <summary>Shows also the checks that found all well.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <summary>Ends the process with 0 (all is well), 1 (a warning), 2 (critical) or 3 (not known), once it ends.</summary>
    [Parameter]
    public SwitchParameter ExitCode { get; set; }

    /// <summary>Writes OpenMetrics text in place of objects.</summary>
    [Parameter]
    public SwitchParameter AsOpenMetrics { get; set; }

    internal override void Begin()
    {
        if (NewerThan <= TimeSpan.Zero)
        {
            throw JobErrors.Input("InvalidThreshold", "-NewerThan is a length of time above zero.", "Give it as in -NewerThan 1h.");
        }

        limits = new QueueLimits
        {
            Checks = Checks(), Span = NewerThan, Workers = MinimumWorker,
            Backlog = Limits<long>.Of(nameof(Backlog), Backlog, "1000,10000"), WaitingAge = Limits<TimeSpan>.Of(nameof(WaitingAge), WaitingAge, "15m,1h"),
            Overdue = Limits<TimeSpan>.Of(nameof(Overdue), Overdue, "1m,10m"), Failed = Limits<long>.Of(nameof(Failed), Failed, "100,1000"),
            FailureRate = Limits<double>.Of(nameof(FailureRate), FailureRate, "0.05,0.25", 1), Stalled = Limits<long>.Of(nameof(Stalled), Stalled, "1,10"),
            Lost = Limits<long>.Of(nameof(Lost), Lost, "1,10"), Paused = Limits<TimeSpan>.Of(nameof(PausedFor), PausedFor, "1h,1d"),
            RateLimit = Limits<TimeSpan>.Of(nameof(RateLimitedFor), RateLimitedFor, "1m,1h"), Scheduler = Limits<TimeSpan>.Of(nameof(SchedulerOverdue), SchedulerOverdue, "5m,1h"),
        };
    }

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues) => WithProgress("Examining queues", bar => Run(async token =>
    {
        var facts = await QueueFacts.ReadAsync(queues, token).ConfigureAwait(false);
        long done = 0;
        foreach (var queue in queues)
        {
            bar.Report(done++, queues.Count, queue.ToString());
            try
            {
                var info = facts.GetValueOrDefault(queue);
                var found = await new QueueExam(queue, info, limits).RunAsync(token).ConfigureAwait(false);
                await VerboseAsync($"{queue}: {found.Count} of {limits.Checks.Count} checks could be made").ConfigureAwait(false);
                examined.Add(queue.Queue);
                if (info is not null)
                {
                    infos.Add(info);
                }

                findings.AddRange(found);
                if (!AsOpenMetrics)
                {
                    await EmitPageAsync(Shown(queue, found)).ConfigureAwait(false);
                }
            }
            catch (JobServerException e)
            {
                failed = true;
                await WriteErrorAsync(e, queue.Queue).ConfigureAwait(false);
            }
        }
    }));

    internal override void End()
    {
        if (AsOpenMetrics)
        {
            WriteObject(OpenMetricsText.Write(infos, findings));
        }

        ended = true;
    }

    internal override void Leave()
    {
        base.Leave();
        if (ExitCode)
        {
            ProcessExit.Set(this, OpenMetricsText.Code(Worst()));
        }
    }

    private JobFindingSeverity Worst()
    {
        var worst = findings.Select(f => f.Severity).DefaultIfEmpty().Max();
        // What could not be examined is not well.
        var missing = !ended || failed || examined.Count == 0 || Queue?.Any(name => !JobWildcard.HasWildcard(name) && !examined.Contains(new JobWildcard(name).Literal!)) == true;
        return missing && worst < JobFindingSeverity.Unknown ? JobFindingSeverity.Unknown : worst;
    }

    private IReadOnlyList<JobQueueFinding> Shown(QueueReference queue, IReadOnlyList<JobQueueFinding> found)
    {
        var shown = found.Where(f => All || Check is not null || f.Severity != JobFindingSeverity.Ok).OrderByDescending(f => f.Severity).ThenBy(f => f.Check).ToList();
        return shown.Count > 0 ? shown : [new JobQueueFinding
        {
            Server = queue.Server, Queue = queue.Queue, Message = found.Count == 0 ? "the server tells nothing that could be examined" : $"{found.Count} checks found nothing wrong",
            Severity = found.Count == 0 ? JobFindingSeverity.Unknown : JobFindingSeverity.Ok,
        }];
    }

    private HashSet<JobQueueCheck> Checks()
    {
        if (Check is null)
        {
            return [.. Enum.GetValues<JobQueueCheck>()];
        }

        var checks = new HashSet<JobQueueCheck>();
        foreach (var pattern in Check)
        {
            var wildcard = new JobWildcard(pattern);
            var matching = Enum.GetValues<JobQueueCheck>().Where(check => wildcard.IsMatch(check.ToString())).ToList();
            if (matching.Count == 0)
            {
                throw JobErrors.Input("InvalidCheck", $"There is no check '{pattern}'.", $"The checks are {string.Join(", ", Enum.GetNames<JobQueueCheck>())}.", pattern);
            }

            checks.UnionWith(matching);
        }

        return checks;
    }
}
