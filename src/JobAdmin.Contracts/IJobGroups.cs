namespace JobAdmin;

/// <summary>A server with job groups (<see cref="JobServerCapabilities.Groups"/>).</summary>
public interface IJobGroups
{
    /// <summary>The groups that a queue's jobs belong to.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The groups.</returns>
    Task<IReadOnlyList<JobGroup>> GetGroupsAsync(string queue, CancellationToken cancellationToken);
}

/// <summary>One group of a queue's jobs.</summary>
public sealed class JobGroup
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The group's id.</summary>
    public required string GroupId { get; init; }

    /// <summary>Jobs that workers have.</summary>
    public long? Active { get; init; }

    /// <summary>Jobs that wait.</summary>
    public long? Waiting { get; init; }

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }
}
