using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>The checkpoint of one command, opened with the first server that it changes. Only for the pipeline thread.</summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="given">The file as the user named it.</param>
/// <param name="verb">What is done, as it begins a sentence.</param>
/// <param name="change">The change; null for adding jobs.</param>
internal sealed class CheckpointKeeper(JobServerCmdlet cmdlet, string given, string verb, JobChange? change) : IDisposable
{
    private readonly string path = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(given);
    private JobCheckpoint? checkpoint;
    private bool refused;

    /// <summary>The checkpoint, once a server is known.</summary>
    public JobCheckpoint? Current => checkpoint;

    /// <summary>How many jobs earlier runs tried.</summary>
    public long DoneBefore { get; private set; }

    /// <summary>Under -WhatIf, what would be done of that which was under way when an earlier run broke off.</summary>
    public IReadOnlyList<CheckpointRest> Pending { get; private set; } = [];

    /// <summary>Makes ready for changes on a server: the first time, the checkpoint is opened, and what was under way is brought to its end.</summary>
    /// <param name="server">The server.</param>
    /// <param name="send">Changes jobs.</param>
    /// <param name="write">Takes outcomes.</param>
    /// <returns>Whether there is anything to do: not when the run has ended before.</returns>
    public bool IsReady(IJobServer server, ChangeJobs send, Action<IReadOnlyList<JobOutcome>> write)
    {
        if (checkpoint is not null)
        {
            checkpoint.RequireServer(server);
            return checkpoint.Ended is null;
        }

        checkpoint = new JobCheckpoint(path, CheckpointHeader.Of(cmdlet, server), change);
        if (!checkpoint.HasWork(cmdlet))
        {
            return false;
        }

        if (checkpoint.IsResumed)
        {
            Settle(server, send, write);
            DoneBefore = checkpoint.Done + Pending.Sum(rest => rest.Total);
        }

        return true;
    }

    /// <summary>Opens a checkpoint of an earlier run for which no jobs came any more, and says at the end that everything was done.</summary>
    public void Conclude(ChangeJobs send, Action<IReadOnlyList<JobOutcome>> write)
    {
        if (checkpoint is null && File.Exists(path) && (cmdlet.Connection ?? (cmdlet.Registry.Current is { } current ? [current] : [])) is [{ Server: { } server }])
        {
            IsReady(server, send, write);
        }

        if (!refused && !CheckpointRun.IsWhatIf(cmdlet))
        {
            checkpoint?.End();
        }
    }

    /// <summary>Notes that the user did not want a change: the run has not ended with this command.</summary>
    public void Refuse() => refused = true;

    /// <summary>Lets the file go.</summary>
    public void Dispose() => checkpoint?.Dispose();

    private void Settle(IJobServer server, ChangeJobs send, Action<IReadOnlyList<JobOutcome>> write)
    {
        var rests = cmdlet.Run(token => checkpoint!.ReviewAsync(server, token));
        foreach (var rest in rests)
        {
            if (rest.Ids.Count > 0 && server.Connection.Kind == JobServerKind.FifthElement && change is JobChange.Retry)
            {
                throw new JobServerException("OutcomeUnknown", JobErrorKind.InvalidState,
                    $"Of {rest.Ids.Count} jobs that were under way when the run broke off it can't be told whether they were retried, since this server runs a new job in place of each: {string.Join(", ", rest.Ids.Take(20))}.",
                    "See with Get-Job which of them run again, and retry the others without -Checkpoint.") { Target = path };
            }

            var count = rest.Ids.Count;
            if (count > 0 && !cmdlet.ShouldDo(rest.Queue, $"{verb} {count:N0} {(count == 1 ? "job" : "jobs")} of {rest.Queue} that {(count == 1 ? "was" : "were")} under way when the last run broke off"))
            {
                refused = true;
            }

            if (refused || CheckpointRun.IsWhatIf(cmdlet))
            {
                Pending = [.. Pending, rest];
                continue;
            }

            write(cmdlet.Run(token => checkpoint!.SettleAsync(rest, send, token)));
        }
    }
}
