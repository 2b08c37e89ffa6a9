namespace JobAdmin;

/// <summary>A server that gives out jobs field by field and takes them back the same (<see cref="JobServerCapabilities.Raw"/>).</summary>
/// <remarks>A record is one line of JSON: a job with all that belongs to it, or a key of the queue's own.</remarks>
public interface IJobTransfer
{
    /// <summary>Records of all jobs that match, those of a state in the order in which they are taken or finished. A job that moves meanwhile may come again: the last
    /// record counts.</summary>
    /// <param name="query">Which jobs; <see cref="JobQuery.First"/> and <see cref="JobQuery.Skip"/> have no meaning here.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Records in slices; at the end, where some may be missing, an empty one that says why. The memory of a slice is used again once the next one has been
    /// asked for.</returns>
    IAsyncEnumerable<JobExportSlice> ExportJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Records of jobs by id.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The ids.</param>
    /// <param name="seen">The state in which they were seen, which spares a search; Unknown otherwise.</param>
    /// <param name="kin">Which relatives come with them.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Records in slices of a few megabytes at the most, but for larger jobs; the last one, which may be empty, names the ids that are not there. The memory of a slice is
    /// used again once the next one has been asked for.</returns>
    IAsyncEnumerable<JobExportSlice> ExportJobsAsync(string queue, IReadOnlyList<string> ids, JobState seen, JobKin kin, CancellationToken cancellationToken);

    /// <summary>Records of the queue's own keys: settings, counters, schedulers, deduplication, metrics.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Records in slices.</returns>
    IAsyncEnumerable<JobExportSlice> ExportQueueKeysAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Reads a record without doing anything with it.</summary>
    /// <param name="record">The line.</param>
    /// <returns>What it is about.</returns>
    /// <exception cref="JobServerException"><c>InvalidRecord</c>: it is no record, with the reason.</exception>
    JobRecordInfo ReadRecord(ReadOnlyMemory<byte> record);

    /// <summary>Puts records back.</summary>
    /// <param name="import">The records, and where to.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>One outcome a record, in order: <c>Added</c>, <c>AlreadyExists</c> (with a message when what is there differs), <c>Updated</c> where something else
    /// was overwritten, or <c>Locked</c>.</returns>
    Task<IReadOnlyList<JobOutcome>> ImportAsync(JobImport import, CancellationToken cancellationToken);

    /// <summary>Deletes jobs as <see cref="IJobServer.ClearQueueAsync"/> does, each slice after its records have been kept.</summary>
    /// <param name="query">Which ones.</param>
    /// <param name="force">Whether to go on where the layout is foreign or mixed.</param>
    /// <param name="keep">Keeps the records; nothing of them is deleted before it returns. After each deletion it is told what was left.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Progress after each slice.</returns>
    IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, Func<JobExportSlice, Task> keep, CancellationToken cancellationToken);

    /// <summary>Deletes a queue as <see cref="IJobServer.RemoveQueueAsync"/> does, each slice after its records have been kept.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="force">Whether to go on with active jobs, and where the layout is foreign or mixed.</param>
    /// <param name="keep">Keeps the records; nothing of them is deleted before it returns. After each deletion it is told what was left.</param>
    /// <param name="cancellationToken">Stops it between slices.</param>
    /// <returns>Progress after each slice.</returns>
    IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, Func<JobExportSlice, Task> keep, CancellationToken cancellationToken);
}

/// <summary>Which relatives of a job an export takes along.</summary>
[Flags]
public enum JobKin
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Children and what is under them, in any queue.</summary>
    Children = 1,
    /// <summary>Parents in the same queue, which BullMQ clears with their last child.</summary>
    Parents = 2,
}

/// <summary>Some records.</summary>
/// <param name="Count">How many.</param>
/// <param name="Lines">The records, each a line of UTF-8 with its line feed.</param>
/// <param name="Missing">Of the ids asked for, those that are not there.</param>
public sealed record JobExportSlice(int Count, ReadOnlyMemory<byte> Lines, IReadOnlyList<string> Missing)
{
    /// <summary>The jobs of the records, in their order, where they were asked for by id.</summary>
    public IReadOnlyList<ExportedJob> Jobs { get; init; } = [];

    /// <summary>Why jobs that went back to an earlier state meanwhile may be missing; null when none is.</summary>
    public string? Doubt { get; init; }

    /// <summary>In a slice without records that comes after a deletion: the jobs that it left, of those kept since the deletion before. Null in a slice of records.</summary>
    public IReadOnlyList<ExportedJob>? NotDeleted { get; init; }
}

/// <summary>A job of which a record was made.</summary>
/// <param name="Queue">Its queue.</param>
/// <param name="Id">Its id.</param>
/// <param name="State">Its state then.</param>
/// <param name="Parent">The key of the job whose child it is, if any.</param>
/// <param name="Root">The job that it came along with, as a relative; null for one that was asked for.</param>
public sealed record ExportedJob(string Queue, string Id, JobState State, string? Parent, string? Root);

/// <summary>What a record is about.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Id">The job's id, or null for a key of the queue's own.</param>
/// <param name="Key">The key's last part, or null for a job.</param>
/// <param name="State">The job's state.</param>
public readonly record struct JobRecordInfo(string Queue, string? Id, string? Key, JobState State)
{
    /// <summary>How many children the job has, whatever became of them.</summary>
    public int Children { get; init; }
}

/// <summary>Records to put back, all of one queue.</summary>
public sealed record JobImport
{
    /// <summary>The queue that they were exported from.</summary>
    public required string Queue { get; init; }

    /// <summary>The records.</summary>
    public required IReadOnlyList<ReadOnlyMemory<byte>> Records { get; init; }

    /// <summary>The prefix that they were exported with. The connection's own takes its place, in the links between jobs too.</summary>
    public required string Prefix { get; init; }

    /// <summary>New names of queues; a queue that isn't here keeps its own.</summary>
    public IReadOnlyDictionary<string, string> Names { get; init; } = new Dictionary<string, string>();

    /// <summary>The library that wrote the queue, for a queue that has to be made; null when not known.</summary>
    public string? Library { get; init; }

    /// <summary>Whether jobs that are there and differ are overwritten.</summary>
    public bool Overwrite { get; init; }
}
