namespace JobAdmin.Base;

/// <summary>One queue that is meant.</summary>
internal sealed record QueueReference(IJobServer Server, string Queue)
{
    /// <summary>Refuses a name that no queue can have, for a queue that need not be there: before anything is asked, and with -WhatIf.</summary>
    /// <returns>The queue.</returns>
    public QueueReference Possible() => Server.Connection.Kind != JobServerKind.Redis || (Queue.Length > 0 && !Queue.Contains(':')) ? this
        : throw JobErrors.Input("InvalidQueueName", $"'{Queue}' can't be a queue name: it is empty or has a colon.",
            "Give the queue's name alone; the part before it in the Redis key is the prefix (Connect-JobServer -Prefix).", Queue);

    /// <summary>The queue in words.</summary>
    public override string ToString() => Queue.Length > 0 ? $"queue {Queue}" : Server.Connection.Name;
}
