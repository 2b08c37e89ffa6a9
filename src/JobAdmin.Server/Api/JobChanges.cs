using JobAdmin.Server.Json;

namespace JobAdmin.Server.Api;

/// <summary>What an outcome means to the caller of a single change.</summary>
internal static class JobChanges
{
    /// <summary>Throws what the caller is told when the change did not come about.</summary>
    public static void Require(JobOutcome outcome, string verb, char quote = '"', Func<string, ApiFault>? missing = null)
    {
        if (outcome.Succeeded)
        {
            return;
        }

        if (outcome.Fault is { } fault)
        {
            throw fault;
        }

        throw outcome.Status switch
        {
            JobOutcomeStatus.NotFound => (missing ?? ApiFault.NoJob)(outcome.Id),
            JobOutcomeStatus.SkippedWrongState => ApiFault.Bad($"Cannot {verb} job in state {quote}{DashboardJobs.Word(outcome.PreviousState)}{quote}"),
            JobOutcomeStatus.Locked => ApiFault.Bad(outcome.PreviousState == JobState.Active
                ? $"Cannot {verb} job in state {quote}active{quote}" : $"Cannot {verb} job: a worker has it or one of its children"),
            JobOutcomeStatus.SchedulerOwned => ApiFault.Bad($"Cannot {verb} job: it is the next run of a scheduler"),
            JobOutcomeStatus.AlreadyExists => new ApiFault(409, "CONFLICT", outcome.Message ?? "The job exists already"),
            JobOutcomeStatus.Unknown => ApiFault.Unsure(),
            JobOutcomeStatus.NotChanged => ApiFault.Away(),
            _ => ApiFault.Bad(outcome.Message ?? $"BullMQ refused to {verb} the job"),
        };
    }

    /// <summary>Answers with a job that has been changed, as it is now.</summary>
    public static async Task WriteChangedAsync(ApiCall call, string id, string name, int status)
    {
        // Where it isn't there any more, a worker was faster, and the job's options left nothing of it.
        var state = JobState.Completed;
        try
        {
            if (await call.Queues.JobAsync(call.Queue, id, JobParts.All, call.Stop).ConfigureAwait(false) is { } now)
            {
                await JobApi.WriteJobAsync(call, now, status).ConfigureAwait(false);
                return;
            }
        }
        catch (Exception e) when (e is JobServerException or ApiFault)
        {
            // It was changed, whatever has become of Redis since: an error would be taken for the change's own.
            state = JobState.Unknown;
        }

        var gone = new QueueJob { Queue = call.Queue, Id = id, Name = name, State = state };
        await call.DataAsync(writer => DashboardJobs.Write(writer, gone, null), status).ConfigureAwait(false);
    }
}
