using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Health;

/// <summary>Queues as they are now, those of one server in one request.</summary>
internal static class QueueFacts
{
    /// <summary>Reads queues.</summary>
    /// <param name="queues">The queues.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>What the servers say of them; those that are not there, may not be read, or are on a server that lists none, are left out.</returns>
    public static async Task<Dictionary<QueueReference, JobQueueInfo>> ReadAsync(IReadOnlyList<QueueReference> queues, CancellationToken token)
    {
        var facts = new Dictionary<QueueReference, JobQueueInfo>();
        foreach (var group in queues.Where(q => q.Server.Connection.Capabilities.HasFlag(JobServerCapabilities.ListQueues)).GroupBy(q => q.Server))
        {
            var query = new QueueQuery { Names = [.. group.Select(q => WildcardPattern.Escape(q.Queue))] };
            try
            {
                await foreach (var info in group.Key.GetQueuesAsync(query, token).ConfigureAwait(false))
                {
                    facts[new QueueReference(group.Key, info.Name)] = info;
                }
            }
            catch (JobServerException e) when (e.Kind is JobErrorKind.NotFound or JobErrorKind.Access)
            {
                // Whoever works with the queue says so.
            }
        }

        return facts;
    }

    /// <summary>Jobs that are ready and wait, with priority or without, also those that a pause keeps; null when the server does not count them.</summary>
    public static long? Backlog(JobQueueInfo info) =>
        info.Waiting is null && info.Prioritized is null && info.Paused is null ? null : (info.Waiting ?? 0) + (info.Prioritized ?? 0) + (info.Paused ?? 0);
}
