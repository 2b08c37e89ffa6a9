using System.Management.Automation;

namespace JobAdmin.Base;

/// <summary>What an object from the pipeline stands for.</summary>
internal static class PipedObject
{
    // They have a queue, and perhaps an id of another kind: neither the job of that id nor all jobs of the queue are meant.
    private static readonly string[] Others =
        ["JobWorker", "JobScheduler", "JobGroup", "JobMetric", "JobMetricPoint", "JobSparkline", "JobQueueMeasure", "JobQueueFinding", "JobDefect", "JobNameCounts"];

    // All of them together, and the name of the queue as its own name: nothing but a queue has that.
    private static readonly string[] QueueCounts = ["Waiting", "Active", "Delayed", "Completed", "Failed"];

    // Also when they are empty: who has such a column means something within the queue.
    private static readonly string[] PartsOfQueues = ["Id", "JobId", "NewId", "State", "Reason", "FailedReason"];

    /// <summary>The job that it stands for.</summary>
    /// <param name="cmdlet">The cmdlet, for its connections.</param>
    /// <param name="item">One of our objects, any object with Queue and Id, or an id.</param>
    /// <param name="queues">The queues named on the command line.</param>
    /// <returns>The job.</returns>
    public static JobReference Job(JobServerCmdlet cmdlet, PSObject item, string[]? queues)
    {
        switch (item.BaseObject)
        {
            case QueueJob { Server: { } server } job:
                return new JobReference(cmdlet.Live(server), job.Queue, job.Id, job);
            case JobOutcome { Server: { } server } outcome:
                return new JobReference(cmdlet.Live(server), outcome.Queue, outcome.NewId ?? outcome.Id);
            case JobEvent { Server: { } server, Id: { } id } e:
                return new JobReference(cmdlet.Live(server), e.Queue, id);
        }

        if (Other(item) is { } other)
        {
            throw JobErrors.Input("NotAJob", $"A {other} does not stand for a job.", "Pipe jobs, or objects with the properties Queue and Id.", item);
        }

        // Numbers of every type and GUIDs are ids, as -Id takes them.
        var isText = item.BaseObject is string or IFormattable;
        // What came of a copy has the id of the job that was copied too, as the outcome itself has above.
        var name = isText ? LanguagePrimitives.ConvertTo<string>(item) : Text(item, "NewId") ?? Text(item, "Id");
        if (string.IsNullOrEmpty(name))
        {
            throw isText || Text(item, "Queue") is not { } place
                ? JobErrors.Input("NotAJob", $"'{item}' does not name a job.", "Pipe jobs, or objects with the properties Queue and Id.", item)
                : JobErrors.Input("NotAJob", $"'{item}' names the queue {place}, but no job in it: its Id is empty or missing.",
                    "Give it the Id of a job. For all jobs of a queue, name it with -Queue, or pipe it from Get-JobQueue; for a kind of failure, pipe the group itself from Get-JobFailure, or name it with -Reason.", item);
        }

        var queue = (isText ? null : Text(item, "Queue")) ?? (queues is [var only] ? only : null);
        var at = Server(cmdlet, isText ? null : item);
        return new JobReference(at, queue ?? at.Connection.DefaultQueue ?? NoQueue(at, name), name);
    }

    /// <summary>The queue all of whose jobs it stands for, or null when it stands for something else.</summary>
    /// <param name="cmdlet">The cmdlet, for its connections.</param>
    /// <param name="item">A queue of Get-JobQueue, or what CLIXML, CSV, JSON or Select-Object made of one. A row that lost its id is none.</param>
    /// <returns>The queue.</returns>
    public static QueueReference? Queue(JobServerCmdlet cmdlet, PSObject item) => item.BaseObject switch
    {
        JobQueueInfo { Server: { } server } queue => new QueueReference(cmdlet.Live(server), queue.Name),
        _ => IsQueue(item) && Text(item, "Queue") is { } name ? new QueueReference(Server(cmdlet, item), name) : null,
    };

    /// <summary>The queue that it names, or null when it names something in a queue.</summary>
    /// <param name="cmdlet">The cmdlet, for its connections.</param>
    /// <param name="item">A queue, or any object with Queue and nothing that says which part of it is meant.</param>
    /// <returns>The queue.</returns>
    public static QueueReference? NamedQueue(JobServerCmdlet cmdlet, PSObject item) =>
        Queue(cmdlet, item) ?? (!IsPart(item) && Text(item, "Queue") is { } name ? new QueueReference(Server(cmdlet, item), name) : null);

    /// <summary>The failed jobs that a group of Get-JobFailure stands for, or null when it is something else.</summary>
    /// <param name="cmdlet">The cmdlet, for its connections.</param>
    /// <param name="item">The object.</param>
    /// <returns>The queue, and which of its jobs.</returns>
    public static (QueueReference Queue, JobQuery Query)? Group(JobServerCmdlet cmdlet, PSObject item)
    {
        if (item.BaseObject is not JobFailureGroup { Server: { } server } group)
        {
            return null;
        }

        return !group.IsRest ? (new QueueReference(cmdlet.Live(server), group.Queue), group.GetQuery())
            : throw JobErrors.Input("NotAGroup", $"'{group}' stands for reasons of many kinds that are only counted together.", "Name them with -Reason instead.", group);
    }

    /// <summary>The queue that an object belongs to, whatever it is.</summary>
    /// <param name="cmdlet">The cmdlet, for its connections.</param>
    /// <param name="item">One of our objects, or any object with Queue.</param>
    /// <returns>The queue, or null when it has none.</returns>
    public static QueueReference? QueueOf(JobServerCmdlet cmdlet, PSObject item)
    {
        var server = item.BaseObject switch
        {
            JobQueueInfo queue => queue.Server,
            QueueJob job => job.Server,
            JobOutcome outcome => outcome.Server,
            JobEvent e => e.Server,
            JobFailureGroup group => group.Server,
            _ => null,
        };
        return Text(item, "Queue") is { } name ? new QueueReference(server is null ? Server(cmdlet, item) : cmdlet.Live(server), name) : null;
    }

    /// <summary>Whether an object is of one of our types, or a picture of one: Deserialized.JobAdmin.QueueJob comes from CLIXML and from afar, Selected.JobAdmin.QueueJob from Select-Object.</summary>
    /// <param name="item">The object.</param>
    /// <param name="type">The name of the type.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsA(PSObject item, string type) => item.TypeNames.Any(name => name.EndsWith("JobAdmin." + type, StringComparison.Ordinal));

    /// <summary>The queue of a job when none is named: none on a server without queues, an error elsewhere.</summary>
    /// <param name="server">The server.</param>
    /// <param name="id">The job.</param>
    /// <returns>The empty name.</returns>
    public static string NoQueue(IJobServer server, string id) =>
        server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues)
            ? throw JobErrors.Input("QueueMissing", $"Nothing says in which queue job {id} is.", "Name it with -Queue.", id)
            : "";

    private static string? Other(PSObject item) => Array.Find(Others, type => IsA(item, type));

    private static bool IsQueue(PSObject item) => item.Properties["Id"] is null
        && (IsA(item, nameof(JobQueueInfo))
            || (Text(item, "Name") is { } name && name == Text(item, "Queue") && Other(item) is null && Array.TrueForAll(QueueCounts, count => item.Properties[count] is not null)));

    // A picture of a group has a queue, and must never stand for all of it.
    private static bool IsPart(PSObject item) => Other(item) is not null || IsA(item, nameof(JobFailureGroup))
        || Array.Exists(PartsOfQueues, part => item.Properties[part] is not null)
        || (Text(item, "Name") is { } name && name != Text(item, "Queue"));

    private static IJobServer Server(JobServerCmdlet cmdlet, PSObject? item) =>
        cmdlet.Connection is null && item is not null && Text(item, "Connection") is { } connection
            ? cmdlet.ServerNamed(connection)
            : cmdlet.Servers() is [var server] ? server
            : throw JobErrors.Input("ConnectionAmbiguous", "Several connections are named, and the object does not say which one it is of.");

    private static string? Text(PSObject item, string property) => item.Properties[property]?.Value?.ToString() is { Length: > 0 } text ? text : null;
}
