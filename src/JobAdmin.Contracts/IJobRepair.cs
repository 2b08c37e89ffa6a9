namespace JobAdmin;

/// <summary>A server whose queues can be searched for damage and repaired (<see cref="JobServerCapabilities.Repair"/>).</summary>
public interface IJobRepair
{
    /// <summary>Looks for damage. Nothing is changed.</summary>
    /// <param name="query">Where, and what kinds.</param>
    /// <param name="progress">Told what is being looked at, and how much of it has been.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>What was found, as it is found; pages, none empty.</returns>
    IAsyncEnumerable<IReadOnlyList<JobDefect>> FindDefectsAsync(JobDefectQuery query, IProgress<BulkProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Repairs damage of one kind. Each is looked at again in the same step that mends it: what has changed since is left alone, and so is what a worker holds.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="kind">The kind.</param>
    /// <param name="defects">The damage, all of this kind and queue.</param>
    /// <param name="force">Whether to go on where a decision is needed that the server can't make.</param>
    /// <param name="keep">Keeps what is about to be deleted; null when nobody wants it.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>What became of each, in order.</returns>
    Task<IReadOnlyList<JobDefect>> RepairAsync(string queue, JobDefectKind kind, IReadOnlyList<JobDefect> defects, bool force, Func<JobExportSlice, Task>? keep,
        CancellationToken cancellationToken);
}

/// <summary>Where to look for damage.</summary>
public sealed record JobDefectQuery
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The kinds; empty for all.</summary>
    public IReadOnlyList<JobDefectKind> Kinds { get; init; } = [];

    /// <summary>How often workers look for jobs that stalled. A job counts as lost when no worker has held it for two such intervals.
    /// Zero for one look alone, in which what was taken less than a minute ago does not count.</summary>
    public TimeSpan StalledInterval { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The kinds of damage.</summary>
public enum JobDefectKind
{
    /// <summary>A job that counts as running though no worker holds it: it goes back to the front of the queue.</summary>
    LostActive,
    /// <summary>An id in a state whose job is gone: it is taken out of the state.</summary>
    MissingJob,
    /// <summary>Keys of a job that is in no state: they are deleted.</summary>
    OrphanedKey,
    /// <summary>A flow's parent that waits for children that are gone or have long completed: it stops waiting for them.</summary>
    Parent,
    /// <summary>The mark that wakes workers is missing, or is there when it must not be: it is set right.</summary>
    Marker,
    /// <summary>Jobs stand in both the waiting and the paused list, one of which a pause or resume of BullMQ 4 and 5 would overwrite: they are joined.</summary>
    Lists,
}

/// <summary>What has become of a damage.</summary>
public enum JobDefectStatus
{
    /// <summary>It was found.</summary>
    Found,
    /// <summary>It is repaired.</summary>
    Repaired,
    /// <summary>It was not there any more; nothing was changed.</summary>
    Gone,
    /// <summary>A worker holds it now; nothing was changed.</summary>
    InUse,
}

/// <summary>A damage in a queue.</summary>
public sealed class JobDefect
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The kind.</summary>
    public JobDefectKind Kind { get; init; }

    /// <summary>The job; null for a damage of the whole queue.</summary>
    public string? Id { get; init; }

    /// <summary>The state the job is in, when it is in one.</summary>
    public JobState State { get; init; }

    /// <summary>What has become of it.</summary>
    public JobDefectStatus Status { get; init; }

    /// <summary>What is wrong, in words.</summary>
    public required string Message { get; init; }

    /// <summary>Since when it is known to be so; null when that can't be told.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The keys that it is about: those of an orphan, or those of the children that a parent waits for in vain; not all when there are many.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The name of the connection.</summary>
    public string? Connection => Server?.Connection.Name;

    /// <summary>What it was known by when it was found: a job that has run since is another matter.</summary>
    internal string Mark { get; init; } = "";

    internal IJobServer? Server { get; init; }

    /// <summary>The damage in words.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => $"{(Id is null ? $"queue {Queue}" : $"job {Id} in queue {Queue}")}: {Message}";

    internal JobDefect With(JobDefectStatus status, string? message = null) => new()
    {
        Queue = Queue, Kind = Kind, Id = Id, State = State, Status = status, Message = message ?? Message, Since = Since, Keys = Keys, Mark = Mark, Server = Server,
    };
}
