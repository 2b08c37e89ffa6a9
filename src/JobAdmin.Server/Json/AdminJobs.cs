using System.Text.Json;

namespace JobAdmin.Server.Json;

/// <summary>Jobs as the first page shows them: times in milliseconds, and what is not set is left out.</summary>
internal static class AdminJobs
{
    /// <summary>The state's word.</summary>
    public static string Word(JobState state) => state switch
    {
        JobState.WaitingChildren => "waiting-children",
        JobState.Paused => "waiting",
        JobState.Unknown => "unknown",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>Writes a job.</summary>
    public static void Write(Utf8JsonWriter writer, QueueJob job)
    {
        writer.WriteStartObject();
        writer.WriteNumber("attemptsMade", job.AttemptsMade);
        writer.WritePropertyName("data");
        RawJson.Write(writer, job.RawData);
        if (job.FailedReason is { } reason)
        {
            writer.WriteString("failedReason", reason);
        }

        Time(writer, "finishedOn", job.FinishedOn);
        writer.WriteString("id", job.Id);
        writer.WriteString("name", job.Name);
        Time(writer, "processedOn", job.ProcessedOn);
        writer.WritePropertyName("progress");
        RawJson.WriteProgress(writer, job.Progress);
        writer.WriteString("state", Word(job.State));
        Time(writer, "timestamp", job.Timestamp);
        writer.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            writer.WriteNumber(name, at.ToUnixTimeMilliseconds());
        }
    }
}
