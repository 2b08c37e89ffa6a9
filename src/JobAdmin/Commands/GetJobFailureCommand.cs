using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows why jobs failed: failed jobs grouped by the kind of their reason, the largest group of a queue first.</summary>
[Cmdlet(VerbsCommon.Get, "JobFailure")]
[OutputType(typeof(JobFailureGroup))]
public sealed class GetJobFailureCommand : QueueReadCmdlet
{
    /// <summary>Only jobs with one of these names; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>Only jobs that failed before this time.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only jobs that failed at this time or later.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only jobs that failed longer ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? OlderThan { get; set; }

    /// <summary>Only jobs that failed less long ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? NewerThan { get; set; }

    internal override CapabilityNeed? Need => new(JobServerCapabilities.ListJobs, "list jobs");

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        var filters = JobFilters.Each(queues, server =>
            JobFilters.Build(Name, Reason, Before, After, OlderThan, NewerThan, AgesAsOf(server, OlderThan, NewerThan)));
        WithProgress("Grouping failed jobs", bar => Run(token => EachQueueAsync(queues, async queue =>
        {
            var filter = filters[queue.Server];
            var progress = new Seen(seen => bar.Report(seen, null, $"failed jobs of {queue}"));
            var groups = queue.Server is IJobFailures failures
                ? await failures.GetFailuresAsync(queue.Queue, filter, progress, token).ConfigureAwait(false)
                : await CountAsync(queue, filter, progress, token).ConfigureAwait(false);
            await SayAsync(() => Write(groups)).ConfigureAwait(false);
        })));
    }

    private void Write(IReadOnlyList<JobFailureGroup> groups)
    {
        foreach (var group in groups)
        {
            if (group.IsRest)
            {
                WriteWarning($"{group.Count:N0} failed jobs of queue {group.Queue} have reasons beyond the {groups.Count - 1:N0} kinds that are kept apart; they are counted together.");
            }

            WriteObject(group);
        }
    }

    /// <summary>Groups the jobs of a server that can only list them.</summary>
    private static async Task<IReadOnlyList<JobFailureGroup>> CountAsync(QueueReference queue, JobFilter filter, Seen progress, CancellationToken token)
    {
        var now = DateTimeOffset.UtcNow.AddMilliseconds(1);
        filter = filter with { Before = filter.Before < now ? filter.Before : now };
        var tally = new JobFailureTally(queue.Queue, queue.Server, filter);
        var query = new JobQuery { Queue = queue.Queue, States = [JobState.Failed], Filter = filter };
        long seen = 0;
        await foreach (var page in queue.Server.GetJobsAsync(query, token).ConfigureAwait(false))
        {
            foreach (var job in page)
            {
                var time = (job.FinishedOn ?? job.Timestamp)?.ToUnixTimeMilliseconds() ?? 0;
                tally.Add(job.FailedReason, job.Name, 1, time, time, [job.Id]);
            }

            progress.Report(seen += page.Count);
        }

        return tally.ToGroups();
    }

    private sealed class Seen(Action<long> take) : IProgress<long>
    {
        public void Report(long value) => take(value);
    }
}
