using System.Diagnostics;
using System.Management.Automation;
using JobAdmin.Audit;
using JobAdmin.Base;
using JobAdmin.Checkpoints;
using JobAdmin.Completion;
using JobAdmin.Parameters;
using JobAdmin.Transfer;

namespace JobAdmin.Commands;

/// <summary>Deletes jobs of queues by state, age, name or reason, in slices that nobody else on the server notices.</summary>
[Cmdlet(VerbsCommon.Clear, "JobQueue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(JobQueueRemoval))]
public sealed class ClearJobQueueCommand : QueueCmdlet
{
    private IReadOnlyList<JobState> states = [];
    private JobBackup? backup;
    private Pacer? pacer;
    private ClearCheckpoint? checkpoint;
    private bool isWhatIf;
    private bool refused;
    private long tried;

    /// <summary>The states to clear.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StateCompleter))]
    public string[]? State { get; set; }

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

    /// <summary>Only jobs that finished (or, when they have not, were added) before this time.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) at this time or later.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) longer ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? OlderThan { get; set; }

    /// <summary>How many jobs to delete at the most, over all queues.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Max { get; set; }

    /// <summary>How many jobs a second to delete at the most, evenly spread.</summary>
    [Parameter]
    [ValidateRange(0.001, 1_000_000.0)]
    public double? Throttle { get; set; }

    /// <summary>A file that says how far it has come: the same command with the same file goes on after Ctrl+C or a crash, and leaves alone what has come since the first start.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Checkpoint { get; set; }

    /// <summary>A file to which everything is written before it is deleted; Import-Job puts it back. A name that ends with .gz is compressed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>Goes on where the queue's layout is foreign or mixed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes what was removed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string Verb => "Delete";

    internal override CapabilityNeed? Need => new(JobServerCapabilities.Clear, "clear queues");

    internal override void Check()
    {
        states = JobStates.Parse(State);
        if (states.Count == 0 && Name is null && Before is null && OlderThan is null)
        {
            throw StateMissing();
        }

        pacer = Throttle is { } rate ? new Pacer(rate) : null;
        backup = JobBackup.To(this, Backup);
        isWhatIf = CheckpointRun.IsWhatIf(this);
    }

    internal override void Require(IJobServer server)
    {
        base.Require(server);
        JobBackup.Require(backup, server);
        if (states.Count == 0 && !server.Connection.Capabilities.HasFlag(JobServerCapabilities.ClearAnyState))
        {
            throw StateMissing();
        }
    }

    internal override void ProcessQueue(QueueReference queue)
    {
        try
        {
            if (IsReady(queue))
            {
                ClearQueue(queue);
            }
        }
        catch
        {
            refused = true;
            throw;
        }
    }

    internal override void Conclude()
    {
        base.Conclude();
        if (!refused && !isWhatIf)
        {
            checkpoint?.End();
        }
    }

    /// <summary>Whether there is anything to do in a queue: not when an earlier run of the checkpoint has done it.</summary>
    private bool IsReady(QueueReference queue)
    {
        if (Checkpoint is not { } given)
        {
            return true;
        }

        if (checkpoint is not null)
        {
            checkpoint.RequireServer(queue.Server);
        }
        else
        {
            checkpoint = new ClearCheckpoint(SessionState.Path.GetUnresolvedProviderPathFromPSPath(given), CheckpointHeader.Of(this, queue.Server));
            if (checkpoint.HasWork(this) && Max is not null)
            {
                tried = checkpoint.Deleted + Run(token => CountGoneAsync(queue.Server, token));
            }
        }

        return checkpoint.Ended is null && !checkpoint.IsCleared(queue.Queue);
    }

    /// <summary>How many of the jobs that were meant are gone from queues in which an earlier run broke off.</summary>
    private async Task<long> CountGoneAsync(IJobServer server, CancellationToken token)
    {
        long gone = 0;
        foreach (var queue in checkpoint!.Open)
        {
            gone += checkpoint.Gone(queue, await CountAsync(server, Query(new QueueReference(server, queue)), token).ConfigureAwait(false));
        }

        return gone;
    }

    private ClearQuery Query(QueueReference queue)
    {
        var filter = JobFilters.Build(Name, Reason, Before, After, OlderThan, null, checkpoint?.Started ?? AgesAsOf(queue.Server, OlderThan));
        return new ClearQuery { Queue = queue.Queue, States = states, Filter = checkpoint is null ? filter : filter with { Before = filter.Before < checkpoint.Started ? filter.Before : checkpoint.Started } };
    }

    private void ClearQueue(QueueReference queue)
    {
        if (Max - tried <= 0)
        {
            Tell($"-Max is reached: {queue} is left as it is");
            if (IsOpen(queue))
            {
                EndOpen(queue, Run(token => CountAsync(queue.Server, Query(queue), token)));
            }

            return;
        }

        var query = Query(queue) with { Max = Max - tried, Slice = pacer?.Burst ?? 0 };
        // What would be refused is neither asked for nor told as done.
        queue.Server.CheckClear(query, Force);
        WithProgress("Deleting jobs", bar => Run(token => ClearAsync(queue, query, bar, token)));
    }

    /// <summary>Whether an earlier run broke off in a queue, and this one may say how it ended.</summary>
    private bool IsOpen(QueueReference queue) => !isWhatIf && checkpoint?.Open.Contains(queue.Queue) == true;

    /// <summary>Says that a queue in which an earlier run broke off has been cleared, with so many jobs left.</summary>
    private void EndOpen(QueueReference queue, long left) => checkpoint!.End(queue.Queue, checkpoint.Begin(queue.Queue, left));

    private async Task ClearAsync(QueueReference queue, ClearQuery query, ProgressReporter bar, CancellationToken token)
    {
        var matched = await CountAsync(queue.Server, query with { Max = null }, token).ConfigureAwait(false);
        var count = Math.Min(matched, query.Max ?? long.MaxValue);
        var words = states.Count == 0 ? "" : $"{string.Join(" and ", states.Select(JobErrors.Word))} ";
        var what = $"{words}{(count == 1 ? "job" : "jobs")}{JobFilters.Describe(query.Filter)}{(states.Count == 0 ? " in any state" : "")} of {queue}";
        var why = ShouldProcessReason.None;
        if (count > 0 && !await AskAsync(() => ShouldDo(queue, $"Delete {count:N0} {what}", AuditFilter.Of(query), out why)).ConfigureAwait(false))
        {
            refused = true;
            tried += why == ShouldProcessReason.WhatIf ? count : 0;
            return;
        }

        if (count == 0 && IsOpen(queue))
        {
            EndOpen(queue, 0);
        }

        var last = default(BulkProgress);
        var clock = Stopwatch.StartNew();
        if (count > 0)
        {
            var before = checkpoint?.Begin(queue.Queue, matched) ?? 0;
            await foreach (var progress in Clear(queue, query, token).ConfigureAwait(false))
            {
                var more = progress.Done - last.Done;
                CountRemoved(queue, more);
                tried += more + progress.Uncertain - last.Uncertain;
                last = progress;
                if (pacer is not null)
                {
                    await Pacer.WaitAsync(pacer.Reserve((int)more), token).ConfigureAwait(false);
                }

                bar.Report(progress.Done, progress.Total ?? count, what);
            }

            checkpoint?.End(queue.Queue, before + last.Done + last.Uncertain);
        }

        if (LostAnswers.Warning(last) is { } warning)
        {
            await WarnAsync(warning).ConfigureAwait(false);
        }

        await VerboseAsync($"{last.Done:N0} {what} deleted").ConfigureAwait(false);
        if (PassThru)
        {
            await EmitAsync(new JobQueueRemoval
            {
                Queue = queue.Queue, States = states, Matched = count, Removed = last.Done, Duration = clock.Elapsed, Connection = queue.Server.Connection.Name,
            }).ConfigureAwait(false);
        }
    }

    /// <summary>How many jobs that is. Without states, a time means when they were added.</summary>
    private static async Task<long> CountAsync(IJobServer server, ClearQuery query, CancellationToken token)
    {
        if (query.States.Count > 0)
        {
            return await server.CountClearAsync(query, token).ConfigureAwait(false);
        }

        var matching = new JobQuery { Queue = query.Queue, Filter = query.Filter };
        long count = 0;
        await foreach (var page in server.GetJobsAsync(matching with { Filter = query.Filter with { Before = null } }, token).ConfigureAwait(false))
        {
            count += page.Count(job => query.Filter.Before is not { } time || job.Timestamp < time);
        }

        return count;
    }

    private static JobServerException StateMissing() => JobErrors.Input("StateMissing", "Nothing says which jobs shall be deleted.",
        "Name their states, as in -State completed,failed; Remove-JobQueue deletes a queue with all its jobs.");

    private IAsyncEnumerable<BulkProgress> Clear(QueueReference queue, ClearQuery query, CancellationToken token) => backup is not { } file
        ? queue.Server.ClearQueueAsync(query, Force, token)
        : JobBackup.Require(queue.Server).ClearQueueAsync(query, Force, slice => file.KeepAsync(queue.Server, queue.Queue, slice, token), token);

    internal override void Leave()
    {
        base.Leave();
        backup?.Dispose();
        checkpoint?.Dispose();
    }
}
