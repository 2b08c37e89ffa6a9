namespace JobAdmin;

/// <summary>A server that can start the delayed jobs of a queue without a look at each of them.</summary>
public interface IQueuePromotion
{
    /// <summary>Moves delayed jobs into line as <c>queue.promoteJobs()</c> of BullMQ does: those that are due first come first, and priorities do not count. It goes in slices.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="most">How many at the most. There are never more than were delayed at the start.</param>
    /// <param name="cancellationToken">Stops before the next slice.</param>
    /// <returns>How far it has come, after each slice.</returns>
    IAsyncEnumerable<BulkProgress> PromoteQueueAsync(string queue, long most, CancellationToken cancellationToken);
}
