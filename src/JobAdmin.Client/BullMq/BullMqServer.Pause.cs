namespace JobAdmin.Client.BullMq;

/// <summary>Pausing and resuming.</summary>
internal sealed partial class BullMqServer
{
    public async Task<bool> SetPausedAsync(string queue, bool paused, string? jobName, bool force, CancellationToken cancellationToken)
    {
        RequireWrite();
        if (jobName is not null)
        {
            throw JobServerException.NotSupported(Connection.Name, JobServerKind.Redis, "pause the jobs of one name");
        }

        var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(queue, destroys: false, force);
        try
        {
            return paused ? await PauseAsync(queue, profile, force, cancellationToken).ConfigureAwait(false)
                : await ResumeAsync(queue, profile, force, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            profiles.TryRemove(queue, out _);
        }
    }

    private async Task<bool> PauseAsync(string queue, QueueProfile profile, bool force, CancellationToken cancellationToken)
    {
        if (profile.IsPaused)
        {
            return false;
        }

        // BullMQ 4 and 5 rename one list onto the other; BullMQ 6 only sets a mark.
        if (profile.Major < 6 && profile.MixedPause && !force)
        {
            throw new JobServerException("MixedPause", JobErrorKind.InvalidState,
                $"Queue '{queue}' has jobs in both its waiting and its paused list: pausing it as BullMQ {profile.Major} does would lose {profile.PausedLength} jobs.",
                "Join the lists first with Resume-JobQueue, then pause.") { Target = queue };
        }

        // -Force does not lose jobs either: the mark alone is what the workers of 5 and 6 look at. Where the version is not known the list is renamed:
        // it holds the workers of 4 too, a resume of 5 does not overwrite it, and one of 6 joins it.
        var major = profile.MixedPause ? 6 : profile.Certain ? profile.Major : Math.Min(profile.Major, 5);
        var keys = Keys(queue);
        var script = ScriptCatalog.BullMq(major, major == 4 ? "pause-5" : "pause-7");
        StackExchange.Redis.RedisKey[] names = major == 4
            ? [keys["wait"], keys["paused"], keys.Meta, keys["prioritized"], keys.Events]
            : [keys["wait"], keys["paused"], keys.Meta, keys["prioritized"], keys.Events, keys["delayed"], keys["marker"]];
        await runner.RunAsync(script, reads: false, names, major == 6 ? ["paused", "1"] : ["paused"], cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> ResumeAsync(string queue, QueueProfile profile, bool force, CancellationToken cancellationToken)
    {
        if (!profile.IsPaused && profile.PausedLength == 0)
        {
            return false;
        }

        var keys = Keys(queue);
        if (profile.Major == 4)
        {
            if (profile.MixedPause && !force)
            {
                throw new JobServerException("MixedPause", JobErrorKind.InvalidState,
                    $"Queue '{queue}' of BullMQ 4 has jobs in both its waiting and its paused list.", "Use -Force to join them as BullMQ 6 does.") { Target = queue };
            }

            if (!profile.MixedPause)
            {
                await runner.RunAsync(ScriptCatalog.BullMq(4, "pause-5"), reads: false,
                    [keys["paused"], keys["wait"], keys.Meta, keys["prioritized"], keys.Events], ["resumed"], cancellationToken).ConfigureAwait(false);
                return true;
            }
        }

        // BullMQ 6's script joins the lists a part at a time; the older ones would overwrite one with the other.
        var emit = "1";
        long left;
        do
        {
            left = (long)await runner.RunAsync(ScriptCatalog.BullMq(6, "pause-7"), reads: false,
                [keys["paused"], keys["wait"], keys.Meta, keys["prioritized"], keys.Events, keys["delayed"], keys["marker"]], ["resumed", emit], cancellationToken).ConfigureAwait(false);
            emit = "0";
        }
        while (left > 0);
        return true;
    }
}
