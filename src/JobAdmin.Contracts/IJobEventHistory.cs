namespace JobAdmin;

/// <summary>A server that keeps its events for a while, so that a reader who was away can catch up without a watch of its own.</summary>
public interface IJobEventHistory
{
    /// <summary>Where the events of a queue end now.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The id behind which the next event will stand.</returns>
    Task<string> GetLastEventIdAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Events behind an id, oldest first, a <c>gap</c> record first where some are gone.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="after">The id of the last event seen.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Some of them; none at the end.</returns>
    Task<IReadOnlyList<JobEvent>> GetEventsAfterAsync(string queue, string after, CancellationToken cancellationToken);

    /// <summary>How jobs ended that are not there any more, as far as the newest events tell it.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The jobs.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>By id, the events with which they completed or failed. A job that was added, moved or removed since then has none.</returns>
    Task<IReadOnlyDictionary<string, JobEvent>> FindEndsAsync(string queue, IReadOnlyCollection<string> ids, CancellationToken cancellationToken);
}
