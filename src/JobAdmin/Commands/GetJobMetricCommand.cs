using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows how many jobs queues finished, minute by minute or hour by hour, as far as their workers or servers keep count.</summary>
[Cmdlet(VerbsCommon.Get, "JobMetric")]
[OutputType(typeof(JobMetric), typeof(JobMetricPoint), typeof(JobSparkline))]
public sealed class GetJobMetricCommand : QueueReadCmdlet
{
    private const int MostSteps = 100_000;

    /// <summary>From this time on. Without it, the last hour, or the last day where steps are hours.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? After { get; set; }

    /// <summary>Up to this time. Without it, now.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? Before { get; set; }

    /// <summary>From this long ago on: 6h, 7d, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
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

    /// <summary>Counts of jobs with one of these names apart, on servers that keep them; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Writes only the finished jobs a minute of the last hour; an HTTP server is asked for all queues in one question.</summary>
    [Parameter]
    public SwitchParameter Sparkline { get; set; }

    private readonly Dictionary<IJobServer, bool> counting = [];

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Metrics, "give metrics over time");

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        if (Sparkline)
        {
            ShowSparklines(queues);
            return;
        }

        var step = Step.Equals("Hour", StringComparison.OrdinalIgnoreCase) ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(1);
        var to = Before ?? DateTimeOffset.UtcNow;
        var from = Floor(Latest(After, to - NewerThan) ?? to - (step.TotalHours >= 1 ? TimeSpan.FromDays(1) : TimeSpan.FromHours(1)), step);
        if (from >= to || (to - from) / step > MostSteps)
        {
            throw JobErrors.Input("InvalidSpan", from >= to ? "The span ends before it begins." : $"The span has more than {MostSteps:N0} steps.", "Give -After, -Before or -NewerThan; -Step Hour has longer steps.");
        }

        var without = new List<QueueReference>();
        var empty = new JobMetric { Queue = "", From = from, To = to, Step = step };
        Run(token => EachQueueAsync(queues, async queue =>
        {
            var metrics = await ReadAsync(queue, empty, token).ConfigureAwait(false);
            if (metrics is [{ HasMetrics: false }])
            {
                without.Add(queue);
            }

            await (Point ? EmitPageAsync(metrics.SelectMany(static metric => metric.Points).ToList()) : EmitPageAsync(metrics)).ConfigureAwait(false);
        }));
        Explain(queues, without);
    }

    private void ShowSparklines(IReadOnlyList<QueueReference> queues)
    {
        string[] others = [nameof(After), nameof(Before), nameof(NewerThan), nameof(Step), nameof(Point), nameof(Name)];
        if (Array.Find(others, MyInvocation.BoundParameters.ContainsKey) is { } other)
        {
            throw JobErrors.Input("ParameterConflict", $"-Sparkline is always of the last hour, minute by minute, and -{other} asks for something else: give one of the two.");
        }

        // One question to a server of an API; Redis is asked queue by queue, and one that can't be read does not end it.
        var questions = queues.GroupBy(static queue => queue.Server).SelectMany(static of => of.Chunk(of.Key.Connection.Kind == JobServerKind.Redis ? 1 : int.MaxValue)).ToList();
        foreach (var asked in questions)
        {
            try
            {
                Run(async token => await EmitPageAsync(await JobCapability.Of<IJobMetrics>(asked[0].Server, "give metrics over time")
                    .GetSparklinesAsync(Array.ConvertAll(asked, static queue => queue.Queue), token).ConfigureAwait(false)).ConfigureAwait(false));
            }
            catch (JobServerException e) when (questions.Count > 1)
            {
                WriteError(JobErrors.From(e, asked[0].Queue));
            }
        }
    }

    private void Explain(IReadOnlyList<QueueReference> queues, List<QueueReference> without)
    {
        if (without.Count == 0)
        {
            return;
        }

        var text = $"No counts are kept of {(without.Count == 1 ? "queue" : "queues")} {string.Join(", ", without.Take(10).Select(static queue => queue.Queue))}{(without.Count > 10 ? ", …" : "")}: "
            + (without[0].Server.Connection.Kind == JobServerKind.Redis
                ? "BullMQ's workers keep them when they are started with metrics: { maxDataPoints: ... }. Measure-JobQueue measures without."
                : "metrics are turned off in the options of the server's store.");
        if (without.Count == queues.Count)
        {
            WriteWarning(text);
        }
        else
        {
            Tell(text);
        }
    }

    private async Task<IReadOnlyList<JobMetric>> ReadAsync(QueueReference queue, JobMetric span, CancellationToken token)
    {
        var metrics = JobCapability.Of<IJobMetrics>(queue.Server, "give metrics over time");
        var isRedis = queue.Server.Connection.Kind == JobServerKind.Redis;
        if (Name is not null && isRedis)
        {
            throw JobServerException.NotSupported(queue.Server.Connection.Name, queue.Server.Connection.Kind, "count finished jobs by name");
        }

        if (!isRedis && !await CountsAsync(metrics, queue.Server, token).ConfigureAwait(false))
        {
            return [Sum(queue, null, false, null, [], span)];
        }

        var totals = await metrics.GetTotalsAsync(queue.Queue, token).ConfigureAwait(false);
        var points = await metrics.GetMetricsAsync(new JobMetricQuery { Queue = queue.Queue, Step = span.Step, From = span.From, To = span.To }, token).ConfigureAwait(false);
        if (Name is not { } names)
        {
            return [Sum(queue, null, !isRedis || totals is not null || points.Count > 0, totals, points, span)];
        }

        var patterns = names.Select(static name => new JobWildcard(name)).ToArray();
        return [.. points.Where(point => point.Name is { } name && Array.Exists(patterns, pattern => pattern.IsMatch(name))).GroupBy(static point => point.Name!)
            .OrderBy(static group => group.Key, StringComparer.OrdinalIgnoreCase).Select(group => Sum(queue, group.Key, true, null, [.. group], span))];
    }

    /// <summary>Whether a server keeps counts at all, asked once.</summary>
    private async Task<bool> CountsAsync(IJobMetrics metrics, IJobServer server, CancellationToken token)
    {
        if (!counting.TryGetValue(server, out var counts))
        {
            counting[server] = counts = await metrics.AreMetricsEnabledAsync(token).ConfigureAwait(false);
        }

        return counts;
    }

    private static JobMetric Sum(QueueReference queue, string? name, bool hasMetrics, JobMetricTotals? totals, IReadOnlyList<JobMetricPoint> points, JobMetric span)
    {
        var all = hasMetrics ? Filled(queue, name, points, span) : [];
        var (completed, failed) = (all.Sum(static point => point.Completed), all.Sum(static point => point.Failed));
        return new JobMetric
        {
            Server = queue.Server, Queue = queue.Queue, Name = name, From = span.From, To = span.To, Step = span.Step, HasMetrics = hasMetrics, Completed = completed, Failed = failed,
            PerMinute = (completed + failed) / (span.To - span.From).TotalMinutes, TotalCompleted = totals?.Completed, TotalFailed = totals?.Failed, Points = all,
        };
    }

    /// <summary>The points of a name, or of all, with the empty steps between them.</summary>
    private static List<JobMetricPoint> Filled(QueueReference queue, string? name, IReadOnlyList<JobMetricPoint> points, JobMetric span)
    {
        var at = points.Where(point => point.Name == name).GroupBy(point => Floor(point.Time, span.Step)).ToDictionary(static group => group.Key, static group => group.First());
        var all = new List<JobMetricPoint>();
        for (var time = span.From; time < span.To; time += span.Step)
        {
            all.Add(at.GetValueOrDefault(time) ?? new JobMetricPoint { Server = queue.Server, Queue = queue.Queue, Name = name, Time = time, Step = span.Step });
        }

        return all;
    }

    private static DateTimeOffset Floor(DateTimeOffset time, TimeSpan step) => new(time.UtcTicks - (time.UtcTicks % step.Ticks), TimeSpan.Zero);

    private static DateTimeOffset? Latest(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a > b ? a : b;
}
