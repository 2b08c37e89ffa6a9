using System.Text;
using System.Text.Json;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Server.Json;

/// <summary>Jobs as the second page shows them, straight from what is stored. It writes what <see cref="DashboardJobs.Write"/> writes for the same job.</summary>
internal sealed class StoredJobs
{
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
        var finished = job.Time(StoredJob.FinishedOn);
        json.Add("{\"name\":"u8);
        json.AddText(job[StoredJob.Name]);
        json.Add(queueAndData);
        json.AddStored(job[StoredJob.Data]);
        json.Add(",\"state\":"u8);
        json.Add(Words[(int)job.State]);
        json.Add(",\"attemptsMade\":"u8);
        json.Add(job.Attempts);
        json.Add(",\"progress\":"u8);
        json.AddProgress(job[StoredJob.Progress]);
        json.Add(",\"returnvalue\":"u8);
        json.AddStored(job[StoredJob.ReturnValue]);
        Text(",\"failedReason\":"u8, job, StoredJob.FailedReason);
        json.Add(",\"opts\":"u8);
        if (job[StoredJob.Options].IsEmpty)
        {
            json.Add("{}"u8);
        }
        else
        {
            json.AddStored(job[StoredJob.Options]);
        }

        Text(",\"deduplicationKey\":"u8, job, StoredJob.Deduplication);
        json.Add(",\"logs\":["u8);
        for (var line = 0; line < job.LogLines; line++)
        {
            json.Add(line > 0 ? ","u8 : default);
            json.AddText(job.LogLine(line));
        }

        json.Add("],\"stacktrace\":"u8);
        Stack(job);
        Time(",\"createdAt\":"u8, job.Time(StoredJob.Timestamp));
        Time(",\"processedAt\":"u8, job.Time(StoredJob.ProcessedOn));
        Time(",\"completedAt\":"u8, failed ? null : finished);
        Time(",\"failedAt\":"u8, failed ? finished : null);
        Time(",\"delayUntil\":"u8, job.State == JobState.Delayed ? JobRows.Due(Encoding.UTF8.GetString(job.Score)) : null);
        json.Add(",\"lockUntil\":null"u8);
        if (job.State == JobState.Active)
        {
            Text(",\"lockedBy\":"u8, job, StoredJob.ProcessedBy);
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
        if (job.Has(StoredJob.Parent))
        {
            var (queue, id) = JobValues.SplitKey(Encoding.UTF8.GetString(job[StoredJob.Parent]), prefix);
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
        json.AddText(DashboardJobs.MayHaveGroup(job[StoredJob.Options]) ? DashboardJobs.Group(job[StoredJob.Options].ToArray()) : null);
        json.Add(",\"discarded\":false,\"attemptLogs\":[],\"childrenIds\":["u8);
        for (var child = 0; child < (children?.Named.Count ?? 0); child++)
        {
            json.Add(child > 0 ? ","u8 : default);
            json.AddText(children!.Named[child].Id);
        }

        json.Add("],\"id\":"u8);
        json.AddText(job.Id);
        json.Add(",\"priority\":"u8);
        json.Add(job.Number(StoredJob.Priority) ?? 0);
        json.Add(",\"maxAttempts\":"u8);
        json.Add(JobValues.Allowed(job[StoredJob.Options]));
        json.Add(",\"attemptsStarted\":"u8);
        json.Add(JobValues.Count(job.Number(StoredJob.AttemptsStarted)));
        json.Add(",\"stalledCount\":"u8);
        json.Add(JobValues.Count(job.Number(StoredJob.Stalled)) ?? 0);
        Text(",\"processedBy\":"u8, job, StoredJob.ProcessedBy);
        Text(",\"schedulerId\":"u8, job, StoredJob.Scheduler);
        Text(",\"deferredFailure\":"u8, job, StoredJob.DeferredFailure);
        json.Add("}"u8);
    }

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
