using System.Text.Json;

namespace JobAdmin.Client.Http.Mcrit;

internal sealed partial class McritServer
{
    private const int UsualAttempts = 3;

    /// <summary>A job, with its result where that is asked for and there is one.</summary>
    private async Task<QueueJob> ReadAsync(JsonElement job, JobParts parts, CancellationToken cancellationToken)
    {
        if ((parts & JobParts.ReturnValue) == 0 || ResultId(job) is null || Id(job) is not { } id || !IsObjectId(id))
        {
            return Read(job, parts, null);
        }

        using var answer = await DataAsync(ApiRequest.Get($"jobs/{id}/result", 5), "get the result of a job", cancellationToken).ConfigureAwait(false);
        return Read(job, parts, answer.Json!.Value.Raw("data"));
    }

    private QueueJob Read(JsonElement job, JobParts parts, ReadOnlyMemory<byte>? result)
    {
        var payload = job.Field("payload");
        var word = StateWord(job);
        var left = job.Small("attempts_left");
        var waitsForOthers = job.Field("unfinished_dependencies") is { ValueKind: JsonValueKind.Array } others && others.GetArrayLength() > 0;
        var parent = ApiJson.Items(job.Field("required_by")).Select(static item => ApiJson.AsText(item)).FirstOrDefault();
        return new QueueJob
        {
            Queue = QueueName, Id = Id(job) ?? "", Name = payload?.Text("method") ?? job.Text("method") ?? "", State = Parse(word, waitsForOthers), RawState = word,
            // From nothing to one, and not there before the start.
            Progress = job.Progress(100, "progress"),
            AttemptsMade = left is { } remaining ? Math.Max(0, UsualAttempts - remaining) : 0, Attempts = left is { } most ? Math.Max(UsualAttempts, most) : null,
            Priority = job.Integer("priority") ?? 0, Timestamp = Time(job, "created_at", "created"), ProcessedOn = Time(job, "started_at", "started"),
            FinishedOn = Time(job, "finished_at", "finished"), FailedReason = job.Text("last_error"), ProcessedBy = job.Text("locked_by"), ResultId = ResultId(job),
            ParentId = parent, ParentQueue = parent is null ? null : QueueName,
            RawData = Part(parts, JobParts.Data, () => payload?.Inner("params") ?? job.Inner("parameters", "params")),
            RawOptions = Part(parts, JobParts.Options, () => job.Raw("payload")), RawReturnValue = result, Server = this,
        };
    }

    private static string? Id(JsonElement job) => job.Text("_id", "job_id", "id");

    private static string? ResultId(JsonElement job) => job.Text("result", "result_id");

    /// <summary>The state as the server derives it: it sends the marks of one, its page the word.</summary>
    private static string StateWord(JsonElement job)
    {
        if (job.Text("state") is { } word)
        {
            return word;
        }

        var (started, finished) = (job.Field("started_at") is not null, job.Field("finished_at") is not null);
        var (locked, terminated) = (job.Field("locked_by") is not null, job.Flag("terminated") == true);
        return started && locked && !finished && !terminated ? "in_progress"
            : job.Integer("attempts_left") == 0 && !finished && !terminated ? "failed"
            : !finished && !locked && !terminated ? "queued"
            : finished && !terminated ? "finished"
            : terminated ? "terminated" : "unknown";
    }

    private static JobState Parse(string word, bool waitsForOthers) => word switch
    {
        "in_progress" or "processing" => JobState.Active,
        "queued" => waitsForOthers ? JobState.WaitingChildren : JobState.Waiting,
        "finished" => JobState.Completed,
        "failed" => JobState.Failed,
        "terminated" => JobState.Cancelled,
        _ => JobState.Unknown,
    };

    private string Word(JobState state) => state switch
    {
        JobState.Active => activeWord,
        JobState.Completed => "finished",
        JobState.Failed => "failed",
        JobState.Cancelled => "terminated",
        _ => "queued",
    };

    /// <summary>A time of the server's: its own local time, whatever zone it names.</summary>
    private DateTimeOffset? Time(JsonElement job, string name, string other)
    {
        if (job.Time(name, other) is not { } read || Options.ServerTimeZone is not { } zone)
        {
            return job.Time(name, other);
        }

        var local = DateTime.SpecifyKind(read.UtcDateTime, DateTimeKind.Unspecified);
        // Of an hour that the clocks repeat it is the second. One that they skip was never read off one; it is taken as the hour after.
        var offset = WallClock.Offsets(local, zone) is [.., var last] ? last : WallClock.OffsetBefore(local, zone);
        return new DateTimeOffset(Math.Clamp(local.Ticks - offset.Ticks, 0, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }

    /// <summary>A time as the server's deletion understands it: local, whole seconds, never later than meant.</summary>
    private string ServerTime(DateTimeOffset time)
    {
        var zone = Options.ServerTimeZone ?? TimeZoneInfo.Utc;
        var local = TimeZoneInfo.ConvertTime(time, zone).DateTime;
        // In the hour that the clocks repeat, a local time means the first or the second: the jobs of both are left.
        while (WallClock.Offsets(local, zone).Count > 1)
        {
            local = local.AddMinutes(-1);
        }

        return local.ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
    }
}
