namespace JobAdmin.Base;

/// <summary>A job that somebody waits for.</summary>
internal sealed class WaitedJob(JobReference reference, int place)
{
    /// <summary>The job.</summary>
    public JobReference Reference { get; } = reference;

    /// <summary>Its place among the jobs that are waited for.</summary>
    public int Place { get; } = place;

    /// <summary>The job as last read.</summary>
    public QueueJob? Last { get; set; } = reference.Job;

    /// <summary>The event with which it finished, if one came.</summary>
    public JobEvent? Finish { get; set; }

    /// <summary>Its progress in per cent, or null.</summary>
    public double? Percent { get; set; }

    /// <summary>The job as it finished when it was not kept: what was read before, with what the event says.</summary>
    /// <param name="finish">The event.</param>
    /// <returns>The job.</returns>
    public QueueJob AsFinished(JobEvent finish)
    {
        var failed = finish.Event == "failed";
        return new QueueJob
        {
            Queue = Reference.Queue,
            Id = Reference.Id,
            Name = Last?.Name ?? finish.Name ?? "",
            State = failed ? JobState.Failed : JobState.Completed,
            RawState = finish.Event,
            Progress = Last?.Progress,
            AttemptsMade = Last?.AttemptsMade ?? 0,
            Attempts = Last?.Attempts,
            Priority = Last?.Priority ?? 0,
            Timestamp = Last?.Timestamp,
            ProcessedOn = Last?.ProcessedOn,
            FinishedOn = finish.Time,
            FailedReason = finish.FailedReason,
            ParentId = Last?.ParentId,
            ParentQueue = Last?.ParentQueue,
            SchedulerId = Last?.SchedulerId,
            DeduplicationId = Last?.DeduplicationId,
            Server = Reference.Server,
            RawData = Last?.RawData,
            RawOptions = Last?.RawOptions,
            RawReturnValue = finish.ReturnValue is { } value ? System.Text.Encoding.UTF8.GetBytes(value) : null,
        };
    }
}
