using System.Text;
using System.Text.Json;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Server.Json;

/// <summary>Jobs as the second page shows them, straight from what is stored. It writes what <see cref="DashboardJobs.Write"/> writes for the same job.</summary>
internal sealed class StoredJobs
{
    // Places in JobRows.Fields.
    private const int Name = 0, Timestamp = 1, ProcessedOn = 2, FinishedOn = 3, FailedReason = 4, Progress = 5, AttemptsMade = 6, OldAttemptsMade = 7, AttemptsStarted = 8, Stalled = 9,
        Priority = 10, ProcessedBy = 12, Parent = 13, Scheduler = 14, Deduplication = 15, DeferredFailure = 16, Options = 17;

    private static readonly byte[][] Words = [.. Enum.GetValues<JobState>().Select(static state => Encoding.UTF8.GetBytes($"\"{DashboardJobs.Word(state)}\""))];
    private readonly JsonBytes json = new();
    private readonly byte[] queueAndData;
    private readonly string prefix;

    /// <summary>Makes a writer.</summary>
    /// <param name="queue">The queue of the jobs.</param>
    /// <param name="prefix">The prefix of BullMQ's keys.</param>
    public StoredJobs(string queue, string prefix)
    {
        this.prefix = prefix;
        json.Add(",\"queueName\":"u8);
        json.AddText(queue);
        json.Add(",\"data\":"u8);
        queueAndData = json.Written.ToArray();
    }

    /// <summary>Writes a job.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="job">The job.</param>
    /// <param name="children">Its children, as far as they may be seen.</param>
    public void Write(Utf8JsonWriter writer, in StoredJob job, JobChildren? children)
    {
        json.Clear();
        var failed = job.State == JobState.Failed;
        var finished = Time(job[FinishedOn]);
        json.Add("{\"name\":"u8);
        json.AddText(job[Name]);
        json.Add(queueAndData);
        Stored(job[StoredJob.Data]);
        json.Add(",\"state\":"u8);
        json.Add(Words[(int)job.State]);
        json.Add(",\"attemptsMade\":"u8);
        json.Add((int)(Number(job[AttemptsMade]) ?? Number(job[OldAttemptsMade]) ?? 0));
        json.Add(",\"progress\":"u8);
        AddProgress(job[Progress]);
        json.Add(",\"returnvalue\":"u8);
        Stored(job[StoredJob.ReturnValue]);
        Text(",\"failedReason\":"u8, job, FailedReason);
        json.Add(",\"opts\":"u8);
        if (job[Options].IsEmpty)
        {
            json.Add("{}"u8);
        }
        else
        {
            Stored(job[Options]);
        }

        Text(",\"deduplicationKey\":"u8, job, Deduplication);
        json.Add(",\"logs\":["u8);
        for (var line = 0; line < job.LogLines; line++)
        {
            json.Add(line > 0 ? ","u8 : default);
            json.AddText(job.LogLine(line));
        }

        json.Add("],\"stacktrace\":"u8);
        Stack(job);
        Time(",\"createdAt\":"u8, Time(job[Timestamp]));
        Time(",\"processedAt\":"u8, Time(job[ProcessedOn]));
        Time(",\"completedAt\":"u8, failed ? null : finished);
        Time(",\"failedAt\":"u8, failed ? finished : null);
        Time(",\"delayUntil\":"u8, job.State == JobState.Delayed ? JobRows.Due(Encoding.UTF8.GetString(job.Score)) : null);
        json.Add(",\"lockUntil\":null"u8);
        if (job.State == JobState.Active)
        {
            Text(",\"lockedBy\":"u8, job, ProcessedBy);
        }
        else
        {
            json.Add(",\"lockedBy\":null"u8);
        }

        Rest(job, children);
        writer.WriteRawValue(json.Written, skipInputValidation: true);
    }

    private void Rest(in StoredJob job, JobChildren? children)
    {
        if (job.Has(Parent))
        {
            var (queue, id) = JobValues.SplitKey(Encoding.UTF8.GetString(job[Parent]), prefix);
            json.Add(",\"parentId\":"u8);
            json.AddText(id);
            json.Add(",\"parentQueueName\":"u8);
            json.AddText(queue);
        }
        else
        {
            json.Add(",\"parentId\":null,\"parentQueueName\":null"u8);
        }

        json.Add(",\"pendingChildrenCount\":"u8);
        json.Add(children?.Pending ?? 0);
        json.Add(",\"cancelledAt\":null,\"groupId\":"u8);
        json.AddText(DashboardJobs.MayHaveGroup(job[Options]) ? DashboardJobs.Group(job[Options].ToArray()) : null);
        json.Add(",\"discarded\":false,\"attemptLogs\":[],\"childrenIds\":["u8);
        for (var child = 0; child < (children?.Named.Count ?? 0); child++)
        {
            json.Add(child > 0 ? ","u8 : default);
            json.AddText(children!.Named[child].Id);
        }

        json.Add("],\"id\":"u8);
        json.AddText(job.Id);
        json.Add(",\"priority\":"u8);
        json.Add(Number(job[Priority]) ?? 0);
        json.Add(",\"maxAttempts\":"u8);
        json.Add(JobValues.Allowed(job[Options]));
        json.Add(",\"attemptsStarted\":"u8);
        json.Add((int?)Number(job[AttemptsStarted]));
        json.Add(",\"stalledCount\":"u8);
        json.Add((int)(Number(job[Stalled]) ?? 0));
        Text(",\"processedBy\":"u8, job, ProcessedBy);
        Text(",\"schedulerId\":"u8, job, Scheduler);
        Text(",\"deferredFailure\":"u8, job, DeferredFailure);
        json.Add("}"u8);
    }

    private static long? Number(ReadOnlySpan<byte> stored) => JobValues.TryNumber(stored, out var number) ? number : null;

    private static DateTimeOffset? Time(ReadOnlySpan<byte> stored) => Number(stored) is { } milliseconds ? JobRows.FromMilliseconds(milliseconds) : null;

    private void Time(ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        json.Add(name);
        json.AddTime(time);
    }

    private void Text(ReadOnlySpan<byte> name, in StoredJob job, int field)
    {
        json.Add(name);
        if (job.Has(field))
        {
            json.AddText(job[field]);
        }
        else
        {
            json.Add("null"u8);
        }
    }

    private void Stored(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty)
        {
            json.Add("null"u8);
        }
        else if (RawJson.IsSound(stored))
        {
            json.Add(stored);
        }
        else
        {
            json.AddText(stored);
        }
    }

    private void AddProgress(ReadOnlySpan<byte> stored)
    {
        var progress = JobValues.Progress(stored);
        switch (progress)
        {
            case null: json.Add(0); break;
            case int whole: json.Add(whole); break;
            case double real when double.IsFinite(real): json.Add(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(real))); break;
            default: Stored(Encoding.UTF8.GetBytes(progress.ToString()!)); break;
        }
    }

    private void Stack(in StoredJob job)
    {
        if (!job.Has(StoredJob.StackTrace))
        {
            json.Add("[]"u8);
        }
        else if (!json.TryAddTexts(job[StoredJob.StackTrace]))
        {
            JobValues.TryStackLines(job[StoredJob.StackTrace], out var lines);
            json.Add("["u8);
            for (var line = 0; line < lines.Count; line++)
            {
                json.Add(line > 0 ? ","u8 : default);
                json.AddText(lines[line]);
            }

            json.Add("]"u8);
        }
    }
}
