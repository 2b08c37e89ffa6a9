using System.Collections;
using System.Management.Automation;
using System.Text.Json;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Finds jobs in all queues by data, id, name, reason and time. What doesn't match does not leave the server.</summary>
[Cmdlet(VerbsCommon.Find, "Job")]
[OutputType(typeof(QueueJob))]
public sealed class FindJobCommand : QueueReadCmdlet
{
    private long left;

    /// <summary>What the data must hold: a text; '$.path=value'; or a hashtable of paths and values.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public object[]? Data { get; set; }

    /// <summary>Only jobs with one of these ids; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [JobId]
    [ArgumentCompleter(typeof(JobIdPatternCompleter))]
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

    internal override CapabilityNeed? Need => new(JobServerCapabilities.GetJob, "find jobs");

    internal override void ProcessQueues(IReadOnlyList<QueueReference> queues)
    {
        IReadOnlyList<JobDataMatch>? data = Data is null ? null : [.. Data.SelectMany(Conditions)];
        Array.ForEach(Id ?? [], static id => _ = new JobWildcard(id));
        JobFilter Filter(DateTimeOffset? now) => JobFilters.Build(Name, Reason, Before, After, OlderThan, NewerThan, now) with { Ids = Id, Data = data };
        var filter = Filter(null);
        if (filter.IsEmpty && State is null)
        {
            throw JobErrors.Input("SearchMissing", "Nothing says what to look for.", "Give -Data, -Id, -Name, -Reason, -State or a time; Get-Job lists everything.");
        }

        var parts = (IncludeData || Data is not null ? JobParts.Data : 0) | (IncludeResult ? JobParts.ReturnValue : 0);
        var query = new JobQuery { Queue = "", States = JobStates.Parse(State), Filter = filter, First = First, Parts = parts };
        left = First ?? long.MaxValue;
        var filters = JobFilters.Each(queues, server => Filter(AgesAsOf(server, OlderThan, NewerThan)));
        JobQuery Of(QueueReference queue) => query with { Filter = filters[queue.Server] };
        if (Id is { } ids && !Array.Exists(ids, JobWildcard.HasWildcard))
        {
            Run(token => FindByIdAsync(queues, Array.ConvertAll(ids, static id => new JobWildcard(id).Literal!), query, Of, token));
            return;
        }

        var search = Search(query);
        var searched = queues.Where(queue => search is not null && Searches(queue.Server, search.Field)).ToList();
        // Names are looked for in all queues with one question, where all are meant.
        var questions = search?.Field == JobSearchField.Name && Everything ? searched.Select(static queue => queue with { Queue = "" }).Distinct().ToList() : searched;
        Run(async token =>
        {
            await EachQueueAsync(questions, queue => SearchAsync(queue, search!, Of(queue), token)).ConfigureAwait(false);
            if (left > 0)
            {
                var listing = new JobListing([.. queues.Except(searched)], query with { First = First is null ? null : left }, filters, error => WriteErrorAsync(error));
                await foreach (var page in listing.InTurnAsync(token).ConfigureAwait(false))
                {
                    await EmitPageAsync(page).ConfigureAwait(false);
                }
            }
        });
    }

    /// <summary>Whether no queue is named, so that all of a server's are meant.</summary>
    private bool Everything => InputObject is null && Queue is null && Servers().All(static server => server.Connection.DefaultQueue is null);

    /// <summary>Known ids need no search: each queue is asked for them. Where one job is enough, a server that can finds it in whatever queue.</summary>
    private async Task FindByIdAsync(IReadOnlyList<QueueReference> queues, string[] ids, JobQuery query, Func<QueueReference, JobQuery> of, CancellationToken token)
    {
        var anywhere = ids is [var id] && First == 1 && Everything && query.States.Count == 0 && (query.Filter with { Ids = null }).IsEmpty
            ? new JobSearch { Text = id, Field = JobSearchField.Id, Parts = query.Parts } : null;
        var searched = queues.Where(queue => anywhere is not null && Searches(queue.Server, JobSearchField.Id)).ToList();
        await EachQueueAsync(searched.Select(static queue => queue with { Queue = "" }).Distinct().ToList(), queue => SearchAsync(queue, anywhere!, of(queue), token)).ConfigureAwait(false);
        await EachQueueAsync([.. queues.Except(searched)], async queue =>
        {
            var matcher = new JobMatcher(of(queue).Filter);
            var found = left <= 0 ? [] : await queue.Server.GetJobsByIdAsync(queue.Queue, ids, query.Parts, token).ConfigureAwait(false);
            await EmitUpToFirstAsync(found.OfType<QueueJob>().Where(job => matcher.IsMatch(job) && (query.States.Count == 0 || query.States.Contains(job.State)))).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static bool Searches(IJobServer server, JobSearchField field) =>
        server is IJobSearch search && server.Connection.Capabilities.HasFlag(JobServerCapabilities.Search) && search.Fields.Contains(field);

    /// <summary>The search that finds all that match, and perhaps more, on a server that looks for texts itself; null where there is none.</summary>
    private static JobSearch? Search(JobQuery query)
    {
        (JobSearchField Field, string? Text) found = query.Filter switch
        {
            { Data: [{ Path: null } data, ..] } => (JobSearchField.Data, LongestPiece(data.Text)),
            { Data: null or { Count: 0 }, Names: [var name] } => (JobSearchField.Name, LongestPiece(name)),
            _ => default,
        };
        // Which letters are one in another case, servers agree on for those of ASCII alone.
        return found.Text is { } text && text.All(char.IsAscii)
            ? new JobSearch { Text = text, Field = found.Field, States = query.States, Parts = query.Parts } : null;
    }

    private static string? LongestPiece(string pattern) => new JobWildcard(pattern).Segments.MaxBy(static piece => piece.Length);

    private async Task SearchAsync(QueueReference queue, JobSearch search, JobQuery query, CancellationToken token)
    {
        var matcher = new JobMatcher(query.Filter);
        search = search with { Queues = queue.Queue.Length > 0 ? [queue.Queue] : [], AddedBefore = query.Filter.Before };
        if (left <= 0)
        {
            return;
        }

        await foreach (var page in ((IJobSearch)queue.Server).FindJobsAsync(search, token).ConfigureAwait(false))
        {
            await EmitUpToFirstAsync(page.Where(matcher.IsMatch)).ConfigureAwait(false);
            if (left <= 0)
            {
                break;
            }
        }
    }

    private async Task EmitUpToFirstAsync(IEnumerable<QueueJob> jobs)
    {
        var page = jobs.Take((int)Math.Min(left, int.MaxValue)).ToList();
        left -= page.Count;
        if (page.Count > 0)
        {
            await EmitPageAsync(page).ConfigureAwait(false);
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
        if (!text.StartsWith("$.", StringComparison.Ordinal) && !text.StartsWith("$[", StringComparison.Ordinal))
        {
            return [new JobDataMatch(text)];
        }

        var equals = text.IndexOf('=');
        return [equals > 0 ? new JobDataMatch(text[..equals].Trim(), text[(equals + 1)..].Trim()) : new JobDataMatch(text.Trim(), "*")];
    }

    // As New-Job writes it: PowerShell writes True, and numbers and times in the way of the country. Only a text is a pattern.
    private static string Text(object? value)
    {
        if ((value is PSObject wrapped ? wrapped.BaseObject : value) is string text)
        {
            return text;
        }

        using var json = JsonDocument.Parse(value is null ? "null" : JsonText.Of(value, nameof(Data)), JsonText.Reading);
        return JobWildcard.Escape(json.RootElement.ValueKind == JsonValueKind.String ? json.RootElement.GetString()! : json.RootElement.GetRawText());
    }
}
