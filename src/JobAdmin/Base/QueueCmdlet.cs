using System.Management.Automation;
using JobAdmin.Completion;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

/// <summary>A cmdlet that changes whole queues.</summary>
public abstract class QueueCmdlet : JobServerCmdlet
{
    private long removed;

    /// <summary>The queues, by name or wildcard pattern.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [PlainText]
    [ArgumentCompleter(typeof(QueueCompleter))]
    public string[]? Queue { get; set; }

    /// <summary>Queues from the pipeline: what Get-JobQueue writes, names, or objects with the property Queue. What names a job or a failure in a queue is refused.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowNull]
    public PSObject? InputObject { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>What is done, as it begins a sentence.</summary>
    internal abstract string Verb { get; }

    /// <summary>What else is said after a stop.</summary>
    internal virtual string StopAdvice => MyInvocation.BoundParameters.ContainsKey("Checkpoint") ? " The same command with the same -Checkpoint goes on from here." : "";

    internal override string? Why => AuditReason;

    internal sealed override void Process()
    {
        if (InputObject is { } item)
        {
            try
            {
                if (!TakeOther(item))
                {
                    var queue = Piped(item);
                    Audited(queue, () => ProcessQueue(queue));
                }
            }
            catch (JobServerException e)
            {
                WriteError(JobErrors.From(e, item));
            }
        }
        else if (!MyInvocation.ExpectingInput)
        {
            ProcessNamed();
        }
    }

    /// <summary>Checks the parameters before any queue is looked at.</summary>
    internal virtual void Check()
    {
    }

    internal override void Begin() => Check();

    /// <summary>Takes an object that is no queue, where the cmdlet knows what to do with it.</summary>
    /// <returns>Whether it was taken.</returns>
    internal virtual bool TakeOther(PSObject item) => false;

    /// <summary>Does the work for one queue.</summary>
    internal abstract void ProcessQueue(QueueReference queue);

    /// <summary>Counts jobs that are gone, on any thread: for the audit, and for what is said after a stop.</summary>
    internal void CountRemoved(QueueReference queue, long more)
    {
        Audit.Count(queue, "removed", more);
        Interlocked.Add(ref removed, more);
    }

    internal override void Leave()
    {
        base.Leave();
        if (Stopping && Interlocked.Read(ref removed) is > 0 and var gone)
        {
            // What was under way can't be called back, and nobody heard how it ended.
            Host?.UI?.WriteWarningLine($"Stopped: at least {gone:N0} {(gone == 1 ? "job was" : "jobs were")} deleted.{StopAdvice}");
        }
    }

    private void ProcessNamed()
    {
        if (Queue is null && Servers().All(server => server.Connection.DefaultQueue is null))
        {
            throw JobErrors.Input("QueueMissing", "Nothing says which queue is meant.", "Name it, as in -Queue emails; Get-JobQueue shows them.");
        }

        var queues = ResolveQueues(Queue);
        foreach (var queue in queues)
        {
            try
            {
                Audited(queue, () => ProcessQueue(queue));
            }
            catch (JobServerException e) when (queues.Count > 1)
            {
                WriteError(JobErrors.From(e, queue.Queue));
            }
        }
    }

    private QueueReference Piped(PSObject item)
    {
        var queue = item.BaseObject is string name
            ? Servers() is [var server] ? new QueueReference(server, name)
                : throw JobErrors.Input("ConnectionAmbiguous", "Several connections are named: name the queues with -Queue.")
            : PipedObject.NamedQueue(this, item)
                ?? throw JobErrors.Input("NotAQueue", $"'{item}' does not name a queue.", "Pipe queues from Get-JobQueue, or their names.", item);
        Require(queue.Server);
        return queue;
    }
}
