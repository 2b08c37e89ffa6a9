using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>What a queue's data say of the library that writes them. Read from the queue, never assumed.</summary>
/// <param name="Layout">The layout.</param>
/// <param name="Version">The library's own word, when it left one.</param>
/// <param name="Certain">Whether the version is known, not inferred from other marks.</param>
/// <param name="IsPaused">Whether the queue is paused.</param>
/// <param name="PausedLength">Jobs in the list that a paused queue of BullMQ 4 and 5 keeps.</param>
/// <param name="WaitLength">Jobs in the waiting list.</param>
internal sealed record QueueProfile(QueueLayout Layout, string? Version, bool Certain, bool IsPaused, long PausedLength, long WaitLength)
{
    /// <summary>The major version whose scripts fit.</summary>
    public int Major => Layout switch { QueueLayout.BullMq4 => 4, QueueLayout.BullMq5 => 5, _ => 6 };

    /// <summary>Whether both lists hold jobs, so that a pause or resume of BullMQ 4 or 5 would overwrite one of them.</summary>
    public bool MixedPause => PausedLength > 0 && WaitLength > 0;

    /// <summary>Whether the list of what waits has another name while the queue is paused, as BullMQ 4 and 5 have it; a queue that does not tell its version may be theirs.</summary>
    public bool RenamesList => this is not { Layout: QueueLayout.BullMq6, Certain: true };

    /// <summary>Whether workers of this queue know a deferred failure (since 5.49): without it a job can't be stopped.</summary>
    public bool KnowsDeferredFailure => Layout switch
    {
        QueueLayout.BullMq6 => Certain,
        QueueLayout.BullMq5 => IsSince(new Version(5, 49)),
        _ => false,
    };

    /// <summary>Whether a retry makes the parent wait for the child again (since 5.58.2); null when the queue does not tell.</summary>
    public bool? WaitsAgain => Version is null ? null : Layout != QueueLayout.BullMq5 || IsSince(new Version(5, 58, 2));

    /// <summary>Whether workers reckon the next run of an interval from what the job of the last one says (5.19 to 5.58.7), not from the scheduler.</summary>
    public bool ReckonsFromJob => Layout == QueueLayout.BullMq5 && IsSince(new Version(5, 19)) && !IsSince(new Version(5, 58, 8));

    /// <summary>Reads what tells the layout. It does not change with the queue's length.</summary>
    public static async Task<QueueProfile?> ReadAsync(ScriptRunner runner, QueueKeys keys, CancellationToken cancellationToken)
    {
        var answer = await runner.RunAsync(ScriptCatalog.Own("profile"), reads: true, [keys.Meta], [keys.Base], cancellationToken).ConfigureAwait(false);
        var items = (RedisResult[])answer!;
        var exists = (long)items[0] == 1;
        var version = (string?)items[1];
        var paused = (long)items[2] == 1;
        var classic = (long)items[3] == 1;
        var groups = (long)items[4] == 1;
        var waitLength = (long)items[5];
        var pausedLength = (long)items[6];
        var oldMarker = (long)items[7] == 1;
        var attemptsField = (string?)items[8];
        if (!exists && !classic)
        {
            return null;
        }

        QueueProfile Make(QueueLayout layout, bool certain) => new(layout, version, certain, paused, pausedLength, waitLength);
        if (!exists)
        {
            return Make(QueueLayout.Bull, true);
        }

        if (groups || version?.StartsWith("bullmq-pro", StringComparison.Ordinal) == true)
        {
            return Make(QueueLayout.BullMqPro, true);
        }

        if (version is not null && int.TryParse(version[(version.IndexOf(':') + 1)..].Split('.')[0], out var major))
        {
            // Ports number themselves from 1 and carry the scripts of BullMQ 6.
            return Make(major switch { 4 => QueueLayout.BullMq4, 5 => QueueLayout.BullMq5, _ => QueueLayout.BullMq6 }, true);
        }

        if (oldMarker || attemptsField == "attemptsMade")
        {
            return Make(QueueLayout.BullMq4, false);
        }

        return pausedLength > 0 ? Make(QueueLayout.BullMq5, false) : Make(QueueLayout.BullMq6, false);
    }

    /// <summary>Refuses a change that can't be right on this layout.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="destroys">Whether the change destroys anything.</param>
    /// <param name="force">Whether the user insists.</param>
    public void CheckChange(string queue, bool destroys, bool force)
    {
        if (Layout == QueueLayout.Bull)
        {
            throw new JobServerException("UnsupportedLayout", JobErrorKind.InvalidState, $"Queue '{queue}' belongs to classic Bull (3 or 4), which is read-only here.",
                "Change it with its own library.") { Target = queue };
        }

        if (Layout == QueueLayout.BullMqPro && destroys && !force)
        {
            throw new JobServerException("UnsupportedLayout", JobErrorKind.InvalidState,
                $"Queue '{queue}' is a BullMQ Pro queue: its groups hold jobs that are out of sight here, so nothing of it is destroyed.",
                "Use -Force to go on with what is in sight.") { Target = queue };
        }
    }

    /// <summary>Refuses to destroy what waits while it can't be told from what is paused.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="force">Whether the user insists.</param>
    public void CheckLists(string queue, bool force)
    {
        if (MixedPause && !force)
        {
            throw new JobServerException("MixedPause", JobErrorKind.InvalidState,
                $"Queue '{queue}' has {WaitLength:N0} jobs in its waiting and {PausedLength:N0} in its paused list: nobody meant it to be like this, so nothing that waits is deleted.",
                "Look at it with Test-JobQueue, join the lists with Repair-JobQueue -Kind Lists, or use -Force to delete the jobs of both.") { Target = queue };
        }
    }

    private bool IsSince(Version first) => Version is not null && System.Version.TryParse(Version[(Version.IndexOf(':') + 1)..].Split('-')[0], out var v) && v >= first;
}
