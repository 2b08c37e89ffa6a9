using System.Management.Automation;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet for queue jobs that are named by what they are like.</summary>
public abstract class JobFilterCmdlet : JobBridgeCmdlet
{
    /// <summary>Only jobs in these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StateCompleter))]
    public string[]? State { get; set; }

    /// <summary>Only jobs with one of these names; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) before this time.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) at this time or later.</summary>
    [Parameter]
    [ValidateNotNull]
    [Time]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) longer ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? OlderThan { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) less long ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? NewerThan { get; set; }

    /// <summary>The wildcard patterns of the reasons, where the cmdlet has such a filter.</summary>
    internal virtual string[]? ReasonFilter => null;

    /// <summary>The filter, with ages by a server's clock.</summary>
    internal JobFilter BuildFilter(IJobServer server) => BuildFilter(AgesAsOf(server, OlderThan, NewerThan));

    /// <summary>The filter, with ages as of a moment.</summary>
    internal JobFilter BuildFilter(DateTimeOffset now) => JobFilters.Build(Name, ReasonFilter, Before, After, OlderThan, NewerThan, now);

    /// <summary>An id and a filter at once would mean two things.</summary>
    internal void RefuseFilterWithIds(params string[] more)
    {
        if (Id is not null)
        {
            RefuseFilter("-Id names jobs", more);
        }
    }

    /// <summary>Refuses a filter where something else says which jobs are meant.</summary>
    internal void RefuseFilter(string why, params string[] more)
    {
        string[] filters = [nameof(State), nameof(Name), .. ReasonFilter is null ? Array.Empty<string>() : ["Reason"], nameof(Before), nameof(After), nameof(OlderThan), nameof(NewerThan), .. more];
        if (Array.Find(filters, IsBound) is { } filter)
        {
            throw JobErrors.Input("ParameterConflict", $"{char.ToUpperInvariant(why[0])}{why[1..]}, and -{filter} chooses among them: give one of the two.");
        }
    }
}
