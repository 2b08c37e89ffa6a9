using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

/// <summary>Writes the log lines of jobs, and with -Wait goes on with them while the jobs run.</summary>
[Cmdlet(VerbsCommon.Get, "JobLog", SupportsPaging = true)]
[OutputType(typeof(JobLogLine))]
public sealed class GetJobLogCommand : JobBridgeCmdlet
{
    private const int PageSize = 500;
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200), Longest = TimeSpan.FromSeconds(1);

    /// <summary>Only the last lines, as many as this.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int? Last { get; set; }

    /// <summary>Goes on with new lines until the job has finished.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    internal override void BeginOurs()
    {
        if (Last is not null && (IsBound("First") || IsBound("Skip")))
        {
            throw JobErrors.Input("ParameterConflict", "-Last counts from the end, and -First and -Skip from the beginning: give one of the two.");
        }
    }

    internal override void ProcessOurs(PSObject? item)
    {
        var jobs = new List<JobReference>();
        Gather(item, jobs);
        foreach (var job in jobs)
        {
            try
            {
                Run(token => ShowAsync(job, token));
            }
            catch (JobServerException e)
            {
                WriteError(JobErrors.From(e, job.ToString()));
            }
        }
    }

    private async Task ShowAsync(JobReference job, CancellationToken token)
    {
        if (Last is { } last)
        {
            var end = await ReadAsync(job, 0, last, true, token).ConfigureAwait(false);
            await WriteAsync(job, end).ConfigureAwait(false);
            await FollowAsync(job, end.Total, long.MaxValue, token).ConfigureAwait(false);
            return;
        }

        if (PagingParameters.IncludeTotalCount)
        {
            var page = await ReadAsync(job, 0, 1, false, token).ConfigureAwait(false);
            await EmitAsync(PagingParameters.NewTotalCount((ulong)page.Total, 1.0)).ConfigureAwait(false);
        }

        var left = PagingParameters.First > long.MaxValue ? long.MaxValue : (long)PagingParameters.First;
        var (next, more) = await ReadOnAsync(job, (long)Math.Min(PagingParameters.Skip, long.MaxValue), left, token).ConfigureAwait(false);
        await FollowAsync(job, next, more, token).ConfigureAwait(false);
    }

    /// <summary>Writes what there is from a line on, in pages.</summary>
    private async Task<(long Next, long Left)> ReadOnAsync(JobReference job, long next, long left, CancellationToken token)
    {
        while (left > 0)
        {
            var page = await ReadAsync(job, next, (int)Math.Min(PageSize, left), false, token).ConfigureAwait(false);
            await WriteAsync(job, page).ConfigureAwait(false);
            next += page.Lines.Count;
            left -= page.Lines.Count;
            if (page.Lines.Count == 0 || next >= page.Total)
            {
                break;
            }
        }

        return (next, left);
    }

    private async Task FollowAsync(JobReference job, long next, long left, CancellationToken token)
    {
        var pause = Shortest;
        while (Wait && left > 0)
        {
            // The state first: what is logged before the end is there when the end is seen.
            var now = (await job.Server.GetJobsByIdAsync(job.Queue, [job.Id], JobParts.None, token).ConfigureAwait(false))[0];
            var before = next;
            if (now is not null)
            {
                (next, left) = await ReadOnAsync(job, next, left, token).ConfigureAwait(false);
            }

            if (now is null or { State: JobState.Completed or JobState.Failed or JobState.Cancelled })
            {
                break;
            }

            pause = next > before ? Shortest : TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, Longest.Ticks));
            await Task.Delay(pause, token).ConfigureAwait(false);
        }
    }

    private static async Task<JobLogPage> ReadAsync(JobReference job, long skip, int count, bool fromEnd, CancellationToken token)
    {
        if (job.Server is IJobLogs logs)
        {
            return await logs.GetLogAsync(job.Queue, job.Id, skip, count, fromEnd, token).ConfigureAwait(false) ?? throw NotFound(job);
        }

        if (!job.Server.Connection.Capabilities.HasFlag(JobServerCapabilities.Logs))
        {
            throw JobServerException.NotSupported(job.Server.Connection.Name, job.Server.Connection.Kind, "give the log of a job");
        }

        var whole = (await job.Server.GetJobsByIdAsync(job.Queue, [job.Id], JobParts.Log, token).ConfigureAwait(false))[0] ?? throw NotFound(job);
        var lines = whole.Log ?? [];
        var first = fromEnd ? Math.Max(0, lines.Count - skip - count) : Math.Min(skip, lines.Count);
        return new JobLogPage(first + 1, [.. lines.Skip((int)first).Take(count)], lines.Count);
    }

    private static JobServerException NotFound(JobReference job) => JobErrors.JobNotFound(job.Id, new QueueReference(job.Server, job.Queue).ToString());

    private Task WriteAsync(JobReference job, JobLogPage page) => EmitPageAsync(
        page.Lines.Select((line, i) => new JobLogLine { Server = job.Server, Queue = job.Queue, Id = job.Id, Number = page.First + i, Text = line }).ToList());
}
