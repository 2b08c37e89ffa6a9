using System.Collections;
using System.Management.Automation;

namespace JobAdmin.Commands;

// What Get-Job takes for PowerShell's own jobs.
public sealed partial class GetJobCommand
{
    /// <summary>Instance ids of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Guid[]? InstanceId { get; set; }

    /// <summary>Commands of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Command { get; set; }

    /// <summary>Properties of PowerShell's own jobs.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Hashtable? Filter { get; set; }

    /// <summary>Whether PowerShell's own jobs have output that was not received.</summary>
    [Parameter]
    public bool HasMoreData { get; set; }

    /// <summary>Shows the child jobs of PowerShell's own jobs.</summary>
    [Parameter]
    public SwitchParameter IncludeChildJob { get; set; }

    /// <summary>Shows the child jobs of PowerShell's own jobs that are in this state.</summary>
    [Parameter]
    public System.Management.Automation.JobState ChildJobState { get; set; }

    internal override string? BuiltInName => "Get-Job";

    internal override bool OursWhenConnected => true;

    internal override IReadOnlySet<string> BuiltInOnly { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        nameof(InstanceId), nameof(Command), nameof(Filter), nameof(HasMoreData), nameof(IncludeChildJob), nameof(ChildJobState),
    };
}
