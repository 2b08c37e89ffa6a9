using System.Diagnostics;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;
using JobAdmin.Transfer;

namespace JobAdmin.Commands;

/// <summary>Writes jobs with all that belongs to them to a file, from which Import-Job puts them back the same.</summary>
[Cmdlet(VerbsData.Export, "Job")]
[OutputType(typeof(JobExportResult))]
public sealed class ExportJobCommand : JobFilterCmdlet
{
    private const int Together = 500;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly List<JobReference> pending = [];
    private readonly HashSet<QueueReference> gone = [];
    private ProgressReporter? progress;
    private JobExportFile? file;
    private IJobServer? first;

    /// <summary>The file. A name that ends with .gz is compressed.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [Alias("FilePath")]
    public string? Path { get; set; }

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>Writes the queue's settings, counters, schedulers and metrics too.</summary>
    [Parameter]
    public SwitchParameter IncludeQueue { get; set; }

    /// <summary>Takes the children of flow parents along, and what is under them.</summary>
    [Parameter]
    public SwitchParameter IncludeChild { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes what was exported.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string[]? ReasonFilter => Reason;

    internal override void BeginOurs() => RefuseFilterWithIds(nameof(IncludeQueue));

    internal override void ProcessOurs(PSObject? item)
    {
        if (item is null && Id is null)
        {
            if (Queue is null && Servers().All(server => server.Connection.DefaultQueue is null))
            {
                throw JobErrors.Input("NoJobs", "Nothing says which jobs shall be exported.", "Name a queue, or * for all; or pipe jobs from Get-Job.");
            }

            ExportQueues(ResolveQueues(Queue).Select(queue => (queue, Query(queue))));
        }
        else if (item is null)
        {
            Gather(null, pending);
            ExportPending();
        }
        else if (PipedObject.Group(this, item) is var (place, jobs))
        {
            RefuseFilter("a group of failed jobs says itself which ones are meant");
            ExportQueues([(place, jobs)]);
        }
        else if (PipedObject.Queue(this, item) is { } queue)
        {
            ExportQueues([(queue, Query(queue))]);
        }
        else if (Refer(item) is { } job)
        {
            if (pending.Count >= Together || (pending.Count > 0 && (pending[0].Server != job.Server || pending[0].Queue != job.Queue || SeenIn(pending[0]) != SeenIn(job))))
            {
                ExportPending();
            }

            pending.Add(job);
        }
    }

    internal override void EndOurs()
    {
        ExportPending();
        progress?.Dispose();
        if (file is null)
        {
            WriteVerbose("nothing was exported, and no file was written");
            return;
        }

        file.End();
        file.Dispose();
        if (PassThru)
        {
            WriteObject(new JobExportResult { Path = file.Path, Records = file.Count, Length = new FileInfo(file.Path).Length, Duration = clock.Elapsed });
        }
    }

    internal override void Leave()
    {
        base.Leave();
        file?.Dispose();
    }

    internal override void Require(IJobServer server) => Transfer(server);

    private static JobState SeenIn(JobReference job) => job.Job?.State ?? JobState.Unknown;

    private JobQuery Query(QueueReference queue) => new() { Queue = queue.Queue, States = JobStates.Parse(State), Filter = BuildFilter(queue.Server) };

    private static IJobTransfer Transfer(IJobServer server) => server as IJobTransfer
        ?? throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, "export jobs field by field");

    private IJobTransfer Open(IJobServer server)
    {
        var transfer = Transfer(server);
        first ??= server;
        if (first.Connection.Prefix != server.Connection.Prefix)
        {
            throw JobErrors.Input("PrefixAmbiguous", $"The jobs are of two prefixes, '{first.Connection.Prefix}' and '{server.Connection.Prefix}'.", "Export each connection to a file of its own.");
        }

        file ??= JobExportFile.Create(GetUnresolvedProviderPathFromPSPath(Path), server.Connection.Prefix ?? "", Force);
        return transfer;
    }

    private void ExportQueues(IEnumerable<(QueueReference Queue, JobQuery Query)> parts) => WithProgress("Exporting jobs", bar =>
    {
        foreach (var (queue, query) in parts)
        {
            var transfer = Open(queue.Server);
            Run(async token =>
            {
                await file!.IntroduceAsync(queue.Server, queue.Queue, token).ConfigureAwait(false);
                if (IncludeQueue)
                {
                    await foreach (var slice in transfer.ExportQueueKeysAsync(queue.Queue, token).ConfigureAwait(false))
                    {
                        file.Write(slice);
                    }
                }

                await foreach (var slice in transfer.ExportJobsAsync(query, token).ConfigureAwait(false))
                {
                    if (slice.Doubt is { } doubt)
                    {
                        await SayAsync(() => WriteWarning($"Jobs of queue {queue.Queue} that went back to an earlier state while they were written, as by a retry, may be missing: {doubt}. Suspend the queue, and export again.")).ConfigureAwait(false);
                    }

                    file.Write(slice);
                    bar.Report(file.Count, null, "jobs");
                }
            });
        }
    });

    private void ExportPending()
    {
        if (pending.Count == 0)
        {
            return;
        }

        var (server, queue, seen) = (pending[0].Server, pending[0].Queue, SeenIn(pending[0]));
        var ids = pending.ConvertAll(job => job.Id);
        pending.Clear();
        var transfer = Open(server);
        var missing = new List<string>();
        Run(async token =>
        {
            try
            {
                await foreach (var slice in transfer.ExportJobsAsync(queue, ids, seen, IncludeChild ? JobKin.Children : JobKin.None, token).ConfigureAwait(false))
                {
                    await file!.IntroduceAsync(server, queue, token).ConfigureAwait(false);
                    file.Write(slice);
                    missing.AddRange(slice.Missing);
                }
            }
            catch (JobServerException e) when (MyInvocation.ExpectingInput && e.IsAbout(queue))
            {
                // A queue that is gone says nothing of the others, and is told of once.
                if (gone.Add(new QueueReference(server, queue)))
                {
                    await WriteErrorAsync(e).ConfigureAwait(false);
                }
            }
        });
        foreach (var id in missing)
        {
            WriteError(JobErrors.From(JobErrors.JobNotFound(id, new QueueReference(server, queue).ToString())));
        }

        progress ??= new ProgressReporter(WriteProgress, "Exporting jobs");
        progress.Report(file!.Count, null, "jobs");
    }
}
