using System.Collections;
using System.Management.Automation;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet for queue jobs that may share its name with one of PowerShell's own, to which it leaves everything that is not ours.</summary>
public abstract class JobBridgeCmdlet : JobServerCmdlet
{
    private const string Module = "JobAdmin";

    private BuiltInCommand? builtIn;
    private CmdletInfo? builtInCommand;
    private Route route;

    private enum Route
    {
        Ours,
        BuiltIn,
        EachObject,
    }

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
        route = Decide();
        if (route == Route.Ours)
        {
            BeginOurs();
        }
        else if (route == Route.BuiltIn)
        {
            StartBuiltIn();
        }
    }

    internal sealed override void Process()
    {
        if (route == Route.BuiltIn)
        {
            ProcessBuiltIn();
            return;
        }

        if (InputObject is not { } item)
        {
            // Nothing was piped, or a null was: the latter means nothing.
            if (!MyInvocation.ExpectingInput)
            {
                ProcessOurs(null);
            }

            return;
        }

        if (route == Route.EachObject && !IsOurs(item))
        {
            StartBuiltIn();
            builtIn!.Process(item);
            return;
        }

        ProcessOurs(item);
    }

    internal sealed override void End()
    {
        builtIn?.End();
        if (route != Route.BuiltIn)
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
            var queues = Array.Exists(given, JobWildcard.HasWildcard) ? Run(token => ResolveQueuesAsync(server, given, token)) : given;
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
    internal void WaitFor(IReadOnlyList<JobReference> jobs, WaitGoal goal, TimeSpan? timeout, bool any, Func<QueueJob, Task> reached) =>
        Run(token => new WaitParty(jobs, goal, timeout)
        {
            Any = any,
            Reached = reached,
            Missed = error => WriteErrorAsync(error),
            Show = PostProgress,
        }.RunAsync(token));

    private void ProcessBuiltIn()
    {
        if (!MyInvocation.ExpectingInput)
        {
            builtIn!.Process();
        }
        else if (InputObject is { } item)
        {
            // It would take our object's name or id for those of a background job.
            builtIn!.Process(IsOurObject(item) ? throw Conflict("What the parameters ask for", "a queue job was piped") : item);
        }
    }

    private Route Decide()
    {
        if (BuiltInName is not { } name)
        {
            return Route.Ours;
        }

        if (MyInvocation.InvocationName.StartsWith(Module + "\\", StringComparison.OrdinalIgnoreCase)
            || !MyInvocation.MyCommand.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            return Choose(Route.Ours, "called by its full name or with a prefix");
        }

        builtInCommand = BuiltInCommand.Find(this, name);
        var given = MyInvocation.BoundParameters.Keys.Where(key => key != nameof(InputObject)).ToList();
        var theirs = given.Find(key => BuiltInOnly.Contains(key) || IsTheirValue(key));
        var ours = given.Find(key => !builtInCommand.Parameters.ContainsKey(key));
        if (theirs is not null && ours is not null)
        {
            throw Conflict($"-{theirs}", $"-{ours} is for queue jobs");
        }

        if (theirs is not null)
        {
            return Choose(Route.BuiltIn, $"-{theirs}");
        }

        if (ours is not null)
        {
            return Choose(Route.Ours, $"-{ours}");
        }

        return MyInvocation.ExpectingInput || InputObject is not null ? Route.EachObject : Choose(Otherwise(out var reason), reason);
    }

    private bool IsTheirValue(string parameter) =>
        parameter == "State" && MyInvocation.BoundParameters[parameter] is string[] states
        && states.Any(state => !JobStates.TryParse(state, out _) && Enum.TryParse<System.Management.Automation.JobState>(state, true, out _));

    private Route Otherwise(out string reason)
    {
        if (SessionState.Module is { } module && module.Name != Module)
        {
            reason = $"called from the module {module.Name}";
            return Route.BuiltIn;
        }

        if (!OursWhenConnected)
        {
            reason = "nothing says that a queue job is meant";
            return Route.BuiltIn;
        }

        reason = Registry.Current is { } current ? $"connected to {current.Name}" : "no connection";
        return Registry.Current is null ? Route.BuiltIn : Route.Ours;
    }

    private bool IsOurs(PSObject item) =>
        IsOurObject(item) || item.BaseObject is not System.Management.Automation.Job && Otherwise(out _) == Route.Ours;

    private static bool IsOurObject(PSObject item) =>
        item.BaseObject is QueueJob or JobOutcome or JobEvent or JobQueueInfo
        || item.BaseObject is not System.Management.Automation.Job && item.Properties["Queue"] is not null;

    private JobServerException Conflict(string theirs, string ours) => JobErrors.Input("ParameterConflict",
        $"{theirs} is for PowerShell's own background jobs, and {ours}.",
        $"Use one of them, or name the command in full: JobAdmin\\{BuiltInName} or Microsoft.PowerShell.Core\\{BuiltInName}.");

    private Route Choose(Route chosen, string reason)
    {
        WriteVerbose($"{(chosen == Route.Ours ? "JobAdmin's" : "built-in")} {BuiltInName} used: {reason}");
        return chosen;
    }

    private void StartBuiltIn()
    {
        if (builtIn is not null)
        {
            return;
        }

        if (route == Route.EachObject)
        {
            Choose(Route.BuiltIn, "an object that is not ours was piped");
        }

        builtInCommand ??= BuiltInCommand.Find(this, BuiltInName!);
        var named = new Hashtable(StringComparer.OrdinalIgnoreCase);
        object[] positional = [];
        foreach (var (key, value) in MyInvocation.BoundParameters)
        {
            if (key == nameof(Id) && IsPositional(key) && !Array.TrueForAll(Id!, id => int.TryParse(id, out _)))
            {
                // In the first place the built-in takes names too.
                positional = [Id!];
            }
            else if (builtInCommand.Parameters.ContainsKey(key))
            {
                named[key] = value switch
                {
                    DateTimeOffset time => time.LocalDateTime,
                    TimeSpan span => span < TimeSpan.Zero ? -1 : (int)Math.Min(int.MaxValue, Math.Ceiling(span.TotalSeconds)),
                    string[] { Length: 1 } states when key == "State" => states[0],
                    _ => value,
                };
            }
        }

        builtIn = BuiltInCommand.Begin(this, builtInCommand, named, positional);
    }

    // PowerShell notes it on the dictionary, and does not say so in its reference assembly.
    private bool IsPositional(string parameter) =>
        PSObject.AsPSObject(MyInvocation.BoundParameters).Properties["BoundPositionally"]?.Value is IEnumerable<string> names && names.Contains(parameter);
}
