using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Waits until queue jobs have finished, or are in a given state, and writes each as it gets there. PowerShell's own jobs are waited for as ever.</summary>
[Cmdlet(VerbsLifecycle.Wait, "Job", DefaultParameterSetName = "BackgroundJob")]
[OutputType(typeof(QueueJob), typeof(Job))]
public sealed class WaitJobCommand : JobBridgeCmdlet
{
    private readonly List<JobReference> jobs = [];

    /// <summary>What to wait for: one or several states, or finished, which is completed, failed or cancelled.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(WaitGoalCompleter))]
    public string[]? For { get; set; }

    /// <summary>The longest time to wait: seconds, 5m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Alias("TimeoutSec")]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Ends when the first job gets there.</summary>
    [Parameter]
    public SwitchParameter Any { get; set; }

    /// <summary>Waits on for PowerShell's own jobs that are suspended or disconnected.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

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

    /// <summary>The state of PowerShell's own jobs.</summary>
    [Parameter]
    public System.Management.Automation.JobState State { get; set; }

    /// <summary>Properties of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Hashtable? Filter { get; set; }

    internal override string? BuiltInName => "Wait-Job";

    internal override IReadOnlySet<string> BuiltInOnly { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        nameof(Job), nameof(Name), nameof(InstanceId), nameof(State), nameof(Filter), nameof(Force),
    };

    internal override void ProcessOurs(PSObject? item) => Gather(item, jobs);

    internal override void EndOurs()
    {
        if (jobs.Count > 0)
        {
            WaitFor(jobs, WaitGoal.Parse(For), Timeout, Any, EmitAsync);
        }
    }
}
