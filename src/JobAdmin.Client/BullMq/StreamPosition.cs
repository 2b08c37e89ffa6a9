using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Where a watch stands in one queue's event stream, and how it notices that events were lost.</summary>
internal sealed class StreamPosition(string queue, RedisKey key)
{
    private const int Batch = 1000;

    // Entries the stream had ever been given when we had read all of it; null until then.
    private long? counted;
    private bool comesFromTime;

    public string Queue => queue;

    public RedisKey Key => key;

    /// <summary>The id of the last event seen.</summary>
    public string LastId { get; private set; } = "0-0";

    /// <summary>Goes to the end of the stream, so that only what happens from now on is seen.</summary>
    public async Task SeekEndAsync(ScriptRunner runner, CancellationToken cancellationToken)
    {
        var info = await AskAsync(runner, "0-0", 0, cancellationToken).ConfigureAwait(false);
        LastId = info.LastId.Length > 0 ? info.LastId : "0-0";
        counted = info.Added >= 0 ? info.Added : null;
    }

    /// <summary>Goes behind an id.</summary>
    /// <param name="id">The id.</param>
    /// <param name="isTime">Whether it is only a time, written as an id: a stream that ends before it has lost nothing.</param>
    public void Seek(string id, bool isTime = false) => (LastId, comesFromTime) = (id, isTime);

    /// <summary>The events behind the position, a gap record first where some were lost. An empty result is the end for now.</summary>
    public async Task<List<JobEvent>> ReadAsync(IJobServer server, ScriptRunner runner, CancellationToken cancellationToken)
    {
        var events = new List<JobEvent>();
        var info = await AskAsync(runner, LastId, Batch, cancellationToken).ConfigureAwait(false);
        if (comesFromTime && Compare(info.LastId, LastId) < 0)
        {
            // Nothing happened since that time: we stand at the end.
            LastId = info.LastId.Length > 0 ? info.LastId : "0-0";
            counted = info.Added >= 0 ? info.Added : null;
        }
        else if (LastId != "0-0" && Compare(info.LastId, LastId) < 0)
        {
            // The stream went backwards: the queue was removed, or the server came back with older data.
            events.Add(Gap(server, null));
            LastId = "0-0";
            counted = info.Added >= 0 ? 0 : null;
            info = await AskAsync(runner, LastId, Batch, cancellationToken).ConfigureAwait(false);
        }

        var trimmed = info.Added - info.Length;
        if (info.Added >= 0 && counted is { } known)
        {
            if (trimmed > known)
            {
                events.Add(Gap(server, trimmed - known));
                counted = trimmed;
            }
            else if (info.Added < known + info.Entries.Length)
            {
                // More stands behind our position than was added since: what we saw last is not there any more, and the server told it otherwise.
                events.Add(Gap(server, null));
                counted = null;
            }
        }
        else if (LastId != "0-0" && trimmed > 0 && info.FirstId.Length > 0 && Compare(info.FirstId, LastId) > 0)
        {
            // We came with an id of an earlier time, and the stream begins behind it: some may be missing between them.
            events.Add(Gap(server, null));
        }

        comesFromTime = false;
        foreach (var entry in info.Entries)
        {
            var parts = (RedisResult[])entry!;
            LastId = (string)parts[0]!;
            events.Add(Parse(server, queue, LastId, (RedisResult[])parts[1]!));
        }

        if (info.Added >= 0)
        {
            counted = counted is { } c ? c + info.Entries.Length : info.Entries.Length < Batch ? info.Added : null;
        }

        return events;
    }

    /// <summary>An event's id, or its time alone, as Redis writes it; null for what can be none.</summary>
    public static string? TryNormalise(string text)
    {
        var parts = text.Split('-');
        return parts.Length <= 2 && Number(parts[0]) is { } time && Number(parts.ElementAtOrDefault(1) ?? "0") is { } number ? $"{time}-{number}" : null;

        static ulong? Number(string digits) => ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    /// <summary>Compares two stream ids.</summary>
    public static int Compare(string a, string b)
    {
        var (am, an) = Split(a);
        var (bm, bn) = Split(b);
        return am != bm ? am.CompareTo(bm) : an.CompareTo(bn);
    }

    private static (ulong Ms, ulong N) Split(string id)
    {
        var dash = id.IndexOf('-');
        return dash < 0
            ? (ulong.TryParse(id, out var only) ? only : 0, 0)
            : (ulong.TryParse(id.AsSpan(0, dash), out var ms) ? ms : 0, ulong.TryParse(id.AsSpan(dash + 1), out var n) ? n : 0);
    }

    private readonly record struct Info(long Added, long Length, string LastId, string FirstId, RedisResult[] Entries);

    private async Task<Info> AskAsync(ScriptRunner runner, string after, int count, CancellationToken cancellationToken)
    {
        var answer = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("events"), reads: true, [key], [after, count], cancellationToken).ConfigureAwait(false))!;
        return new Info((long)answer[0], (long)answer[1], (string?)answer[2] ?? "", (string?)answer[3] ?? "", (RedisResult[])answer[4]!);
    }

    private JobEvent Gap(IJobServer server, long? missed) => new() { Server = server, Queue = queue, Event = "gap", Missed = missed, Time = DateTimeOffset.UtcNow, EventId = LastId };

    /// <summary>An event as an entry of a stream tells it.</summary>
    public static JobEvent Parse(IJobServer server, string queue, string id, RedisResult[] fields)
    {
        string? name = null, kind = null, job = null, previous = null, reason = null, result = null, data = null;
        DateTimeOffset? due = null;
        Dictionary<string, string>? more = null;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            var field = (string?)fields[i] ?? "";
            var value = (string?)fields[i + 1] ?? "";
            switch (field)
            {
                case "event": kind = value; break;
                case "jobId": job = value; break;
                case "name": name = value; break;
                case "prev": previous = value; break;
                case "failedReason": reason = value; break;
                case "returnvalue": result = value; break;
                case "data": data = value; break;
                case "delay" when kind == "delayed" && long.TryParse(value, CultureInfo.InvariantCulture, out var ms): due = JobRows.FromMilliseconds(ms); break;
                default: (more ??= new(StringComparer.Ordinal))[field] = value; break;
            }
        }

        return new JobEvent
        {
            Server = server,
            Queue = queue,
            Event = kind ?? "unknown",
            Id = job,
            Name = name,
            Time = JobRows.FromMilliseconds((long)Math.Min(Split(id).Ms, long.MaxValue)),
            Previous = previous,
            FailedReason = reason,
            ReturnValue = result,
            Progress = data,
            DelayUntil = due,
            EventId = id,
            Fields = more,
        };
    }
}
