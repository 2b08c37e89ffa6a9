using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Finds jobs in all queues by data, id, name, reason and time. What doesn't match does not leave the server.</summary>
[Cmdlet(VerbsCommon.Find, "Job")]
[OutputType(typeof(QueueJob))]
public sealed class FindJobCommand : QueueReadCmdlet
{
    /// <summary>What the data must hold: a text; '$.path=value'; or a hashtable of paths and values.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public object[]? Data { get; set; }

    /// <summary>Only jobs with one of these ids; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [JobId]
    [ArgumentCompleter(typeof(JobIdCompleter))]
    public string[]? Id { get; set; }

    /// <summary>Only jobs with one of these names; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(JobNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>Only jobs in these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(StateCompleter))]
    public string[]? State { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) before this time.</summary>
    [Parameter]
    public DateTimeOffset? Before { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) at this time or later.</summary>
    [Parameter]
    public DateTimeOffset? After { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) longer ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? OlderThan { get; set; }

    /// <summary>Only jobs that finished (or, when they have not, were added) less long ago than this: 7d, 1h30m, 45s, or a TimeSpan.</summary>
    [Parameter]
    [Duration]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? NewerThan { get; set; }

    /// <summary>How many matches at the most.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? First { get; set; }

    /// <summary>Reads the return values too.</summary>
    [Parameter]
    public SwitchParameter IncludeResult { get; set; }

    /// <summary>Reads the jobs' data too; it always does where -Data chooses among them.</summary>
    [Parameter]
    public SwitchParameter IncludeData { get; set; }

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        var filter = JobFilters.Build(Name, Reason, Before, After, OlderThan, NewerThan) with { Ids = Id, Data = Data is null ? null : [.. Data.SelectMany(Conditions)] };
        Array.ForEach(Id ?? [], static id => _ = new JobWildcard(id));
        if (filter.IsEmpty && State is null)
        {
            throw JobErrors.Input("SearchMissing", "Nothing says what to look for.", "Give -Data, -Id, -Name, -Reason, -State or a time; Get-Job lists everything.");
        }

        var parts = (IncludeData || Data is not null ? JobParts.Data : 0) | (IncludeResult ? JobParts.ReturnValue : 0);
        var query = new JobQuery { Queue = "", States = JobStates.Parse(State), Filter = filter, First = First, Parts = parts };
        if (Id is { } ids && !Array.Exists(ids, JobWildcard.HasWildcard))
        {
            Run(token => FindByIdAsync(queues, ids, query, token));
        }
        else
        {
            var searched = queues.Where(queue => Search(queue, query) is not null).ToList();
            var listing = new JobListing([.. queues.Except(searched)], query, error => WriteErrorAsync(error));
            Run(async token =>
            {
                await EachQueueAsync(searched, queue => SearchAsync(queue, query, token)).ConfigureAwait(false);
                await foreach (var page in listing.InTurnAsync(token).ConfigureAwait(false))
                {
                    await EmitPageAsync(page).ConfigureAwait(false);
                }
            });
        }
    }

    /// <summary>Known ids need no search: each queue is asked for them.</summary>
    private async Task FindByIdAsync(IReadOnlyList<QueueReference> queues, string[] ids, JobQuery query, CancellationToken token)
    {
        var matcher = new JobMatcher(query.Filter);
        var left = query.First ?? long.MaxValue;
        await EachQueueAsync(queues, async queue =>
        {
            var found = left <= 0 ? [] : await queue.Server.GetJobsByIdAsync(queue.Queue, ids, query.Parts, token).ConfigureAwait(false);
            var jobs = found.OfType<QueueJob>().Where(job => matcher.IsMatch(job) && (query.States.Count == 0 || query.States.Contains(job.State)))
                .Take((int)Math.Min(left, int.MaxValue)).ToList();
            left -= jobs.Count;
            if (jobs.Count > 0)
            {
                await EmitPageAsync(jobs).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    /// <summary>The search of a server that looks for texts in data itself; null for one that has to be listed.</summary>
    private static JobSearch? Search(QueueReference queue, JobQuery query) =>
        queue.Server is IJobSearch && queue.Server.Connection.Capabilities.HasFlag(JobServerCapabilities.Search)
            && query.Filter.Data is [{ Path: null } data] && !JobWildcard.HasWildcard(data.Text)
            ? new JobSearch { Text = data.Text, Field = JobSearchField.Data, Queues = queue.Queue.Length > 0 ? [queue.Queue] : [], States = query.States, Parts = query.Parts } : null;

    private async Task SearchAsync(QueueReference queue, JobQuery query, CancellationToken token)
    {
        var matcher = new JobMatcher(query.Filter);
        var left = query.First ?? long.MaxValue;
        await foreach (var page in ((IJobSearch)queue.Server).FindJobsAsync(Search(queue, query)!, token).ConfigureAwait(false))
        {
            var jobs = page.Where(matcher.IsMatch).Take((int)Math.Min(left, int.MaxValue)).ToList();
            left -= jobs.Count;
            await EmitPageAsync(jobs).ConfigureAwait(false);
            if (left <= 0)
            {
                break;
            }
        }
    }

    private static IEnumerable<JobDataMatch> Conditions(object given)
    {
        var value = given is PSObject wrapped ? wrapped.BaseObject : given;
        if (value is IDictionary table)
        {
            return table.Cast<DictionaryEntry>().Select(entry => new JobDataMatch(entry.Key.ToString()!, Text(entry.Value))).ToList();
        }

        var text = Text(value);
        var equals = text.StartsWith("$.", StringComparison.Ordinal) || text.StartsWith("$[", StringComparison.Ordinal) ? text.IndexOf('=') : -1;
        return [equals > 0 ? new JobDataMatch(text[..equals].Trim(), text[(equals + 1)..].Trim()) : new JobDataMatch(text)];
    }

    // As JSON has it: PowerShell writes True, and numbers in the way of the country.
    private static string Text(object? value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        var other => other.ToString() ?? "",
    };
}
