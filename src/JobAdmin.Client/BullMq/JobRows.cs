using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>Makes jobs of the rows that <c>job-fields.lua</c> writes.</summary>
internal sealed class JobRows(IJobServer server, string queue, JobParts parts)
{
    /// <summary>The fields of a job that are always read, in their order. Those of <c>job-fields.lua</c> are the same.</summary>
    public static readonly string[] Fields =
    [
        "name", "timestamp", "processedOn", "finishedOn", "failedReason", "progress", "atm", "attemptsMade", "ats", "stc", "priority", "delay", "pb", "parentKey",
        "rjk", "deid", "defa", "opts",
    ];

    private readonly KnownTexts names = new(), words = new();
    private readonly Slice[] slices = new Slice[Fields.Length];

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

    /// <summary>Where the ids of one page that was asked for ids alone stand in it.</summary>
    public static Slice[] ReadIdSlices(ReadOnlyMemory<byte> packed, int count)
    {
        var ids = new Slice[count];
        var reader = new MsgPackReader(packed);
        for (var i = 0; i < count; i++)
        {
            ids[i] = reader.ReadSlice();
        }

        return ids;
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

    /// <summary>A job of a row without more parts than are always read.</summary>
    /// <param name="row">The values.</param>
    /// <param name="id">The id.</param>
    /// <param name="word">The state, as its key says it.</param>
    public QueueJob Make(in JobRow row, ReadOnlySpan<byte> id, string word) => Make(row, id, word, null, null, null);

    private QueueJob Read(ref MsgPackReader reader)
    {
        var id = reader.ReadSlice();
        var score = reader.ReadString();
        var word = reader.TryReadBytes(out var text) ? words.Get(text.Span) : "";
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = reader.ReadSlice();
        }

        var row = new JobRow(reader.Bytes, slices);
        if (parts == JobParts.None)
        {
            return Make(row, id.Of(reader.Bytes), word, score, null, null);
        }

        // Copies, so that one job kept does not keep its page.
        var content = new ReadOnlyMemory<byte>?[4];
        for (var i = 0; i < content.Length; i++)
        {
            content[i] = reader.TryReadBytes(out var bytes) ? new ReadOnlyMemory<byte>(bytes.ToArray()) : default(ReadOnlyMemory<byte>?);
        }

        return Make(row, id.Of(reader.Bytes), word, score, content, Log(ref reader));
    }

    private QueueJob Make(in JobRow row, ReadOnlySpan<byte> id, string word, string? score, ReadOnlyMemory<byte>?[]? content, List<string>? log)
    {
        var state = StateWords.Parse(word);
        var problems = new Problems();
        var timestamp = Time(row, 1, ref problems);
        var attempts = Number(row, 6, ref problems) ?? Number(row, 7, ref problems);
        var delay = Number(row, 11, ref problems) ?? 0;
        var allowed = Allowed(row[17]);
        if (!row.Has(0) && timestamp is null)
        {
            problems.Add("its hash has neither name nor timestamp");
        }

        var (parentQueue, parentId) = row.Has(13) ? JobValues.SplitKey(Text(row, 13), server.Connection.Prefix) : default;
        var job = new QueueJob
        {
            Server = server,
            Queue = queue,
            Id = Encoding.UTF8.GetString(id),
            Name = row.Has(0) ? names.Get(row[0]) : "",
            State = state,
            RawState = state == JobState.Waiting ? "waiting" : word,
            Timestamp = timestamp,
            ProcessedOn = Time(row, 2, ref problems),
            FinishedOn = Time(row, 3, ref problems),
            RawFailedReason = row.Has(4) ? row[4].ToArray() : null,
            Progress = JobValues.Progress(row[5]),
            AttemptsMade = JobValues.Count(attempts) ?? 0,
            AttemptsStarted = JobValues.Count(Number(row, 8, ref problems)),
            Attempts = allowed is { } a ? (int)Math.Max(a, 1) : null,
            StalledCount = JobValues.Count(Number(row, 9, ref problems)) ?? 0,
            Priority = Number(row, 10, ref problems) ?? 0,
            Delay = delay > 0 ? TimeSpan.FromMilliseconds(Math.Min(delay, (long)TimeSpan.MaxValue.TotalMilliseconds / 2)) : TimeSpan.Zero,
            DelayUntil = state == JobState.Delayed ? Due(score) : null,
            ProcessedBy = row.Has(12) ? words.Get(row[12]) : null,
            ParentId = parentId,
            ParentQueue = parentQueue,
            SchedulerId = row.Has(14) ? words.Get(row[14]) : null,
            DeduplicationId = Text(row, 15),
            DeferredFailure = Text(row, 16),
            RawData = content?[0],
            RawOptions = content?[1],
            RawReturnValue = content?[2],
            StackTrace = content?[3] is { } s ? StackLines(s, ref problems) : null,
            Log = log,
        };
        if (content?[0] is not null && job.GetData() is null)
        {
            problems.Add("its data are not JSON");
        }

        return problems.Text is { } text ? job.WithProblem(text) : job;
    }

    /// <summary>When a delayed job becomes due, from its score: 12 bits of that keep the order within a millisecond.</summary>
    public static DateTimeOffset? Due(string? score) =>
        double.TryParse(score, CultureInfo.InvariantCulture, out var due) ? FromMilliseconds((long)Math.Floor(due / 4096)) : null;

    /// <summary>A time from milliseconds since 1970; null beyond what a date can hold.</summary>
    public static DateTimeOffset? FromMilliseconds(long milliseconds) =>
        milliseconds is >= -62135596800000 and <= 253402300799999 ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private static string? Text(in JobRow row, int field) => row.Has(field) ? Encoding.UTF8.GetString(row[field]) : null;

    private static DateTimeOffset? Time(in JobRow row, int field, ref Problems problems) =>
        Number(row, field, ref problems) is { } milliseconds ? FromMilliseconds(milliseconds) : null;

    private static long? Number(in JobRow row, int field, ref Problems problems)
    {
        if (JobValues.TryNumber(row[field], out var number))
        {
            return number;
        }

        problems.Add($"its field '{Fields[field]}' is no number");
        return null;
    }

    /// <summary>How many attempts the options allow. The scripts send that number alone.</summary>
    private static long? Allowed(ReadOnlySpan<byte> options)
    {
        if (options.IsEmpty || options[0] == (byte)'{')
        {
            var at = options.IndexOf("\"attempts\":"u8);
            options = at < 0 ? default : options[(at + 11)..];
        }

        return Utf8Parser.TryParse(options, out int number, out _) && number >= 0 ? number : null;
    }

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

    private static List<string> StackLines(ReadOnlyMemory<byte> raw, ref Problems problems)
    {
        if (!JobValues.TryStackLines(raw.Span, out var lines))
        {
            problems.Add("its stack trace is no JSON array of texts");
        }

        return lines;
    }

    private struct Problems
    {
        public string? Text { get; private set; }

        public void Add(string problem) => Text = Text is null ? problem : $"{Text}, {problem}";
    }
}
