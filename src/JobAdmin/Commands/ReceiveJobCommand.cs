using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text.Json;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Display;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Writes what queue jobs returned, as objects; of a failed job, its error. The output of PowerShell's own jobs is received as ever.</summary>
[Cmdlet(VerbsCommunications.Receive, "Job", DefaultParameterSetName = "BackgroundJob")]
[OutputType(typeof(object))]
public sealed class ReceiveJobCommand : JobBridgeCmdlet
{
    private const int ReadTogether = 200;

    private static readonly CapabilityNeed Results = new(JobServerCapabilities.Result, "give what a job returned");

    private readonly List<JobReference> pending = [];
    private readonly HashSet<IJobServer> lacking = [];
    private readonly HashSet<QueueReference> refused = [];

    /// <summary>Leaves out the bulky parts of results, on servers that can.</summary>
    [Parameter]
    public SwitchParameter Compact { get; set; }

    /// <summary>Ids of results, on servers that keep them apart from jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string[]? ResultId { get; set; }

    /// <summary>Waits until the jobs have finished.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>The longest time to wait, with -Wait: seconds, 5m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Keeps the output of PowerShell's own jobs. What a queue job returned is always kept.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>PowerShell's own jobs.</summary>
    [Parameter(Position = 0, ParameterSetName = "BackgroundJob")]
    [ValidateNotNullOrEmpty]
    public Job[]? Job { get; set; }

    /// <summary>Names of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>Instance ids of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Guid[]? InstanceId { get; set; }

    /// <summary>Locations of PowerShell's own jobs.</summary>
    [Parameter(Position = 1, ParameterSetName = "BackgroundJob")]
    [ValidateNotNullOrEmpty]
    public string[]? Location { get; set; }

    /// <summary>Computers of PowerShell's own jobs.</summary>
    [Parameter]
    [Alias("Cn")]
    [ValidateNotNullOrEmpty]
    public string[]? ComputerName { get; set; }

    /// <summary>Sessions of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public PSSession[]? Session { get; set; }

    /// <summary>Leaves out the child jobs of PowerShell's own jobs.</summary>
    [Parameter]
    public SwitchParameter NoRecurse { get; set; }

    /// <summary>Waits on for PowerShell's own jobs that are suspended or disconnected.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Removes PowerShell's own jobs when they have finished.</summary>
    [Parameter]
    public SwitchParameter AutoRemoveJob { get; set; }

    /// <summary>Writes changes of state of PowerShell's own jobs.</summary>
    [Parameter]
    public SwitchParameter WriteEvents { get; set; }

    /// <summary>Writes PowerShell's own jobs before their output.</summary>
    [Parameter]
    public SwitchParameter WriteJobInResults { get; set; }

    internal override string? BuiltInName => "Receive-Job";

    internal override IReadOnlySet<string> BuiltInOnly { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        nameof(Job), nameof(Name), nameof(InstanceId), nameof(Location), nameof(ComputerName), nameof(Session), nameof(NoRecurse), nameof(Force),
        nameof(AutoRemoveJob), nameof(WriteEvents), nameof(WriteJobInResults),
    };

    private JobParts Wanted => (Compact ? JobParts.None : JobParts.ReturnValue) | JobParts.StackTrace;

    internal override void ProcessOurs(PSObject? item)
    {
        if (item is null && ResultId is { } ids)
        {
            RefuseWithResults(nameof(Id), nameof(Queue), nameof(Wait));
            var servers = Servers();
            Run(token => EachServerAsync(servers, server => ReceiveResultsAsync(server, ids, token)));
            return;
        }

        Gather(item, pending);
        pending.RemoveAll(job => !CanGiveResults(job));
        if (Wait)
        {
            return;
        }

        // What Wait-Job writes is complete, and needs no second look.
        if (!Compact && pending is [{ Job: { State: JobState.Completed or JobState.Failed } job }] && (job.GetReturnValueText() is not null || job.StackTrace is not null))
        {
            pending.Clear();
            Receive(job);
        }
        else if (pending.Count >= ReadTogether)
        {
            ReceivePending();
        }
    }

    internal override void EndOurs()
    {
        if (pending.Count == 0)
        {
            return;
        }

        if (Wait)
        {
            WaitFor(pending, WaitGoal.Finished, Timeout, false, async job =>
            {
                var result = await CompactAsync(job, StopToken).ConfigureAwait(false);
                await SayAsync(() => Receive(job, result)).ConfigureAwait(false);
            }, Wanted);
        }
        else
        {
            ReceivePending();
        }
    }

    /// <summary>Whether the job's server gives results; the error that it doesn't is written once.</summary>
    private bool CanGiveResults(JobReference job)
    {
        if (lacking.Contains(job.Server))
        {
            return false;
        }

        try
        {
            JobCapability.Require(job.Server, Results);
            _ = Compact ? JobCapability.Of<IJobResults>(job.Server, "leave out parts of a result") : null;
            return true;
        }
        catch (JobServerException e)
        {
            lacking.Add(job.Server);
            WriteError(JobErrors.From(e, job.ToString()));
            return false;
        }
    }

    private void RefuseWithResults(params string[] others)
    {
        if (Array.Find(others, IsBound) is { } other)
        {
            throw JobErrors.Input("ParameterConflict", $"-ResultId names results, and -{other} is for jobs: give one of the two.");
        }
    }

    private async Task ReceiveResultsAsync(IJobServer server, string[] ids, CancellationToken token)
    {
        var keeper = JobCapability.Of<IJobResults>(server, "give results by their ids");
        foreach (var id in ids)
        {
            try
            {
                var result = await keeper.GetResultAsync(id, Compact, token).ConfigureAwait(false);
                await SayAsync(() => WriteValue(result.GetValue(), result.GetValueText())).ConfigureAwait(false);
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound)
            {
                await WriteErrorAsync(e, id).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The short form of what a job returned, where that is wanted; null otherwise.</summary>
    private async Task<JobResult?> CompactAsync(QueueJob job, CancellationToken token) =>
        Compact && job is { State: JobState.Completed, Server: IJobResults keeper } ? await keeper.GetResultOfJobAsync(job.Queue, job.Id, true, token).ConfigureAwait(false) : null;

    private void ReceivePending()
    {
        var jobs = pending.ToArray();
        pending.Clear();
        var read = new QueueJob?[jobs.Length];
        foreach (var group in Enumerable.Range(0, jobs.Length).GroupBy(i => Place(jobs[i])).Where(group => !refused.Contains(group.Key)))
        {
            var places = group.ToArray();
            try
            {
                var found = Run(token => group.Key.Server.GetJobsByIdAsync(group.Key.Queue, Array.ConvertAll(places, i => jobs[i].Id), Wanted, token));
                for (var i = 0; i < places.Length; i++)
                {
                    read[places[i]] = found[i];
                }
            }
            catch (JobServerException e) when ((MyInvocation.ExpectingInput || places.Length < jobs.Length) && JobErrors.IsOfQueue(e, group.Key.Queue))
            {
                // What can't be read of one queue does not keep the results of others back.
                WriteError(JobErrors.From(e, group.Key.Queue));
                refused.Add(group.Key);
            }
        }

        for (var i = 0; i < jobs.Length; i++)
        {
            if (read[i] is { } job)
            {
                Receive(job, Compact ? Run(token => CompactAsync(job, token)) : null);
            }
            else if (!refused.Contains(Place(jobs[i])))
            {
                WriteError(JobErrors.From(JobErrors.JobNotFound(jobs[i].Id, Place(jobs[i]).ToString())));
            }
        }
    }

    private static QueueReference Place(JobReference job) => new(job.Server, job.Queue);

    private void WriteValue(JsonElement? json, string? text)
    {
        if (JsonObjects.ToObject(json, text) is { } value)
        {
            WriteObject(value, enumerateCollection: true);
        }
    }

    private void Receive(QueueJob job, JobResult? compact = null)
    {
        switch (job.State)
        {
            case JobState.Completed:
                WriteValue(compact is null ? job.GetReturnValue() : compact.GetValue(), compact is null ? job.GetReturnValueText() : compact.GetValueText());
                break;
            case JobState.Failed:
                WriteError(JobErrors.From(new JobServerException("JobFailed", JobErrorKind.Server, $"Job {job.Id} in queue {job.Queue} failed: {job.FailedReason}",
                    "Its StackTrace is in the error's TargetObject.") { Target = job }));
                break;
            default:
                WriteError(JobErrors.From(new JobServerException("InvalidJobState", JobErrorKind.InvalidState,
                    $"Job {job.Id} in queue {job.Queue} has not finished: it is {JobErrors.Word(job.State)}.", "Wait-Job waits for it, and so does -Wait.") { Target = job }));
                break;
        }
    }
}
