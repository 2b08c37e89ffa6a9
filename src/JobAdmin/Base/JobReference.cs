namespace JobAdmin.Base;

/// <summary>One job that is meant: where it is, and what was read of it, if anything.</summary>
internal sealed record JobReference(IJobServer Server, string Queue, string Id, QueueJob? Job = null)
{
    /// <summary>The job in words.</summary>
    public override string ToString() => Queue.Length > 0 ? $"job {Id} in queue {Queue}" : $"job {Id}";
}
