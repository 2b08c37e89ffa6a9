using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Parameters;
using JobAdmin.Transfer;

namespace JobAdmin.Commands;

/// <summary>Finds damage in queues (jobs that no worker holds, ids without a job, keys without a state, parents that wait in vain) and repairs it, one kind at a time.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "JobQueue", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(JobDefect))]
public sealed class RepairJobQueueCommand : QueueCmdlet
{
    private const int Slice = 500, Named = 5, ShownByWhatIf = 20;

    private readonly List<JobDefect> piped = [];
    private JobBackup? backup;
    private bool wouldOnly;

    /// <summary>The kind of damage. To repair, name one; to find, name any number, or none for all.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public JobDefectKind[]? Kind { get; set; }

    /// <summary>Writes what is found, and repairs nothing. Piped into this command again, it is repaired.</summary>
    [Parameter]
    public SwitchParameter FindOnly { get; set; }

    /// <summary>How often the workers look for jobs that stalled. An active job counts as lost when no worker has held it for two such intervals.</summary>
    [Parameter]
    [Duration]
    public TimeSpan StalledInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A file to which everything is written before it is deleted; Import-Job puts it back. A name that ends with .gz is compressed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>Goes on where a decision is needed that can't be told from the data: joins lists, and changes queues of BullMQ Pro.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes what became of each damage.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string Verb => "Repair";

    internal override void Check()
    {
        wouldOnly = MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? given is SwitchParameter { IsPresent: true }
            : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));
        if (StalledInterval <= TimeSpan.Zero || StalledInterval > DurationAttribute.LongestWait)
        {
            throw JobErrors.Input("InvalidInterval", $"-StalledInterval is a length of time above zero, and of {DurationAttribute.LongestWait.Days} days at the most.", "Give it as in -StalledInterval 30s, the workers' own by default.");
        }

        if (FindOnly && Backup is not null)
        {
            throw JobErrors.Input("ParameterConflict", "-FindOnly deletes nothing that -Backup could keep.", "Leave one of them out.");
        }

        backup = JobBackup.To(this, Backup);
    }

    internal override bool TakeOther(PSObject item)
    {
        if (item.BaseObject is not JobDefect { Server: { } server } defect)
        {
            return false;
        }

        if (defect.Status is JobDefectStatus.Found && (Kind is null || Kind.Contains(defect.Kind)))
        {
            Live(server);
            piped.Add(defect);
        }

        return true;
    }

    internal override void ProcessQueue(QueueReference queue)
    {
        if (!FindOnly && !wouldOnly && Kind is not { Length: 1 })
        {
            throw JobErrors.Input("KindMissing", Kind is null ? "Nothing says what shall be repaired." : "Only one kind of damage is repaired at a time.",
                $"See what there is with -FindOnly, then repair one kind: -Kind {string.Join(", -Kind ", Enum.GetNames<JobDefectKind>())}.");
        }

        var found = new List<JobDefect>();
        WithProgress("Looking for damage", bar => Run(token => FindAsync(queue, found, bar, token)));
        if (!FindOnly)
        {
            Repair(found);
        }
    }

    internal override void End()
    {
        if (FindOnly)
        {
            piped.ForEach(WriteObject);
        }
        else
        {
            Repair(piped);
        }
    }

    internal override void Leave()
    {
        base.Leave();
        backup?.Dispose();
    }

    private async Task FindAsync(QueueReference queue, List<JobDefect> found, ProgressReporter bar, CancellationToken token)
    {
        var query = new JobDefectQuery { Queue = queue.Queue, Kinds = Kind ?? [], StalledInterval = StalledInterval };
        var watch = new Watch(bar, queue);
        await foreach (var page in JobCapability.Of<IJobRepair>(queue.Server, "search its queues for damage").FindDefectsAsync(query, watch, token).ConfigureAwait(false))
        {
            if (FindOnly)
            {
                await EmitPageAsync(page).ConfigureAwait(false);
            }
            else
            {
                found.AddRange(page);
            }
        }

        if (!FindOnly)
        {
            await VerboseAsync($"{queue}: {found.Count:N0} found").ConfigureAwait(false);
        }
    }

    private void Repair(List<JobDefect> found)
    {
        foreach (var group in found.GroupBy(d => (d.Server, d.Queue, d.Kind)))
        {
            var defects = group.ToList();
            var queue = new QueueReference(Live(group.Key.Server!), group.Key.Queue);
            if (wouldOnly && defects.Count > 1)
            {
                foreach (var defect in defects.Take(ShownByWhatIf))
                {
                    SumUp($"Repair {defect}");
                }
            }

            if (ShouldDo(queue, Sentence(queue, group.Key.Kind, defects)))
            {
                WithProgress("Repairing", bar => Run(token => RepairAsync(queue, group.Key.Kind, defects, bar, token)));
            }
        }
    }

    private async Task RepairAsync(QueueReference queue, JobDefectKind kind, List<JobDefect> defects, ProgressReporter bar, CancellationToken token)
    {
        long inUse = 0, gone = 0;
        for (var at = 0; at < defects.Count; at += Slice)
        {
            bar.Report(at, defects.Count, $"of {queue}");
            var done = await ChangeAsync(queue, kind, defects.GetRange(at, Math.Min(Slice, defects.Count - at)), token).ConfigureAwait(false);
            foreach (var defect in done)
            {
                Audit.Count(queue, defect.Status == JobDefectStatus.InUse ? "inUse" : defect.Status.ToString().ToLowerInvariant(), 1, defect.Id);
            }

            inUse += done.Count(d => d.Status == JobDefectStatus.InUse);
            gone += done.Count(d => d.Status == JobDefectStatus.Gone);
            if (PassThru)
            {
                await EmitPageAsync(done).ConfigureAwait(false);
            }
        }

        await VerboseAsync($"{queue}: {defects.Count - inUse - gone:N0} repaired, {inUse:N0} held by workers, {gone:N0} not there any more").ConfigureAwait(false);
        if (inUse > 0)
        {
            await WarnAsync($"{inUse:N0} of {defects.Count:N0} were left alone in {queue}: workers hold them.").ConfigureAwait(false);
        }
    }

    /// <summary>The one place where anything is changed.</summary>
    private Task<IReadOnlyList<JobDefect>> ChangeAsync(QueueReference queue, JobDefectKind kind, IReadOnlyList<JobDefect> defects, CancellationToken token) =>
        JobCapability.Of<IJobRepair>(queue.Server, "repair its queues").RepairAsync(queue.Queue, kind, defects, Force,
            backup is { } file ? slice => file.KeepAsync(queue.Server, queue.Queue, slice, token) : null, token);

    private static string Sentence(QueueReference queue, JobDefectKind kind, List<JobDefect> defects)
    {
        var count = defects.Count;
        var names = string.Join(", ", defects.Take(Named).Select(d => d.Id)) + (count > Named ? ", …" : "");
        var jobs = count == 1 ? "job" : "jobs";
        return kind switch
        {
            JobDefectKind.LostActive => $"Put {count:N0} active {jobs} of {queue} that no worker holds back in line ({names})",
            JobDefectKind.MissingJob => $"Take {count:N0} {(count == 1 ? "id" : "ids")} without a job out of the states of {queue} ({names})",
            JobDefectKind.OrphanedKey => $"Delete {count:N0} {jobs} of {queue} in no state, with {Keys(defects)} ({names})",
            JobDefectKind.Parent => $"Have {count:N0} {(count == 1 ? "parent" : "parents")} of {queue} wait no longer for children that are gone or done ({names})",
            JobDefectKind.Marker => $"Set the mark right that wakes the workers of {queue}",
            _ => $"Join the waiting and the paused list of {queue}",
        };
    }

    private static string Keys(List<JobDefect> defects) => defects.Sum(d => d.Keys.Count) is 1 ? "1 key" : $"{defects.Sum(d => d.Keys.Count):N0} keys";

    private sealed class Watch(ProgressReporter bar, QueueReference queue) : IProgress<BulkProgress>
    {
        public void Report(BulkProgress value) => bar.Report(value.Done, value.Total, $"{value.What} in {queue}");
    }
}
