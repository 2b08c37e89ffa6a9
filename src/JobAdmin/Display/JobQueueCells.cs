using System.Management.Automation;

namespace JobAdmin.Display;

/// <summary>What the views show of a <see cref="JobQueueInfo"/>.</summary>
public static class JobQueueCells
{
    /// <summary>The name, visible throughout.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Name(PSObject instance) => CellText.Visible(Queue(instance).Name);

    /// <summary>Jobs that wait, also those in the list that a paused queue of BullMQ 4 or 5 keeps; a mark says that the queue is paused.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Waiting(PSObject instance)
    {
        var queue = Queue(instance);
        var waiting = queue.Paused is > 0 and var held ? (queue.Waiting ?? 0) + held : queue.Waiting;
        return (queue.IsPaused == true ? "⏸ " : "") + CellText.Count(waiting);
    }

    /// <summary>Jobs that workers have.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Active(PSObject instance) => CellText.Count(Queue(instance).Active);

    /// <summary>Jobs that wait with a priority.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Prioritized(PSObject instance) => CellText.Count(Queue(instance).Prioritized);

    /// <summary>Jobs that wait for their time.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Delayed(PSObject instance) => CellText.Count(Queue(instance).Delayed);

    /// <summary>Kept jobs that failed.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Failed(PSObject instance) => CellText.Count(Queue(instance).Failed);

    /// <summary>Kept jobs that finished with success.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Completed(PSObject instance) => CellText.Count(Queue(instance).Completed);

    /// <summary>Flow parents that wait for children.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string WaitingChildren(PSObject instance) => CellText.Count(Queue(instance).WaitingChildren);

    /// <summary>Connected workers.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Workers(PSObject instance) => CellText.Count(Queue(instance).Workers);

    /// <summary>The age of the job that is next in line, in its largest unit.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Oldest(PSObject instance) => Queue(instance).OldestWaiting is { } age ? CellText.Short(age) : "";

    /// <summary>The age of the job that is next in line.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string OldestWaiting(PSObject instance) => CellText.Duration(Queue(instance).OldestWaiting);

    /// <summary>The version of BullMQ that built the queue, without its last part.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Version(PSObject instance)
    {
        var queue = Queue(instance);
        if (queue.Version is not { } version)
        {
            return queue.Layout switch { QueueLayout.Bull => "Bull", QueueLayout.BullMq4 => "4", QueueLayout.BullMq5 => "5", QueueLayout.BullMq6 => "6", QueueLayout.BullMqPro => "Pro", _ => "" };
        }

        var number = version[(version.LastIndexOf(':') + 1)..].Split('.');
        return CellText.Visible((queue.Layout == QueueLayout.BullMqPro ? "Pro " : "") + string.Join('.', number.Take(2)), 12);
    }

    /// <summary>The library that built the queue, as it names itself.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string VersionLine(PSObject instance) => CellText.Visible(Queue(instance).Version);

    /// <summary>The last event, where it is read.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string LastActivity(PSObject instance) => CellText.Local(Queue(instance).LastActivity);

    /// <summary>The rate limit in words.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string RateLimit(PSObject instance) => Queue(instance) is { RateLimitMax: { } most } queue
        ? $"{CellText.Count(most)} jobs in {CellText.Duration(queue.RateLimitDuration)}" : "";

    /// <summary>How long the rate limit still holds the queue.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string RateLimitedFor(PSObject instance) => CellText.Duration(Queue(instance).RateLimitedFor);

    /// <summary>The names that are paused on their own.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string PausedNames(PSObject instance) => CellText.Visible(string.Join(", ", Queue(instance).PausedNames ?? []));

    /// <summary>The warnings, a line each.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Warnings(PSObject instance) => CellText.Sentences(Queue(instance).Warnings);

    /// <summary>Name and waiting count, for <c>Format-Wide</c>.</summary>
    /// <param name="instance">The queue.</param>
    /// <returns>The text.</returns>
    public static string Wide(PSObject instance) => $"{Name(instance)} ({Waiting(instance)} waiting)";

    private static JobQueueInfo Queue(PSObject instance) => (JobQueueInfo)instance.BaseObject;
}
