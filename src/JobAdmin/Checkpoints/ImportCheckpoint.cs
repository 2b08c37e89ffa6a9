using System.Globalization;
using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>How far the import of files has come, so that another run puts back no job that a worker has finished, and maybe removed, meanwhile.</summary>
/// <remarks>Where the queue's events end is noted before records are sent: of those that were under way when a run broke off, the events tell which ones
/// workers have had since, and the others can be sent again without harm.</remarks>
internal sealed class ImportCheckpoint(string path, CheckpointHeader run) : CheckpointRun(path, run)
{
    private const string NoEvents = "0-0";

    private readonly Dictionary<string, CheckpointLine> files = new(StringComparer.Ordinal);

    // The last job that was put in a list, and its queue: as long as it waits, so does whatever stands behind it in the file.
    private (string Queue, string Id)? lastInLine;

    /// <inheritdoc/>
    public override bool HasOpen => files.Values.Any(file => file.Events is not null);

    /// <inheritdoc/>
    protected override string Sum => $"{files.Values.Sum(file => file.Records):N0} records";

    /// <summary>How many records of a file have been imported.</summary>
    public long Done(string file) => files.TryGetValue(file, out var line) ? line.Records!.Value : 0;

    /// <summary>Whether all of a file has been imported.</summary>
    public bool IsDone(string file) => files.TryGetValue(file, out var line) && line.Events is null;

    /// <summary>Imports some records of a file, once it is noted that they are about to be.</summary>
    /// <param name="server">The server.</param>
    /// <param name="file">The file.</param>
    /// <param name="done">How many of its records have been imported.</param>
    /// <param name="import">The records behind those.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>One outcome a record that was imported now.</returns>
    public async Task<IReadOnlyList<JobOutcome>> ImportAsync(IJobServer server, string file, long done, JobImport import, CancellationToken token)
    {
        var queue = import.Names.GetValueOrDefault(import.Queue, import.Queue);
        IReadOnlyList<JobOutcome> outcomes;
        if (done == Done(file) && files.GetValueOrDefault(file) is { Events: not null } line)
        {
            outcomes = await SettleAsync(server, queue, line, import, token).ConfigureAwait(false);
        }
        else
        {
            var events = await ((IJobEventHistory)server).GetLastEventIdAsync(queue, token).ConfigureAwait(false);
            Write(new CheckpointLine { File = file, Records = done, Events = events, Ids = lastInLine?.Queue == queue ? [lastInLine.Value.Id] : null }, lasting: true);
            outcomes = await ((IJobTransfer)server).ImportAsync(import, token).ConfigureAwait(false);
        }

        var backwards = import.Records.Reverse().Select(record => ((IJobTransfer)server).ReadRecord(record));
        lastInLine = backwards.FirstOrDefault(IsInLine).Id is { } id ? (queue, id) : lastInLine;
        return outcomes;
    }

    /// <summary>Says that all of a file has been imported.</summary>
    public void End(string file, long records) => Write(new CheckpointLine { File = file, Records = records }, lasting: false);

    /// <summary>Imports what was under way when an earlier run broke off, but for jobs that may have been imported and finished since.</summary>
    private static async Task<IReadOnlyList<JobOutcome>> SettleAsync(IJobServer server, string queue, CheckpointLine line, JobImport import, CancellationToken token)
    {
        var transfer = (IJobTransfer)server;
        var records = import.Records.Select(record => (Line: record, Job: transfer.ReadRecord(record))).ToList();
        if (await SeenAsync((IJobEventHistory)server, queue, line.Events!, token).ConfigureAwait(false) is { } seen)
        {
            return await transfer.ImportAsync(import with { Records = [.. records.Where(record => record.Job.Id is null || !seen.Contains(record.Job.Id)).Select(record => record.Line)] }, token).ConfigureAwait(false);
        }

        var ids = records.Select(record => record.Job.Id).OfType<string>().ToList();
        var jobs = await server.GetJobsByIdAsync(queue, [.. ids, .. line.Ids ?? []], JobParts.None, token).ConfigureAwait(false);
        var there = ids.Where((_, i) => jobs[i] is not null).ToHashSet(StringComparer.Ordinal);
        var lineMoved = line.Ids is null || jobs[^1]?.State is not (JobState.Waiting or JobState.Paused);
        var lost = records.Where(record => record.Job.Id is { } id && !there.Contains(id) && (IsInLine(record.Job) ? lineMoved : MayHaveRun(record.Job))).ToList();
        // Of those that are there and differ it can't be told who changed them: they stay.
        var known = import with { Records = [.. records.Except(lost).Select(record => record.Line)], Overwrite = false };
        return
        [
            .. await transfer.ImportAsync(known, token).ConfigureAwait(false),
            .. lost.Select(record => new JobOutcome
            {
                Server = server,
                Queue = queue,
                Id = record.Job.Id!,
                Status = JobOutcomeStatus.Unknown,
                Message = "it was under way when an earlier run broke off, and the queue's events since are gone: a worker may have finished and removed it, so it is left out",
            }),
        ];
    }

    private static bool IsInLine(JobRecordInfo job) => job.Id is not null && job.State is JobState.Waiting or JobState.Paused;

    private static bool MayHaveRun(JobRecordInfo job) => job.State is not (JobState.Completed or JobState.Failed or JobState.WaitingChildren);

    /// <summary>The jobs of a queue of which events tell.</summary>
    /// <param name="server">Has the events.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="after">Where they ended.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>Their ids; null when some events are gone, so that it can't be told.</returns>
    private static async Task<IReadOnlySet<string>?> SeenAsync(IJobEventHistory server, string queue, string after, CancellationToken token)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (after == NoEvents)
        {
            if (await server.GetLastEventIdAsync(queue, token).ConfigureAwait(false) == NoEvents)
            {
                return seen;
            }

            // Not from wherever they begin, but from the first one there ever was.
            after = "0-1";
        }
        else if (await server.GetEventsAfterAsync(queue, Before(after), token).ConfigureAwait(false) is not [{ IsGap: false } first, ..] || first.EventId != after)
        {
            // What stood there is gone, and maybe what came behind it: not every server counts what it has dropped.
            return null;
        }

        while (await server.GetEventsAfterAsync(queue, after, token).ConfigureAwait(false) is { Count: > 0 } events)
        {
            if (events.Any(one => one.IsGap))
            {
                return null;
            }

            seen.UnionWith(events.Select(one => one.Id).OfType<string>());
            after = events[^1].EventId!;
        }

        return seen;
    }

    /// <inheritdoc/>
    protected override void Take(CheckpointLine line)
    {
        if (line is not { File: { } file, Records: >= 0 })
        {
            throw Stranger();
        }

        files[file] = line.Records >= Done(file) ? line : throw new InvalidDataException($"it goes back behind {Done(file)} records");
    }

    /// <summary>The last id that an event before another one can have.</summary>
    private static string Before(string id)
    {
        var parts = id.Split('-');
        var (time, number) = (ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture));
        return number > 0 ? $"{time}-{number - 1}" : $"{time - 1}-{ulong.MaxValue}";
    }
}
