using System.Collections;
using System.Management.Automation;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>Who handles a command whose name PowerShell's own cmdlet has too.</summary>
internal enum JobRoute
{
    /// <summary>We do.</summary>
    Ours,
    /// <summary>PowerShell's own cmdlet does.</summary>
    BuiltIn,
    /// <summary>It depends on each object that is piped.</summary>
    EachObject,
}

/// <summary>Decides between queue jobs and PowerShell's own background jobs, and hands the latter on.</summary>
internal sealed class JobRouter(JobBridgeCmdlet cmdlet)
{
    private const string Module = "JobAdmin";
    private CmdletInfo? builtIn;

    private CmdletInfo BuiltIn => builtIn ??= BuiltInCommand.Find(cmdlet, cmdlet.BuiltInName!);

    private Dictionary<string, object> Given => cmdlet.MyInvocation.BoundParameters;

    /// <summary>Whether an object can only mean a queue job.</summary>
    /// <param name="item">The object.</param>
    public static bool IsQueueObject(PSObject item) =>
        item.BaseObject is QueueJob or JobOutcome or JobEvent or JobQueueInfo
        || item.BaseObject is not Job && item.Properties["Queue"] is not null;

    /// <summary>Decides by how the command was called and what it was given, in the order of the rules in about_JobAdmin_BuiltInJobs.</summary>
    public JobRoute Decide()
    {
        if (cmdlet.BuiltInName is not { } name)
        {
            return JobRoute.Ours;
        }

        if (cmdlet.MyInvocation.InvocationName.StartsWith(Module + "\\", StringComparison.OrdinalIgnoreCase)
            || !cmdlet.MyInvocation.MyCommand.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            return Tell(JobRoute.Ours, "called by its full name or with a prefix");
        }

        var given = Given.Keys.Where(key => key != nameof(cmdlet.InputObject)).ToList();
        var theirs = given.Find(key => cmdlet.BuiltInOnly.Contains(key) || IsTheirValue(key));
        var ours = given.Find(key => !BuiltIn.Parameters.ContainsKey(key));
        if (theirs is not null && ours is not null)
        {
            throw Conflict($"-{theirs}", $"-{ours} is for queue jobs");
        }

        if (theirs is not null)
        {
            return Tell(JobRoute.BuiltIn, $"-{theirs}");
        }

        if (ours is not null)
        {
            return Tell(JobRoute.Ours, $"-{ours}");
        }

        return cmdlet.MyInvocation.ExpectingInput || cmdlet.InputObject is not null ? JobRoute.EachObject : Tell(Otherwise(out var reason), reason);
    }

    /// <summary>Whether an object is for us, when that depends on each.</summary>
    /// <param name="item">The object.</param>
    public bool IsOurs(PSObject item) =>
        IsQueueObject(item) || item.BaseObject is not Job && item.Properties[nameof(Job.InstanceId)] is null && Otherwise(out _) == JobRoute.Ours;

    /// <summary>Begins a run of PowerShell's own cmdlet with what was given.</summary>
    public BuiltInCommand Begin()
    {
        var named = new Hashtable(StringComparer.OrdinalIgnoreCase);
        object[] positional = [];
        foreach (var (key, value) in Given)
        {
            if (key == nameof(cmdlet.Id) && IsPositional(key) && !Array.TrueForAll(cmdlet.Id!, id => int.TryParse(id, out _)))
            {
                // In the first place the built-in takes names too.
                positional = [cmdlet.Id!];
            }
            else if (BuiltIn.Parameters.ContainsKey(key))
            {
                named[key] = Translate(key, value);
            }
        }

        return BuiltInCommand.Begin(cmdlet, BuiltIn, named, positional);
    }

    /// <summary>Says why PowerShell's own cmdlet is used for an object.</summary>
    public void TellOfObject() => Tell(JobRoute.BuiltIn, "an object was piped that is not a queue's");

    /// <summary>The error for a mixture.</summary>
    /// <param name="theirs">What asks for the built-in.</param>
    /// <param name="ours">What asks for us.</param>
    public JobServerException Conflict(string theirs, string ours) => JobErrors.Input("ParameterConflict",
        $"{theirs} is for PowerShell's own background jobs, and {ours}.",
        $"Use one of them, or name the command in full: JobAdmin\\{cmdlet.BuiltInName} or Microsoft.PowerShell.Core\\{cmdlet.BuiltInName}.");

    private static object Translate(string parameter, object value) => value switch
    {
        DateTimeOffset time => time.LocalDateTime,
        TimeSpan span => span < TimeSpan.Zero ? -1 : (int)Math.Min(int.MaxValue, Math.Ceiling(span.TotalSeconds)),
        string[] { Length: 1 } states when parameter == "State" => states[0],
        _ => value,
    };

    private bool IsTheirValue(string parameter) =>
        parameter == "State" && Given[parameter] is string[] states
        && states.Any(state => !JobStates.TryParse(state, out _) && Enum.TryParse<System.Management.Automation.JobState>(state, true, out _));

    private JobRoute Otherwise(out string reason)
    {
        if (cmdlet.SessionState.Module is { } module && module.Name != Module)
        {
            reason = $"called from the module {module.Name}";
            return JobRoute.BuiltIn;
        }

        if (!cmdlet.OursWhenConnected)
        {
            reason = "nothing says that a queue job is meant";
            return JobRoute.BuiltIn;
        }

        var current = cmdlet.Registry.Current;
        reason = current is null ? "no connection" : $"connected to {current.Name}";
        return current is null ? JobRoute.BuiltIn : JobRoute.Ours;
    }

    private JobRoute Tell(JobRoute chosen, string reason)
    {
        cmdlet.Tell($"{(chosen == JobRoute.Ours ? "JobAdmin's" : "built-in")} {cmdlet.BuiltInName} used: {reason}");
        return chosen;
    }

    // PowerShell notes it on the dictionary, and does not say so in its reference assembly.
    private bool IsPositional(string parameter) =>
        PSObject.AsPSObject(Given).Properties["BoundPositionally"]?.Value is IEnumerable<string> names && names.Contains(parameter);
}
