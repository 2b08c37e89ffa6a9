using System.Management.Automation;
using JobAdmin.Audit;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Adds jobs again as new ones: to their own queue, to another, or to another server. Doing it twice makes no second copy.</summary>
[Cmdlet(VerbsCommon.Copy, "Job", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobOutcome))]
public sealed class CopyJobCommand : JobFilterCmdlet
{
    private const int ReadTogether = 200;
    private JobAdder<JobReference>? adder;
    private IJobServer? target;
    private long skipped;

    /// <summary>The queue that the copies go to. Without it, a queue of the same name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string? Destination { get; set; }

    /// <summary>The connection that the copies go to. Without it, the one that the jobs are of.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [Connection]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public JobServerConnection[]? DestinationConnection { get; set; }

    /// <summary>The id of the copy, where one job is copied. Without it, one that is made of the job's queue, id and time.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? NewId { get; set; }

    /// <summary>Makes another copy each time, with an id of the server's own.</summary>
    [Parameter]
    public SwitchParameter Again { get; set; }

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>How many jobs to copy at the most, of all that match.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? Max { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>Writes what became of each job, with the id of its copy.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string? Why => AuditReason;

    internal override string[]? ReasonFilter => Reason;

    internal override void BeginOurs()
    {
        RefuseFilterWithIds(nameof(Max));
        if (Again && NewId is not null)
        {
            throw JobErrors.Input("ParameterConflict", "-Again leaves the id to the server, and -NewId gives one: give one of the two.");
        }

        target = DestinationConnection switch
        {
            null => null,
            [{ Server: { } server }] => Live(server),
            [var unknown] => throw JobErrors.ConnectionNotFound(unknown.Name, Registry.All.Select(c => c.Name)),
            _ => throw JobErrors.Input("ConnectionAmbiguous", "Copies go to one server, and several connections are named.", "Name one with -DestinationConnection."),
        };
        adder = new JobAdder<JobReference>(this, ReadTogether, PassThru, CopyAsync, outcome => outcome.Status == JobOutcomeStatus.AlreadyExists);
    }

    internal override void ProcessOurs(PSObject? item)
    {
        if (item is not null)
        {
            if (Refer(item) is { } job)
            {
                Submit(job);
            }
        }
        else if (Id is not null)
        {
            var jobs = new List<JobReference>();
            Gather(null, jobs);
            jobs.ForEach(Submit);
        }
        else
        {
            CopyMatching();
        }
    }

    internal override void EndOurs()
    {
        adder!.Finish();
        if (skipped > 1)
        {
            SumUp($"Copy {skipped:N0} jobs in all{Where("")}");
        }
    }

    private void CopyMatching()
    {
        if (State is null || (Queue is null && Servers().All(server => server.Connection.DefaultQueue is null)))
        {
            throw JobErrors.Input("NoJobs", "Nothing says which jobs shall be copied.", "Pipe jobs from Get-Job, name them with -Queue and -Id, or name a queue and -State, and -Name and the like to choose among its jobs.");
        }

        foreach (var queue in ResolveQueues(Queue))
        {
            var query = new JobQuery { Queue = queue.Queue, States = JobStates.Parse(State), Filter = BuildFilter(), OldestFirst = true, First = Max };
            var count = Run(token => queue.Server.CountJobsAsync(query, token));
            if (count > 0 && ShouldDo(Goal(queue.Server, queue.Queue), $"Copy {count:N0} {string.Join(" or ", query.States.Select(JobErrors.Word))} jobs{JobFilters.Describe(query.Filter)} of {queue}{Where(queue.Queue)}", AuditFilter.Of(query)))
            {
                CheckOneId(count);
                var now = DateTimeOffset.UtcNow;
                Run(async token =>
                {
                    await foreach (var page in queue.Server.GetJobsAsync(query, token).ConfigureAwait(false))
                    {
                        // Copies that come into the same state are not copied again.
                        var jobs = page.Where(job => job.Timestamp is not { } added || added <= now).ToList();
                        await SayAsync(() => jobs.ForEach(job => adder!.Add(new JobReference(queue.Server, queue.Queue, job.Id, job)))).ConfigureAwait(false);
                    }
                });
            }
        }
    }

    private void Submit(JobReference job)
    {
        var sentence = $"Copy {job}{Where(job.Queue)}";
        if (!ShouldDo(Goal(job.Server, job.Queue), sentence, null, out var why))
        {
            skipped += why == ShouldProcessReason.WhatIf ? 1 : 0;
            return;
        }

        adder!.Add(job);
    }

    private void CheckOneId(long count)
    {
        if (NewId is not null && count > 1)
        {
            throw JobErrors.Input("ParameterConflict", $"-NewId is the id of one copy, and {count:N0} jobs are meant.", "Leave it out: each copy gets an id made of its job's.");
        }
    }

    private QueueReference Goal(IJobServer server, string queue) => new(target ?? server, Destination ?? queue);

    private string Where(string queue) => (Destination ?? queue, target) switch
    {
        (var name, null) => name == queue ? " again" : $" to queue {name}",
        (var name, var server) => $" to {(name.Length > 0 ? $"queue {name} on " : "")}{server.Connection.Name}",
    };

    /// <summary>Reads jobs with all that makes them, and adds them where they shall be.</summary>
    private async Task<IReadOnlyList<JobOutcome>> CopyAsync(IReadOnlyList<JobReference> jobs, CancellationToken token)
    {
        CheckOneId(jobs.Count);
        var outcomes = new JobOutcome[jobs.Count];
        foreach (var group in Enumerable.Range(0, jobs.Count).GroupBy(i => (jobs[i].Server, jobs[i].Queue)))
        {
            var places = group.ToList();
            var server = group.Key.Server;
            var found = await server.GetJobsByIdAsync(group.Key.Queue, places.ConvertAll(i => jobs[i].Id), JobParts.Data | JobParts.Options, token).ConfigureAwait(false);
            var there = places.Where((_, n) => found[n] is not null).ToList();
            var sources = found.OfType<QueueJob>().ToList();
            var to = target ?? server;
            var queue = Destination ?? group.Key.Queue;
            var added = there.Count == 0 ? [] : await JobCapability.Of<IJobProducer>(to, "add jobs").AddJobsAsync(queue, sources.ConvertAll(Copy), token).ConfigureAwait(false);
            for (var n = 0; n < there.Count; n++)
            {
                outcomes[there[n]] = new JobOutcome
                {
                    Server = to, Queue = queue, Id = sources[n].Id, Status = added[n].Status, PreviousState = sources[n].State,
                    NewId = added[n].NewId ?? (added[n].Status == JobOutcomeStatus.AlreadyExists ? added[n].Id : null),
                    Message = added[n].Status == JobOutcomeStatus.AlreadyExists ? $"The copy of job {sources[n].Id}, {added[n].Id}, is in queue {queue} already." : added[n].Message,
                };
            }

            foreach (var gone in places.Except(there))
            {
                outcomes[gone] = new JobOutcome { Server = server, Queue = group.Key.Queue, Id = jobs[gone].Id, Status = JobOutcomeStatus.NotFound, Message = "There is no such job." };
            }
        }

        return outcomes;
    }

    private NewJob Copy(QueueJob job) => new()
    {
        Name = job.Name,
        Data = job.GetDataText() ?? "{}",
        RawData = job.RawData,
        Id = Again ? null : NewId ?? IdOfCopy(job),
        Priority = job.Priority,
        Delay = job.State == JobState.Delayed && job.DelayUntil - DateTimeOffset.UtcNow is { } left && left > TimeSpan.Zero ? left : null,
        Options = CopiedOptions.Of(job),
        GroupId = job.GroupId,
    };

    // The time tells jobs apart that have had the same number one after the other, as in a queue that was emptied in between.
    private static string IdOfCopy(QueueJob job) => $"copy-{job.Queue}-{job.Id}-{job.Timestamp?.ToUnixTimeMilliseconds() ?? 0}".Replace(':', '-');
}
