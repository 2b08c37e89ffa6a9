namespace JobAdmin.Base;

/// <summary>One queue that is meant.</summary>
internal sealed record QueueReference(IJobServer Server, string Queue)
{
    /// <summary>The queue in words.</summary>
    public override string ToString() => Queue.Length > 0 ? $"queue {Queue}" : Server.Connection.Name;
}
