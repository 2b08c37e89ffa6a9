using System.Management.Automation;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet that looks at queues: those that are named or piped, or all.</summary>
public abstract class QueueReadCmdlet : JobServerCmdlet
{
    /// <summary>The queues, by name or wildcard pattern. Without it, the connection's default queue, or all.</summary>
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

    internal sealed override void Process()
    {
        if (InputObject is { } item)
        {
            try
            {
                ProcessQueues([Piped(item)]);
            }
            catch (JobServerException e)
            {
                WriteError(JobErrors.From(e, item));
            }
        }
        else if (!MyInvocation.ExpectingInput)
        {
            ProcessQueues(ResolveQueues(Queue));
        }
    }

    /// <summary>Does the work for queues.</summary>
    internal abstract void ProcessQueues(IReadOnlyList<QueueReference> queues);

    /// <summary>Runs work for each queue. With several, the error of one is a record, and the others go on.</summary>
    internal async Task EachQueueAsync(IReadOnlyList<QueueReference> queues, Func<QueueReference, Task> work)
    {
        foreach (var queue in queues)
        {
            try
            {
                await work(queue).ConfigureAwait(false);
            }
            catch (JobServerException e) when (queues.Count > 1)
            {
                await WriteErrorAsync(e, queue.Queue).ConfigureAwait(false);
            }
        }
    }

    private QueueReference Piped(PSObject item)
    {
        var queue = item.BaseObject is string name
            ? Servers() is [var server] ? new QueueReference(server, name)
                : throw JobErrors.Input("ConnectionAmbiguous", "Several connections are named: name the queues with -Queue.")
            : PipedObject.QueueOf(this, item)
                ?? throw JobErrors.Input("NotAQueue", $"'{item}' does not name a queue.", "Pipe queues from Get-JobQueue, or their names.", item);
        Require(queue.Server);
        return queue;
    }
}
