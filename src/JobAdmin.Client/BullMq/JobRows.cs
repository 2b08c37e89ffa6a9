using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Makes jobs of the rows that <c>job-fields.lua</c> writes.</summary>
internal sealed class JobRows(IJobServer server, string queue, JobParts parts)
{
    // Names repeat within a queue: one string each.
    private readonly Dictionary<int, string> names = [];

    /// <summary>The parts as the flags that the scripts take.</summary>
    public static string Flags(JobParts parts) => string.Create(5, parts, static (span, p) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = ((int)p & (1 << i)) != 0 ? '1' : '0';
        }
    });

    /// <summary>The jobs of one page of a sorted set that match the whole filter.</summary>
    public List<QueueJob> ReadPage(ReadOnlyMemory<byte> packed, int count, FilterText filter)
    {
        var jobs = new List<QueueJob>(count);
        if (count == 0)
        {
            return jobs;
        }

        var reader = new MsgPackReader(packed);
        for (var i = 0; i < count; i++)
        {
            var job = Read(ref reader);
            if (!filter.NeedsLook || filter.Matches(job))
            {
                jobs.Add(job);
            }
        }

        return jobs;
    }

    /// <summary>The ids of one page that was asked for ids alone.</summary>
    public static List<string> ReadIds(ReadOnlyMemory<byte> packed, int count)
    {
        var ids = new List<string>(count);
        if (count > 0)
        {
            var reader = new MsgPackReader(packed);
            for (var left = count; left > 0; left--)
            {
                ids.Add(reader.ReadString() ?? "");
            }
        }

        return ids;
    }

    /// <summary>Adds the jobs that <c>jobs-by-id.lua</c> gave, and tells how many ids it looked at: one at the least.</summary>
    public int ReadById(ReadOnlyMemory<byte> packed, List<QueueJob> jobs)
    {
        var reader = new MsgPackReader(packed);
        var looked = (int)reader.ReadInteger();
        var found = reader.ReadCount();
        for (var i = 0; i < found; i++)
        {
            jobs.Add(Read(ref reader));
        }

        return looked;
    }

    // Compiled well at its first call: a listing is over before the runtime would have noticed how hot it is.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private QueueJob Read(ref MsgPackReader reader)
    {
        var id = reader.ReadString() ?? "";
        var score = reader.ReadString();
        var word = reader.ReadString();
        var state = StateWords.Parse(word);
        var problems = new Problems();
        var name = Name(ref reader);
        var timestamp = Time(ref reader, "timestamp", ref problems);
        var processedOn = Time(ref reader, "processedOn", ref problems);
        var finishedOn = Time(ref reader, "finishedOn", ref problems);
        var failedReason = reader.ReadString();
        var progress = Progress(ref reader);
        var attempts = Number(ref reader, "atm", ref problems);
        var attemptsOld = Number(ref reader, "attemptsMade", ref problems);
        var started = Number(ref reader, "ats", ref problems);
        var stalled = Number(ref reader, "stc", ref problems);
        var priority = Number(ref reader, "priority", ref problems);
        var delay = Number(ref reader, "delay", ref problems);
        var processedBy = reader.ReadString();
        var parentKey = reader.ReadString();
        var scheduler = reader.ReadString();
        var deduplication = reader.ReadString();
        var deferred = reader.ReadString();
        var allowed = Number(ref reader, "attempts", ref problems);
        ReadOnlyMemory<byte>? data = null, options = null, returnValue = null, stack = null;
        List<string>? log = null;
        if (parts != JobParts.None)
        {
            (data, options, returnValue, stack) = (Raw(ref reader), Raw(ref reader), Raw(ref reader), Raw(ref reader));
            log = Log(ref reader);
        }

        if (name is null && timestamp is null)
        {
            problems.Add("its hash has neither name nor timestamp");
        }

        var (parentQueue, parentId) = SplitKey(parentKey);
        var job = new QueueJob
        {
            Server = server,
            Queue = queue,
            Id = id,
            Name = name ?? "",
            State = state,
            RawState = state == JobState.Waiting ? "waiting" : word,
            Timestamp = timestamp,
            ProcessedOn = processedOn,
            FinishedOn = finishedOn,
            FailedReason = failedReason,
            Progress = progress,
            AttemptsMade = (int)(attempts ?? attemptsOld ?? 0),
            AttemptsStarted = (int?)started,
            Attempts = (int?)allowed is { } a ? Math.Max(a, 1) : null,
            StalledCount = (int)(stalled ?? 0),
            Priority = priority ?? 0,
            Delay = TimeSpan.FromMilliseconds(Math.Clamp(delay ?? 0, 0, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)),
            // 12 bits of the score keep the order within a millisecond.
            DelayUntil = state == JobState.Delayed && double.TryParse(score, CultureInfo.InvariantCulture, out var due) ? FromMilliseconds((long)Math.Floor(due / 4096)) : null,
            ProcessedBy = processedBy,
            ParentId = parentId,
            ParentQueue = parentQueue,
            SchedulerId = scheduler,
            DeduplicationId = deduplication,
            DeferredFailure = deferred,
            RawData = data,
            RawOptions = options,
            RawReturnValue = returnValue,
            StackTrace = stack is { } s ? StackLines(s, ref problems) : null,
            Log = log,
        };
        if (data is not null && job.GetData() is null)
        {
            problems.Add("its data are not JSON");
        }

        return problems.Text is { } text ? job.WithProblem(text) : job;
    }

    /// <summary>A time from milliseconds since 1970; null beyond what a date can hold.</summary>
    public static DateTimeOffset? FromMilliseconds(long milliseconds) =>
        milliseconds is >= -62135596800000 and <= 253402300799999 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private string? Name(ref MsgPackReader reader)
    {
        if (!reader.TryReadBytes(out var bytes))
        {
            return null;
        }

        var hash = new HashCode();
        hash.AddBytes(bytes.Span);
        var key = hash.ToHashCode();
        if (names.TryGetValue(key, out var known) && known.Length <= bytes.Length && Encoding.UTF8.GetByteCount(known) == bytes.Length
            && Encoding.UTF8.GetBytes(known).AsSpan().SequenceEqual(bytes.Span))
        {
            return known;
        }

        var name = Encoding.UTF8.GetString(bytes.Span);
        if (names.Count < 1000 && bytes.Length < 200)
        {
            names[key] = name;
        }

        return name;
    }

    private static DateTimeOffset? Time(ref MsgPackReader reader, string field, ref Problems problems) =>
        Number(ref reader, field, ref problems) is { } milliseconds ? FromMilliseconds(milliseconds) : null;

    private static long? Number(ref MsgPackReader reader, string field, ref Problems problems)
    {
        if (!reader.TryReadBytes(out var bytes) || bytes.Length == 0)
        {
            return null;
        }

        var span = bytes.Span;
        if (Utf8Parser.TryParse(span, out long whole, out var used) && used == span.Length)
        {
            return whole;
        }

        if (Utf8Parser.TryParse(span, out double real, out used) && used == span.Length && double.IsFinite(real) && Math.Abs(real) < 9e18)
        {
            return (long)real;
        }

        problems.Add($"its field '{field}' is no number");
        return null;
    }

    private static object? Progress(ref MsgPackReader reader)
    {
        if (!reader.TryReadBytes(out var bytes) || bytes.Length == 0)
        {
            return null;
        }

        var span = bytes.Span;
        if (Utf8Parser.TryParse(span, out int whole, out var used) && used == span.Length)
        {
            return whole;
        }

        if (Utf8Parser.TryParse(span, out double real, out used) && used == span.Length)
        {
            return real;
        }

        return Encoding.UTF8.GetString(span);
    }

    private ReadOnlyMemory<byte>? Raw(ref MsgPackReader reader) => reader.TryReadBytes(out var bytes)
        // A copy, so that one job kept does not keep its page.
        ? new ReadOnlyMemory<byte>(bytes.ToArray()) : default(ReadOnlyMemory<byte>?);

    private List<string>? Log(ref MsgPackReader reader)
    {
        if (!reader.TryReadBytes(out var packed))
        {
            return (parts & JobParts.Log) != 0 ? [] : null;
        }

        var lines = new List<string>();
        var inner = new MsgPackReader(packed);
        for (var left = inner.ReadArray(); left > 0; left--)
        {
            lines.Add(inner.ReadString() ?? "");
        }

        return lines;
    }

    private static List<string>? StackLines(ReadOnlyMemory<byte> raw, ref Problems problems)
    {
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize<List<string?>>(raw.Span)?.ConvertAll(line => line ?? "") ?? [];
        }
        catch (System.Text.Json.JsonException)
        {
            problems.Add("its stack trace is no JSON array of texts");
            return [Encoding.UTF8.GetString(raw.Span)];
        }
    }

    /// <summary>Queue and id of a job's key. Ids may have colons (a scheduler's runs do), queues may not: with our prefix both are known for sure.</summary>
    private (string? Queue, string? Id) SplitKey(string? key)
    {
        if (key is null)
        {
            return default;
        }

        var start = server.Connection.Prefix is { } prefix && key.StartsWith(prefix + ":", StringComparison.Ordinal) ? prefix.Length + 1 : -1;
        var end = start >= 0 ? key.IndexOf(':', start) : key.LastIndexOf(':');
        if (end <= 0)
        {
            return (null, key);
        }

        start = start >= 0 ? start : key.LastIndexOf(':', end - 1) + 1;
        return (key[start..end], key[(end + 1)..]);
    }

    private struct Problems
    {
        public string? Text { get; private set; }

        public void Add(string problem) => Text = Text is null ? problem : $"{Text}, {problem}";
    }
}
