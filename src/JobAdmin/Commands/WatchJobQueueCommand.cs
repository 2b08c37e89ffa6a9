using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Connecting;
using JobAdmin.Parameters;
using JobAdmin.Watching;

namespace JobAdmin.Commands;

/// <summary>Shows queues on the whole screen while they work: what is in them, how fast they fill and empty, and why jobs fail. Where there is no terminal it
/// writes an object a queue at each look.</summary>
[Cmdlet(VerbsCommon.Watch, "JobQueue")]
[OutputType(typeof(JobQueueSample))]
public sealed class WatchJobQueueCommand : JobServerCmdlet
{
    // One look by itself says more when it looks back farther than a blink.
    private static readonly TimeSpan OnceWindow = TimeSpan.FromMinutes(1);

    private readonly Dictionary<IJobServer, List<string>> piped = [];
    private IQueueScreen? screen;

    /// <summary>The queues, by name or wildcard pattern. Without it, the connection's default queue, or all there are, also those that come later.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PlainText]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string[]? Queue { get; set; }

    /// <summary>Queues from the pipeline: what Get-JobQueue writes, names, or objects with the property Queue.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>How long from one look to the next: seconds, 500ms, 1m, or a TimeSpan.</summary>
    [Parameter]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Ends after this time: seconds, 5m, or a TimeSpan.</summary>
    [Parameter]
    [ValidateNotNull]
    [Duration(Seconds = true)]
    [ArgumentCompleter(typeof(DurationCompleter))]
    public TimeSpan? Timeout { get; set; }

    /// <summary>What the rows of the screen are sorted by at first.</summary>
    [Parameter]
    [ValidateSet("Name", "Waiting", "Active", "Delayed", "Failed", "In", "Out", "Age")]
    public string Sort { get; set; } = "Name";

    /// <summary>Looks once, writes what it saw as objects, and ends.</summary>
    [Parameter]
    public SwitchParameter Once { get; set; }

    /// <summary>Writes objects at each look, also where there is a terminal.</summary>
    [Parameter]
    public SwitchParameter AsObject { get; set; }

    internal override void Process()
    {
        if (InputObject is not { } item)
        {
            return;
        }

        var queue = item.BaseObject is string name ? new QueueReference(Servers()[0], name)
            : PipedObject.QueueOf(this, item) ?? throw JobErrors.Input("NotAQueue", $"'{item}' does not name a queue.", "Pipe queues from Get-JobQueue, or their names.", item);
        if (!piped.TryGetValue(queue.Server, out var names))
        {
            piped[queue.Server] = names = [];
        }

        // A name from the pipeline may be a pattern; that of an object is a name.
        names.Add(item.BaseObject is string ? queue.Queue : WildcardPattern.Escape(queue.Queue));
    }

    internal override void End()
    {
        if (MyInvocation.ExpectingInput && piped.Count == 0)
        {
            return;
        }

        if (Interval < TimeSpan.FromMilliseconds(100))
        {
            throw JobErrors.Input("InvalidInterval", $"An interval of {Interval} is too short.", "Give 100ms or more.", Interval);
        }

        IReadOnlyList<WatchedServer> watched = piped.Count > 0
            ? [.. piped.Select(entry => new WatchedServer(entry.Key, entry.Value))]
            : [.. Servers().Select(server => new WatchedServer(server, Queue ?? (server.Connection.DefaultQueue is { } queue ? [WildcardPattern.Escape(queue)] : null)))];
        var sampler = new JobQueueSampler(watched, Once ? OnceWindow : Interval < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : Interval, TimeProvider.System);
        if (!Once && !AsObject && IsLast && (screen = ClientLoader.NewQueueScreen()).IsPossible)
        {
            Run(token => screen.RunAsync(
                new QueueScreenOptions { Sampler = sampler, Interval = Interval, Timeout = Timeout, Order = Enum.Parse<QueueOrder>(Sort, ignoreCase: true), Colours = HasColours }, token));
        }
        else
        {
            Run(token => WriteAsync(sampler, token));
        }
    }

    internal override void Leave() => screen?.Restore();

    // What follows in the pipeline wants objects; a host other than a console has no screen.
    private bool IsLast => MyInvocation.PipelinePosition == MyInvocation.PipelineLength && Host.Name is "ConsoleHost" or "Visual Studio Code Host";

    // As PowerShell itself decides, whose $PSStyle the reference assembly does not know.
    private bool HasColours => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && !(SessionState.PSVariable.GetValue("PSStyle") is { } style && PSObject.AsPSObject(style).Properties["OutputRendering"]?.Value?.ToString() == "PlainText");

    private async Task WriteAsync(JobQueueSampler sampler, CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (Timeout is { } timeout && timeout >= TimeSpan.Zero)
        {
            ending.CancelAfter(timeout);
        }

        try
        {
            if (Once && sampler.NeedsTwoLooks)
            {
                await sampler.ReadAsync(_ => { }, ending.Token).ConfigureAwait(false);
                await Task.Delay(Interval, ending.Token).ConfigureAwait(false);
            }

            do
            {
                var problems = new List<JobServerException>();
                await EmitPageAsync(await sampler.ReadAsync(problems.Add, ending.Token).ConfigureAwait(false)).ConfigureAwait(false);
                foreach (var problem in problems)
                {
                    await WriteErrorAsync(problem).ConfigureAwait(false);
                }

                if (!Once)
                {
                    await Task.Delay(Interval, ending.Token).ConfigureAwait(false);
                }
            }
            while (!Once);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The time is over.
        }
    }
}
