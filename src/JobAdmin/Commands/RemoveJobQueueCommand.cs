using System.Diagnostics;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Transfer;

namespace JobAdmin.Commands;

/// <summary>Deletes queues with all that belongs to them. They are paused first.</summary>
[Cmdlet(VerbsCommon.Remove, "JobQueue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(JobQueueRemoval))]
public sealed class RemoveJobQueueCommand : QueueCmdlet
{
    private JobBackup? backup;

    /// <summary>A file to which everything is written before it is deleted; Import-Job puts it back. A name that ends with .gz is compressed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>Goes on when workers have jobs of it, and where its layout is foreign or mixed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes what was removed.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string Verb => "Delete";

    internal override string StopAdvice => " The same command deletes what is left.";

    internal override CapabilityNeed? Need => new(JobServerCapabilities.RemoveQueue, "remove a whole queue");

    internal override void Check()
    {
        var whatIf = MyInvocation.BoundParameters.TryGetValue("WhatIf", out var asked) && asked is SwitchParameter { IsPresent: true };
        if (!Force && !whatIf && Queue?.FirstOrDefault(WildcardPattern.ContainsWildcardCharacters) is { } pattern)
        {
            throw JobErrors.Input("QueueNotNamed", $"'{pattern}' is a pattern: a queue that is deleted has to be named.", "Name the queues, see what the pattern means with -WhatIf, or use -Force.", pattern);
        }

        backup = JobBackup.To(this, Backup);
    }

    internal override void Require(IJobServer server)
    {
        base.Require(server);
        JobBackup.Require(backup, server);
    }

    internal override void ProcessQueue(QueueReference queue) =>
        WithProgress("Deleting a queue", bar => Run(token => RemoveAsync(queue, bar, token)));

    private async Task RemoveAsync(QueueReference queue, ProgressReporter bar, CancellationToken token)
    {
        // What would be refused is neither asked for nor told as done.
        await queue.Server.CheckRemoveQueueAsync(queue.Queue, Force, token).ConfigureAwait(false);
        var counts = await CountAsync(queue, token).ConfigureAwait(false);
        if (!await ShouldDoAsync(queue, $"Delete {queue} with {Describe(counts)}").ConfigureAwait(false))
        {
            return;
        }

        var last = default(BulkProgress);
        var clock = Stopwatch.StartNew();
        await foreach (var progress in Remove(queue, token).ConfigureAwait(false))
        {
            CountRemoved(queue, progress.Done - last.Done);
            last = progress;
            bar.Report(progress.Done, progress.Total ?? counts?.Total, $"jobs of {queue}");
        }

        if (LostAnswers.Warning(last) is { } warning)
        {
            await WarnAsync(warning).ConfigureAwait(false);
        }

        await VerboseAsync($"{queue} deleted, with {last.Done:N0} jobs").ConfigureAwait(false);
        if (PassThru)
        {
            await EmitAsync(new JobQueueRemoval
            {
                Queue = queue.Queue,
                Matched = counts?.Total,
                Removed = last.Done,
                Duration = clock.Elapsed,
                Connection = queue.Server.Connection.Name,
            }).ConfigureAwait(false);
        }
    }

    internal override void Leave()
    {
        base.Leave();
        backup?.Dispose();
    }

    private IAsyncEnumerable<BulkProgress> Remove(QueueReference queue, CancellationToken token) => backup is not { } file
        ? queue.Server.RemoveQueueAsync(queue.Queue, Force, token)
        : JobBackup.Require(queue.Server).RemoveQueueAsync(queue.Queue, Force, slice => file.KeepAsync(queue.Server, queue.Queue, slice, token), token);

    private static async Task<JobCounts?> CountAsync(QueueReference queue, CancellationToken token)
    {
        JobCounts? counts = null;
        var query = new QueueQuery { Names = [WildcardPattern.Escape(queue.Queue)] };
        await foreach (var info in queue.Server.GetQueuesAsync(query, token).ConfigureAwait(false))
        {
            counts = info.GetCounts();
        }

        return counts;
    }

    private static string Describe(JobCounts? counts)
    {
        if (counts is null or { Total: 0 })
        {
            return "no jobs";
        }

        var states = Enum.GetValues<JobState>().Where(state => counts[state] > 0).Select(state => $"{counts[state]:N0} {JobErrors.Word(state)}");
        return $"{counts.Total:N0} {(counts.Total == 1 ? "job" : "jobs")} ({string.Join(", ", states)})";
    }
}
