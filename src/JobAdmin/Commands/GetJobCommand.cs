using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows jobs of queues: by id, or by state, name, reason and time. Without a connection, PowerShell's own jobs.</summary>
[Cmdlet(VerbsCommon.Get, "Job", SupportsPaging = true)]
[OutputType(typeof(QueueJob), typeof(Job))]
public sealed partial class GetJobCommand : JobFilterCmdlet
{
    private const int LookedUpTogether = 200;

    private readonly List<JobReference> pending = [];

    /// <summary>Only jobs that failed with one of these reasons; wildcards may be used.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ReasonCompleter))]
    public string[]? Reason { get; set; }

    /// <summary>The newest jobs of all queues and states together, this many; 0 for all, newest first.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Newest { get; set; }

    /// <summary>The oldest jobs of all queues and states together, this many; 0 for all, oldest first.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int? Oldest { get; set; }

    /// <summary>Reads the jobs' data too.</summary>
    [Parameter]
    public SwitchParameter IncludeData { get; set; }

    /// <summary>Reads the return values too.</summary>
    [Parameter]
    public SwitchParameter IncludeResult { get; set; }

    /// <summary>Reads the stack traces too.</summary>
    [Parameter]
    public SwitchParameter IncludeStackTrace { get; set; }

    /// <summary>Reads the log lines too.</summary>
    [Parameter]
    public SwitchParameter IncludeLog { get; set; }

    /// <summary>Ids of results: the jobs that made them, on servers that keep results apart.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(NothingCompleter))]
    public string[]? ResultId { get; set; }

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

    internal override string[]? ReasonFilter => Reason;

    internal override void BeginOurs()
    {
        RefuseFilterWithIds(nameof(Newest), nameof(Oldest));
        if (ResultId is not null)
        {
            RefuseFilter("-ResultId names results", nameof(Newest), nameof(Oldest), nameof(Id));
        }

        if (Newest is not null && Oldest is not null)
        {
            throw JobErrors.Input("ParameterConflict", "-Newest and -Oldest ask for two orders at once.");
        }
    }

    internal override void ProcessOurs(PSObject? item)
    {
        if (item is null)
        {
            ShowNamed();
        }
        else if (PipedObject.Group(this, item) is var (place, jobs))
        {
            RefuseFilter("a group of failed jobs says itself which ones are meant");
            ShowQueues([place], jobs);
        }
        else if (PipedObject.Queue(this, item) is { } queue)
        {
            ShowQueues([queue]);
        }
        else
        {
            LookUp(item);
        }
    }

    internal override void EndOurs() => ShowPending();

    private void ShowNamed()
    {
        if (ResultId is { } results)
        {
            var servers = Servers();
            Run(token => EachServerAsync(servers, server => ShowMakersAsync(server, results, token)));
        }
        else if (Id is { } ids)
        {
            var servers = Servers();
            Run(token => EachServerAsync(servers, server => ShowIdsAsync(server, ids, token)));
        }
        else
        {
            ShowQueues(ResolveQueues(Queue));
        }
    }

    private void ShowQueues(IReadOnlyList<QueueReference> queues, JobQuery? jobs = null)
    {
        var query = (jobs ?? new JobQuery { Queue = "", States = JobStates.Parse(State) }) with
        {
            OldestFirst = Oldest is not null,
            Skip = Bounded(PagingParameters.Skip),
            First = PagingParameters.First == ulong.MaxValue ? null : Bounded(PagingParameters.First),
            Parts = Parts(JobParts.None),
        };
        var filters = jobs is null ? JobFilters.Each(queues, BuildFilter) : null;
        var listing = new JobListing(queues, query, filters, error => WriteErrorAsync(error));
        if (PagingParameters.IncludeTotalCount)
        {
            var total = Run(token => listing.CountAsync(token));
            WriteObject(PagingParameters.NewTotalCount((ulong)total, 1.0));
        }

        Run(token => ShowAsync(listing, token));
    }

    private async Task ShowAsync(JobListing listing, CancellationToken token)
    {
        if ((Newest ?? Oldest) is > 0 and var count)
        {
            await ShowAsync(await listing.BestAsync(count, token).ConfigureAwait(false)).ConfigureAwait(false);
            return;
        }

        var first = true;
        await foreach (var page in listing.InTurnAsync(token).ConfigureAwait(false))
        {
            if (!first)
            {
                await ShowAsync(page).ConfigureAwait(false);
            }
            else if (!await SayAndWaitAsync(() => Show(page)).ConfigureAwait(false))
            {
                // Whoever has enough of the first page has no other one read.
                return;
            }

            first = false;
        }
    }

    private Task ShowAsync(IReadOnlyList<QueueJob> page) => SayAsync(() => Show(page));

    private void Show(IReadOnlyList<QueueJob> page)
    {
        foreach (var job in page)
        {
            if (job.Problem is { } problem)
            {
                WriteWarning($"{job}: {problem}");
            }

            WriteObject(job);
        }
    }

    private JobParts Parts(JobParts always) => always
        | (IncludeData ? JobParts.Data : 0)
        | (IncludeResult ? JobParts.ReturnValue : 0)
        | (IncludeStackTrace ? JobParts.StackTrace : 0)
        | (IncludeLog ? JobParts.Log : 0);

    private static long Bounded(ulong number) => (long)Math.Min(long.MaxValue, number);
}
