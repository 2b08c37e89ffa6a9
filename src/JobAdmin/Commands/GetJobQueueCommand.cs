using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Commands;

/// <summary>Shows queues with the number of jobs in each state, workers, version, and the age of what waits.</summary>
[Cmdlet(VerbsCommon.Get, "JobQueue")]
[OutputType(typeof(JobQueueInfo), typeof(JobNameCounts))]
public sealed class GetJobQueueCommand : JobServerCmdlet
{
    /// <summary>The names of the queues; wildcards may be used. Without it, all.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("Name")]
    [PlainText]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string[]? Queue { get; set; }

    /// <summary>Names or patterns from the pipeline, or any object with the property Queue.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Counts the jobs of each name, on servers that can.</summary>
    [Parameter]
    public SwitchParameter ByName { get; set; }

    /// <summary>Has the server count anew, where it gives what it has noted.</summary>
    [Parameter]
    public SwitchParameter Refresh { get; set; }

    internal override void Process()
    {
        if (InputObject is null)
        {
            Show(Servers(), MyInvocation.ExpectingInput ? [] : Queue);
        }
        else if (InputObject.BaseObject is string pattern)
        {
            Show(Servers(), [pattern]);
        }
        else if (PipedObject.QueueOf(this, InputObject) is { } queue)
        {
            Show([queue.Server], [WildcardPattern.Escape(queue.Queue)]);
        }
        else
        {
            throw JobErrors.Input("NotAQueue", $"'{InputObject}' does not name a queue.", "Pipe names, or objects with the property Queue.", InputObject);
        }
    }

    private void Show(IReadOnlyList<IJobServer> servers, string[]? patterns) =>
        Run(token => EachServerAsync(servers, server => ShowEachAsync(server, patterns, token)));

    private async Task ShowEachAsync(IJobServer server, string[]? patterns, CancellationToken token)
    {
        foreach (var name in patterns?.Where(name => !JobWildcard.HasWildcard(name)) ?? [])
        {
            try
            {
                await ShowAsync(server, [name], token).ConfigureAwait(false);
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound || (e.Kind == JobErrorKind.Access && patterns!.Length > 1))
            {
                await WriteErrorAsync(e, name).ConfigureAwait(false);
            }
        }

        if (patterns is null)
        {
            await ShowAsync(server, null, token).ConfigureAwait(false);
        }
        else if (patterns.Where(JobWildcard.HasWildcard).ToArray() is { Length: > 0 } wild)
        {
            await ShowAsync(server, wild, token).ConfigureAwait(false);
        }
    }

    private async Task ShowAsync(IJobServer server, string[]? names, CancellationToken token)
    {
        if (ByName)
        {
            await ShowNamesAsync(JobCapability.Of<IJobNameCounts>(server, "count jobs by name"), server, names, token).ConfigureAwait(false);
            return;
        }

        if (Refresh && server is IJobNameCounts counter)
        {
            await foreach (var queue in server.GetQueuesAsync(new QueueQuery { Names = names, NamesOnly = true }, token).ConfigureAwait(false))
            {
                await counter.GetCountsByNameAsync(queue.Name, refresh: true, token).ConfigureAwait(false);
            }
        }

        await foreach (var queue in server.GetQueuesAsync(new QueueQuery { Names = names }, token).ConfigureAwait(false))
        {
            await EmitAsync(queue).ConfigureAwait(false);
        }
    }

    private async Task ShowNamesAsync(IJobNameCounts counter, IJobServer server, string[]? names, CancellationToken token)
    {
        await foreach (var queue in server.GetQueuesAsync(new QueueQuery { Names = names, NamesOnly = true }, token).ConfigureAwait(false))
        {
            await EmitPageAsync(await counter.GetCountsByNameAsync(queue.Name, Refresh, token).ConfigureAwait(false)).ConfigureAwait(false);
        }
    }
}
