using System.Text.Json;

namespace JobAdmin.Server.Json;

/// <summary>Jobs and queues as the second page shows them.</summary>
internal static class DashboardJobs
{
    /// <summary>What a list or a detail reads of each job.</summary>
    public const JobParts Parts = JobParts.All;

    private static readonly byte[] GroupMark = "\"group\""u8.ToArray();

    /// <summary>The states by the page's words. What waits for a worker is one state there; BullMQ keeps it in three places.</summary>
    public static readonly IReadOnlyDictionary<string, JobState[]> States = new Dictionary<string, JobState[]>(StringComparer.Ordinal)
    {
        ["waiting"] = [JobState.Waiting, JobState.Paused, JobState.Prioritized],
        ["waiting-children"] = [JobState.WaitingChildren],
        ["delayed"] = [JobState.Delayed],
        ["active"] = [JobState.Active],
        ["completed"] = [JobState.Completed],
        ["failed"] = [JobState.Failed],
    };

    /// <summary>The words, in the page's order.</summary>
    public static readonly string[] Words = [.. States.Keys];

    public static string Word(JobState state) => state switch
    {
        JobState.Waiting or JobState.Paused or JobState.Prioritized => "waiting",
        JobState.WaitingChildren => "waiting-children",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>Writes a job.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="job">The job, read with all its parts.</param>
    /// <param name="children">Its children, as far as they were asked for.</param>
    public static void Write(Utf8JsonWriter writer, QueueJob job, JobChildren? children)
    {
        var failed = job.State == JobState.Failed;
        writer.WriteStartObject();
        writer.WriteString("name", job.Name);
        writer.WriteString("queueName", job.Queue);
        Raw(writer, "data", job.RawData);
        writer.WriteString("state", Word(job.State));
        writer.WriteNumber("attemptsMade", job.AttemptsMade);
        writer.WritePropertyName("progress");
        RawJson.WriteProgress(writer, job.Progress);
        Raw(writer, "returnvalue", job.RawReturnValue);
        writer.WriteString("failedReason", job.FailedReason);
        writer.WritePropertyName("opts");
        if (job.RawOptions is { Length: > 0 })
        {
            RawJson.Write(writer, job.RawOptions);
        }
        else
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }

        writer.WriteString("deduplicationKey", job.DeduplicationId);
        Texts(writer, "logs", job.Log);
        Texts(writer, "stacktrace", job.StackTrace);
        Time(writer, "createdAt", job.Timestamp);
        Time(writer, "processedAt", job.ProcessedOn);
        Time(writer, "completedAt", failed ? null : job.FinishedOn);
        Time(writer, "failedAt", failed ? job.FinishedOn : null);
        Time(writer, "delayUntil", job.DelayUntil);
        writer.WriteNull("lockUntil");
        writer.WriteString("lockedBy", job.State == JobState.Active ? job.ProcessedBy : null);
        writer.WriteString("parentId", job.ParentId);
        writer.WriteString("parentQueueName", job.ParentQueue);
        writer.WriteNumber("pendingChildrenCount", children?.Pending ?? 0);
        writer.WriteNull("cancelledAt");
        writer.WriteString("groupId", Group(job));
        writer.WriteBoolean("discarded", false);
        Texts(writer, "attemptLogs", null);
        Texts(writer, "childrenIds", children?.Named.Select(static child => child.Id));
        writer.WriteString("id", job.Id);
        // What BullMQ knows beyond the page.
        writer.WriteNumber("priority", job.Priority);
        Number(writer, "maxAttempts", job.Attempts);
        Number(writer, "attemptsStarted", job.AttemptsStarted);
        writer.WriteNumber("stalledCount", job.StalledCount);
        writer.WriteString("processedBy", job.ProcessedBy);
        writer.WriteString("schedulerId", job.SchedulerId);
        writer.WriteString("deferredFailure", job.DeferredFailure);
        writer.WriteEndObject();
    }

    /// <summary>Writes a queue as the list has it.</summary>
    public static void WriteQueue(Utf8JsonWriter writer, JobQueueInfo queue)
    {
        writer.WriteStartObject();
        writer.WriteString("name", queue.Name);
        WriteCounts(writer, queue);
        writer.WriteBoolean("isPaused", queue.IsPaused == true);
        Time(writer, "latestActivity", queue.LastActivity);
        writer.WriteNumber("scheduledCount", 0);
        writer.WriteString("version", queue.Version);
        writer.WriteEndObject();
    }

    /// <summary>Writes a queue's counts by the page's states.</summary>
    public static void WriteCounts(Utf8JsonWriter writer, JobQueueInfo queue)
    {
        var counts = queue.GetCounts();
        writer.WriteStartObject("counts");
        foreach (var (word, states) in States)
        {
            writer.WriteNumber(word, states.Sum(state => counts[state] ?? 0));
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes a time, or null.</summary>
    public static void Time(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            Span<char> text = stackalloc char[24];
            at.UtcDateTime.TryFormat(text, out _, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
            writer.WriteString(name, text);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void Number(Utf8JsonWriter writer, string name, int? number)
    {
        if (number is { } value)
        {
            writer.WriteNumber(name, value);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void Raw(Utf8JsonWriter writer, string name, ReadOnlyMemory<byte>? raw)
    {
        writer.WritePropertyName(name);
        RawJson.Write(writer, raw);
    }

    private static void Texts(Utf8JsonWriter writer, string name, IEnumerable<string>? texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts ?? [])
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static string? Group(QueueJob job) =>
        job.GroupId ?? (job.RawOptions is { } options && MayHaveGroup(options.Span) ? Group(options) : null);

    /// <summary>Whether it is worth a look for a group in a job's options.</summary>
    public static bool MayHaveGroup(ReadOnlySpan<byte> options) => options.IndexOf(GroupMark) >= 0;

    /// <summary>The group that a job's options name.</summary>
    public static string? Group(ReadOnlyMemory<byte> options) =>
        new JsonField(options).Parse() is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("group", out var group) && group.ValueKind == JsonValueKind.Object
            && group.TryGetProperty("id", out var id) ? id.ToString() : null;
}
