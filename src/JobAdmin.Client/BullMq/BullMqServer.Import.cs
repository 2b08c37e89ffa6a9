using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Putting records back.</summary>
internal sealed partial class BullMqServer
{
    private const long ImportBytes = 2 << 20;

    public JobRecordInfo ReadRecord(ReadOnlyMemory<byte> record) => JobRecord.Read(record).Info;

    public async Task<IReadOnlyList<JobOutcome>> ImportAsync(JobImport import, CancellationToken cancellationToken)
    {
        RequireWrite();
        var names = new RecordNames(import, Prefix);
        var queue = names.Queue(import.Queue);
        var records = import.Records.Select(JobRecord.Read).ToList();
        if (records.FirstOrDefault(r => r.Queue != import.Queue) is { } stranger)
        {
            throw new JobServerException("InvalidRecord", JobErrorKind.InvalidInput, $"A record is of queue '{stranger.Queue}', not of '{import.Queue}'.");
        }

        (int Major, bool Certain)? target = await TargetAsync(queue, import.Library, cancellationToken).ConfigureAwait(false);
        var outcomes = new List<JobOutcome>(records.Count);
        var slicer = new Slicer(50, 500);
        while (outcomes.Count < records.Count)
        {
            if (records[outcomes.Count].Key is not null)
            {
                // The settings say how the jobs behind them have to be put in.
                outcomes.Add(await ImportKeyAsync(queue, records[outcomes.Count], import.Overwrite, cancellationToken).ConfigureAwait(false));
                target = null;
                continue;
            }

            var slice = new List<JobRecord>();
            long bytes = 0;
            foreach (var record in records.Skip(outcomes.Count).Take(slicer.Size).TakeWhile(r => r.Id is not null))
            {
                bytes += record.Size;
                if (slice.Count > 0 && bytes > ImportBytes)
                {
                    break;
                }

                names.Apply(record);
                slice.Add(record);
            }

            target ??= await TargetAsync(queue, import.Library, cancellationToken).ConfigureAwait(false);
            slicer.Begin();
            outcomes.AddRange(await ImportSliceAsync(queue, target.Value, slice, import, cancellationToken).ConfigureAwait(false));
            slicer.End(slice.Count);
        }

        return outcomes;
    }

    /// <summary>The layout in which jobs are put into a queue: its own, or for one that has to be made, that of the library that wrote them.</summary>
    private async Task<(int Major, bool Certain)> TargetAsync(string queue, string? library, CancellationToken cancellationToken)
    {
        var profile = await QueueProfile.ReadAsync(runner, Keys(queue), cancellationToken).ConfigureAwait(false);
        if (profile is null)
        {
            profiles.TryRemove(queue, out _);
            return (library?.Split('.')[0] switch { "bullmq:4" => 4, "bullmq:5" => 5, _ => 6 }, true);
        }

        profile.CheckChange(queue, destroys: false, force: false);
        return (profile.Major, profile.Certain);
    }

    private async Task<IEnumerable<JobOutcome>> ImportSliceAsync(string queue, (int Major, bool Certain) target, List<JobRecord> slice, JobImport import, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        List<object> arguments =
        [
            keys.Base, target.Major.ToString(CultureInfo.InvariantCulture), target.Certain ? "1" : "0", import.Overwrite ? "1" : "0", import.Library ?? "",
            DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        ];
        foreach (var record in slice)
        {
            arguments.AddRange([record.Id!, record.State == "waiting" ? "wait" : record.State, record.Score, record.Expires, record.Values.Count, .. record.Values,
                record.DeduplicationId, record.DeduplicationExpires]);
            foreach (var (values, expires) in record.SubKeys)
            {
                arguments.AddRange([values.Count, expires, .. values]);
            }
        }

        var script = ScriptCatalog.PerVersion(target.Major, "import");
        var codes = (RedisResult[])(await AnswerAsync(runner.RunAsync(script, reads: false, [keys.Meta], arguments, CancellationToken.None, again: true), cancellationToken).ConfigureAwait(false))!;
        return slice.Select((record, i) => ImportOutcome(queue, record.Id!, (int)codes[i]));
    }

    private async Task<JobOutcome> ImportKeyAsync(string queue, JobRecord record, bool overwrite, CancellationToken cancellationToken)
    {
        object[] arguments = [record.Key!, record.KeyType, record.Expires, overwrite ? "1" : "0", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), .. record.Values];
        var code = (int)await runner.RunAsync(ScriptCatalog.Own("import-key"), reads: false, [Keys(queue)[record.Key!]], arguments, cancellationToken, again: true).ConfigureAwait(false);
        return ImportOutcome(queue, record.Key!, code);
    }

    private JobOutcome ImportOutcome(string queue, string id, int code)
    {
        var (status, message) = code switch
        {
            1 => (JobOutcomeStatus.Added, null),
            2 => (JobOutcomeStatus.AlreadyExists, null),
            3 => (JobOutcomeStatus.Updated, null),
            0 => (JobOutcomeStatus.AlreadyExists, "It is there already, and differs."),
            -2 => (JobOutcomeStatus.Locked, "A worker has it."),
            _ => (JobOutcomeStatus.Refused, "It would have expired since."),
        };
        return new JobOutcome { Server = this, Queue = queue, Id = id, Status = status, Message = message };
    }
}
