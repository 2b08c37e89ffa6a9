using System.Management.Automation;

namespace JobAdmin.Base;

/// <summary>One scheduler that is meant.</summary>
internal sealed record SchedulerReference(IJobServer Server, string Queue, string Id)
{
    // They have a queue and an id, which is none of a scheduler.
    private static readonly string[] Others = ["QueueJob", "JobOutcome", "JobWorker"];

    /// <summary>The queue that it is in.</summary>
    public QueueReference Place => new(Server, Queue);

    /// <summary>The schedulers as those who can change them.</summary>
    public IJobSchedulers Schedulers => JobCapability.Of<IJobSchedulers>(Server, "change schedulers");

    /// <summary>The scheduler that an object stands for.</summary>
    /// <param name="cmdlet">The cmdlet, for its connections.</param>
    /// <param name="item">A scheduler, or any object with Queue and Id.</param>
    /// <param name="queue">The queue that is named in place of the object's own.</param>
    public static SchedulerReference Of(JobServerCmdlet cmdlet, PSObject item, string? queue)
    {
        var id = item.Properties["Id"]?.Value?.ToString();
        if (string.IsNullOrEmpty(id) || Array.Exists(Others, type => PipedObject.IsA(item, type)))
        {
            throw JobErrors.Input("NotAScheduler", $"'{item}' does not name a scheduler.", "Pipe schedulers from Get-JobScheduler, or objects with the properties Queue and Id.", item);
        }

        // Where a connection is named, that is where it shall be done, whatever connection the object came from.
        if (cmdlet.Connection is null && PipedObject.QueueOf(cmdlet, item) is { } own)
        {
            return new SchedulerReference(own.Server, queue ?? own.Queue, id);
        }

        var server = cmdlet.Servers() is [var only] ? only : throw JobErrors.Input("ConnectionAmbiguous", "Several connections are named, and one is meant.");
        return new SchedulerReference(server, queue ?? item.Properties["Queue"]?.Value?.ToString() ?? QueueOf(server, null), id);
    }

    /// <summary>The queue that is meant when none is named.</summary>
    public static string QueueOf(IJobServer server, string? queue) => queue ?? server.Connection.DefaultQueue
        ?? throw JobErrors.Input("QueueMissing", "Nothing says in which queue the scheduler is.", "Name it, as in -Queue reports; Get-JobScheduler shows them all.");

    /// <summary>The scheduler as it is; null when there is none.</summary>
    public async Task<JobScheduler?> ReadAsync(CancellationToken token)
    {
        try
        {
            await foreach (var page in Schedulers.GetSchedulersAsync(Queue, [WildcardPattern.Escape(Id)], 1, token).ConfigureAwait(false))
            {
                return page[0];
            }
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
        {
            // It comes into being with its first job.
        }

        return null;
    }

    /// <summary>The scheduler in words.</summary>
    public override string ToString() => $"scheduler {Id} in queue {Queue}";
}
