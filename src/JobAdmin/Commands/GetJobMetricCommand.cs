using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows how many jobs queues finished, minute by minute or hour by hour, as far as their workers or servers keep count.</summary>
[Cmdlet(VerbsCommon.Get, "JobMetric")]
[OutputType(typeof(JobMetric), typeof(JobMetricPoint))]
public sealed class GetJobMetricCommand : QueueReadCmdlet
{
    private const int MostSteps = 100_000;

    /// <summary>From this time on. Without it, the last hour, or the last day where steps are hours.</summary>
    [Parameter]
    public DateTimeOffset? After { get; set; }

    /// <summary>Up to this time. Without it, now.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <summary>From this long ago on: 6h, 7d, or a TimeSpan.</summary>
    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? NewerThan { get; set; }

    /// <summary>The length of a step: Minute or Hour.</summary>
    [Parameter]
    [ValidateSet("Minute", "Hour")]
    public string Step { get; set; } = "Minute";

    /// <summary>Writes each step as an object, in place of one object a queue.</summary>
    [Parameter]
    public SwitchParameter Point { get; set; }

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        var step = Step.Equals("Hour", StringComparison.OrdinalIgnoreCase) ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(1);
        var to = Before ?? DateTimeOffset.UtcNow;
        var from = Floor(Latest(After, to - NewerThan) ?? to - (step.TotalHours >= 1 ? TimeSpan.FromDays(1) : TimeSpan.FromHours(1)), step);
        if (from >= to || (to - from) / step > MostSteps)
        {
            throw JobErrors.Input("InvalidSpan", from >= to ? "The span ends before it begins." : $"The span has more than {MostSteps:N0} steps.", "Give -After, -Before or -NewerThan; -Step Hour has longer steps.");
        }

        var without = new List<string>();
        Run(token => EachQueueAsync(queues, async queue =>
        {
            var metric = await ReadAsync(queue, from, to, step, token).ConfigureAwait(false);
            if (!metric.HasMetrics)
            {
                without.Add(queue.Queue);
            }

            await (Point ? EmitPageAsync(metric.Points) : EmitAsync(metric)).ConfigureAwait(false);
        }));
        Explain(queues, without);
    }

    private void Explain(IReadOnlyList<QueueReference> queues, List<string> without)
    {
        if (without.Count == 0)
        {
            return;
        }

        var text = $"No counts are kept of {(without.Count == 1 ? "queue" : "queues")} {string.Join(", ", without.Take(10))}{(without.Count > 10 ? ", …" : "")}: "
            + "BullMQ's workers keep them when they are started with metrics: { maxDataPoints: ... }. Measure-JobQueue measures without.";
        if (without.Count == queues.Count)
        {
            WriteWarning(text);
        }
        else
        {
            Tell(text);
        }
    }

    private static async Task<JobMetric> ReadAsync(QueueReference queue, DateTimeOffset from, DateTimeOffset to, TimeSpan step, CancellationToken token)
    {
        var metrics = JobCapability.Of<IJobMetrics>(queue.Server, "give metrics over time");
        var totals = await metrics.GetTotalsAsync(queue.Queue, token).ConfigureAwait(false);
        var points = await metrics.GetMetricsAsync(new JobMetricQuery { Queue = queue.Queue, Step = step, From = from, To = to }, token).ConfigureAwait(false);
        var enabled = totals is not null || points.Count > 0 || (queue.Server.Connection.Kind != JobServerKind.Redis && await metrics.AreMetricsEnabledAsync(token).ConfigureAwait(false));
        var all = enabled ? Filled(queue, points, from, to, step) : [];
        var (completed, failed) = (all.Sum(p => p.Completed), all.Sum(p => p.Failed));
        return new JobMetric
        {
            Server = queue.Server, Queue = queue.Queue, From = from, To = to, Step = step, HasMetrics = enabled, Completed = completed, Failed = failed,
            PerMinute = (completed + failed) / (to - from).TotalMinutes, TotalCompleted = totals?.Completed, TotalFailed = totals?.Failed, Points = all,
        };
    }

    /// <summary>The points with the empty steps between them; a point of a job name joins those of its queue.</summary>
    private static List<JobMetricPoint> Filled(QueueReference queue, IReadOnlyList<JobMetricPoint> points, DateTimeOffset from, DateTimeOffset to, TimeSpan step)
    {
        var at = points.Where(point => point.Name is null).GroupBy(point => Floor(point.Time, step)).ToDictionary(group => group.Key, group => group.First());
        var all = new List<JobMetricPoint>();
        for (var time = from; time < to; time += step)
        {
            all.Add(at.GetValueOrDefault(time) ?? new JobMetricPoint { Server = queue.Server, Queue = queue.Queue, Time = time, Step = step });
        }

        return all;
    }

    private static DateTimeOffset Floor(DateTimeOffset time, TimeSpan step) => new(time.UtcTicks - (time.UtcTicks % step.Ticks), TimeSpan.Zero);

    private static DateTimeOffset? Latest(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a > b ? a : b;
}
