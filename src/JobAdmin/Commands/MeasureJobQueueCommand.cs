using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Health;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Measures how fast jobs come in and go out, how long they wait and run, how many fail, and when the queue will be empty.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "JobQueue")]
[OutputType(typeof(JobQueueMeasure))]
public sealed class MeasureJobQueueCommand : QueueReadCmdlet
{
    private DateTimeOffset from;

    /// <summary>From this long ago on: 15m, 6h, or a TimeSpan. Without it and -After, the last hour.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("Last")]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? NewerThan { get; set; }

    /// <summary>From this time on.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? After { get; set; }

    /// <summary>Up to this time. Without it, now.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? Before { get; set; }

    /// <summary>What to measure by: Events (the server's history), Jobs (finished jobs that were kept), or Auto: the history where there is one.</summary>
    [Parameter]
    [ValidateSet("Auto", "Events", "Jobs")]
    public string Source { get; set; } = "Auto";

    /// <summary>Events or jobs to look at in each queue, at the most.</summary>
    [Parameter]
    [ValidateRange(100, 10_000_000)]
    public int Sample { get; set; } = 50_000;

    /// <summary>Measures each job name on its own.</summary>
    [Parameter]
    public SwitchParameter ByName { get; set; }

    internal override void Begin()
    {
        var end = Before ?? DateTimeOffset.UtcNow;
        var span = NewerThan is { } given && given < end - DateTimeOffset.UnixEpoch ? end - given : NewerThan is null ? (DateTimeOffset?)null : DateTimeOffset.UnixEpoch;
        from = (After, span) switch
        {
            ({ } a, { } s) => a > s ? a : s,
            ({ } a, null) => a,
            (null, { } s) => s,
            _ => end - TimeSpan.FromHours(1),
        };
        if (from >= end)
        {
            throw JobErrors.Input("InvalidSpan", "The span ends before it begins.", "Give -After, -Before or -NewerThan so that some time lies between.");
        }
    }

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues) => WithProgress("Measuring queues", bar => Run(async token =>
    {
        var facts = await QueueFacts.ReadAsync(queues, token).ConfigureAwait(false);
        long done = 0;
        await EachQueueAsync(queues, async queue =>
        {
            bar.Report(done++, queues.Count, queue.ToString());
            await EmitPageAsync(await MeasureAsync(queue, facts.GetValueOrDefault(queue), token).ConfigureAwait(false)).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }));

    private async Task<IReadOnlyList<JobQueueMeasure>> MeasureAsync(QueueReference queue, JobQueueInfo? info, CancellationToken token)
    {
        var meter = new QueueMeter(queue, from, Before, Sample);
        var measures = Source == "Jobs" ? null : await meter.FromEventsAsync(info, ByName, token).ConfigureAwait(false);
        if (measures is null && Source == "Events")
        {
            throw queue.Server is IJobHistory
                ? new JobServerException("NoHistory", JobErrorKind.InvalidState, $"There are no events of {queue} in that span.", "Ask for a longer one, or measure by the jobs: -Source Jobs.") { Target = queue.Queue }
                : JobServerException.NotSupported(queue.Server.Connection.Name, queue.Server.Connection.Kind, "tell its history");
        }

        if (measures is null && Source == "Auto")
        {
            await VerboseAsync($"{queue} has no history of the span: measured by its finished jobs").ConfigureAwait(false);
        }

        return measures ?? await meter.FromJobsAsync(info, ByName, token).ConfigureAwait(false);
    }
}
