using System.Management.Automation;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet for queue jobs that may share its name with one of PowerShell's own, to which it leaves everything that is not ours.</summary>
public abstract class JobBridgeCmdlet : JobServerCmdlet
{
    private JobRouter? router;
    private BuiltInCommand? builtIn;
    private JobRoute route;

    /// <summary>A job, an outcome, an event, a queue, or any object with the properties Queue and Id.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Job ids, taken as they are.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [JobId]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Queues, by name or wildcard pattern. Without it, the connection's default queue, or all where that does no harm.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PlainText]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string[]? Queue { get; set; }

    /// <summary>The name of PowerShell's own cmdlet; null when there is none.</summary>
    internal virtual string? BuiltInName => null;

    /// <summary>The parameters that mean something only to PowerShell's own cmdlet.</summary>
    internal virtual IReadOnlySet<string> BuiltInOnly => new HashSet<string>();

    /// <summary>Whether a current connection alone makes it ours.</summary>
    internal virtual bool OursWhenConnected => false;

    internal sealed override void Begin()
    {
        router = new JobRouter(this);
        route = router.Decide();
        if (route == JobRoute.Ours)
        {
            BeginOurs();
        }
        else if (route == JobRoute.BuiltIn)
        {
            builtIn = router.Begin();
        }
    }

    internal sealed override void Process()
    {
        if (InputObject is not { } item)
        {
            ProcessNothing();
        }
        else if (route == JobRoute.Ours || (route == JobRoute.EachObject && router!.IsOurs(item)))
        {
            ProcessOurs(item);
        }
        else if (route == JobRoute.BuiltIn && JobRouter.IsQueueObject(item))
        {
            // It would take our object's name or id for those of a background job.
            throw router!.Conflict("What the parameters ask for", "a queue job was piped");
        }
        else
        {
            ProcessBuiltIn(item);
        }
    }

    internal sealed override void End()
    {
        builtIn?.End();
        if (route != JobRoute.BuiltIn)
        {
            EndOurs();
        }
    }

    internal override void Leave()
    {
        builtIn?.Dispose();
        base.Leave();
    }

    internal virtual void BeginOurs()
    {
    }

    /// <summary>Takes one object, or null once when nothing is piped.</summary>
    internal abstract void ProcessOurs(PSObject? item);

    internal virtual void EndOurs()
    {
    }

    /// <summary>Parameters that only we know, as given.</summary>
    internal bool IsBound(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Adds the job that an object stands for, or those that are named, to a list.</summary>
    internal void Gather(PSObject? item, List<JobReference> jobs)
    {
        if (item is not null)
        {
            if (Refer(item) is { } job)
            {
                jobs.Add(job);
            }

            return;
        }

        if (Id is not { } ids)
        {
            throw JobErrors.Input("NoJobs", "Nothing says which jobs are meant.", "Pipe jobs from Get-Job, or name them with -Queue and -Id.");
        }

        foreach (var server in Servers())
        {
            var given = Queue ?? (server.Connection.DefaultQueue is { } name ? [name] : [PipedObject.NoQueue(server, ids[0])]);
            var queues = Array.Exists(given, JobWildcard.HasWildcard) ? Run(token => ResolveQueuesAsync(server, given, token)) : Array.ConvertAll(given, static queue => new JobWildcard(queue).Literal!);
            jobs.AddRange(queues.SelectMany(queue => ids.Select(id => new JobReference(server, queue, id))));
        }
    }

    /// <summary>The job that an object stands for; null, after an error record, when it stands for none.</summary>
    internal JobReference? Refer(PSObject item)
    {
        try
        {
            return PipedObject.Job(this, item, Queue);
        }
        catch (JobServerException e)
        {
            WriteError(JobErrors.From(e, item));
            return null;
        }
    }

    /// <summary>Waits for jobs, with progress bars.</summary>
    internal void WaitFor(IReadOnlyList<JobReference> jobs, WaitGoal goal, TimeSpan? timeout, bool any, Func<QueueJob, Task> reached, JobParts parts = JobParts.All & ~JobParts.Log) =>
        Run(token => new WaitParty(jobs, goal, timeout)
        {
            Any = any,
            Parts = parts,
            Reached = reached,
            Missed = error => WriteErrorAsync(error),
            Show = PostProgress,
        }.RunAsync(token));

    private void ProcessNothing()
    {
        // A null from a pipeline means nothing; without a pipeline the parameters say it all.
        if (!MyInvocation.ExpectingInput)
        {
            if (route == JobRoute.BuiltIn)
            {
                builtIn!.Process();
            }
            else
            {
                ProcessOurs(null);
            }
        }
    }

    private void ProcessBuiltIn(PSObject item)
    {
        if (builtIn is null)
        {
            router!.TellOfObject();
            builtIn = router.Begin();
        }

        builtIn.Process(item);
    }
}
