using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Deleting a queue: everything of it, where BullMQ's own leaves parents, children's links, the limiter and orphans.</summary>
internal sealed partial class BullMqServer
{
    // `meta` last: as long as it is there the queue is found, and a removal that was broken off can be finished.
    private static readonly string[] QueueWords =
    [
        "wait", "paused", "active", "prioritized", "delayed", "completed", "failed", "waiting-children", "repeat", "marker", "pc", "id", "stalled", "stalled-check",
        "limiter", "events", "delay", "priority", "metrics:completed", "metrics:completed:data", "metrics:failed", "metrics:failed:data", "meta",
    ];

    private static readonly Dictionary<string, string> JobWords = new(StringComparer.Ordinal)
    {
        ["lock"] = "string", ["logs"] = "list", ["dependencies"] = "set", ["processed"] = "hash", ["failed"] = "hash", ["unsuccessful"] = "zset",
    };

    public async IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (profile, total) = await BeforeRemovalAsync(queue, force, cancellationToken).ConfigureAwait(false);
        await PauseForRemovalAsync(queue, profile, cancellationToken).ConfigureAwait(false);
        long done = 0, uncertain = 0;
        foreach (var state in StateWords.All)
        {
            await foreach (var deleted in ClearStateAsync(queue, profile.Major, state, new JobFilter(), everything: true, () => long.MaxValue, cancellationToken).ConfigureAwait(false))
            {
                (done, uncertain) = (done + deleted.Deleted, uncertain + deleted.Uncertain);
                yield return new BulkProgress(done, total, "jobs") { Uncertain = uncertain };
            }
        }

        await RemoveRestAsync(Keys(queue), null, cancellationToken).ConfigureAwait(false);
        profiles.TryRemove(queue, out _);
        yield return new BulkProgress(done, total, "jobs") { Uncertain = uncertain };
    }

    /// <summary>Whether an id would be the name of another key of the queue, so that no job can have it.</summary>
    internal static bool IsKeyOfQueue(string id) => QueueWords.Contains(id, StringComparer.Ordinal)
        || id.LastIndexOf(':') is var colon and >= 0 && (JobWords.ContainsKey(id[(colon + 1)..]) || id.IndexOf(':') == colon && id.StartsWith("repeat:", StringComparison.Ordinal));

    /// <summary>Checks whether a queue may be removed, and counts its jobs.</summary>
    private async Task<(QueueProfile Profile, long Total)> BeforeRemovalAsync(string queue, bool force, CancellationToken cancellationToken)
    {
        RequireWrite();
        var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(queue, destroys: true, force);
        var active = (long)await runner.CommandAsync(reads: true, "LLEN", [Keys(queue)["active"]], cancellationToken).ConfigureAwait(false);
        if (active > 0 && !force)
        {
            throw new JobServerException("QueueHasActiveJobs", JobErrorKind.InvalidState, $"Workers have {active} jobs of queue '{queue}'.",
                "Stop the workers or wait for them, or use -Force to take the jobs away from them.") { Target = queue };
        }

        return (profile, await CountJobsAsync(new JobQuery { Queue = queue }, cancellationToken).ConfigureAwait(false));
    }

    private async Task PauseForRemovalAsync(string queue, QueueProfile profile, CancellationToken cancellationToken)
    {
        if (!profile.IsPaused)
        {
            // The mark alone keeps workers off; the lists need not be renamed for what follows.
            var keys = Keys(queue);
            await runner.RunAsync(ScriptCatalog.BullMq(6, "pause-7"), reads: false,
                [keys["wait"], keys["paused"], keys.Meta, keys["prioritized"], keys.Events, keys["delayed"], keys["marker"]], ["paused", "1"], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes every key that is left of the queue: schedulers, deduplication keys, orphans, and the queue's own.</summary>
    /// <param name="keys">The queue's keys.</param>
    /// <param name="keep">Told the names of what is about to go, besides the queue's own; null when nobody asks.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async Task RemoveRestAsync(QueueKeys keys, Func<IReadOnlyList<string>, Task>? keep, CancellationToken cancellationToken)
    {
        var own = QueueWords.ToHashSet(StringComparer.Ordinal);
        await foreach (var page in ScanAsync(EscapeGlob(keys.Base) + "*", cancellationToken).ConfigureAwait(false))
        {
            var found = page.Where(k => !own.Contains(k[keys.Base.Length..]));
            var types = await Task.WhenAll(found.Select(async k => (Key: k, Type: (string?)await runner.CommandAsync(reads: true, "TYPE", [(RedisKey)k], cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
            var ours = types.Where(t => IsOurs(t.Key[keys.Base.Length..], t.Type)).Select(t => t.Key).ToList();
            if (keep is not null)
            {
                // A lock says nothing to whoever puts the job back.
                await keep([.. ours.Select(k => k[keys.Base.Length..]).Where(k => !k.EndsWith(":lock", StringComparison.Ordinal))]).ConfigureAwait(false);
            }

            await Task.WhenAll(ours.Select(k => UnlinkAsync(k, cancellationToken))).ConfigureAwait(false);
        }

        foreach (var word in QueueWords)
        {
            await UnlinkAsync(keys[word], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether a key behind the queue's prefix is the queue's. Another queue's prefix may begin with ours, so the type has to fit as well.</summary>
    private static bool IsOurs(string rest, string? type)
    {
        if (rest.StartsWith("repeat:", StringComparison.Ordinal))
        {
            return type is "hash" or "string" or "list" or "set" or "zset";
        }

        if (rest.StartsWith("de:", StringComparison.Ordinal))
        {
            return type == "string";
        }

        if (rest.StartsWith("dn:", StringComparison.Ordinal) || !rest.Contains(':'))
        {
            return type == "hash" || rest.StartsWith("groups", StringComparison.Ordinal);
        }

        var colon = rest.IndexOf(':');
        return JobWords.TryGetValue(rest[(colon + 1)..], out var expected) && type == expected;
    }

    private Task<RedisResult> UnlinkAsync(RedisKey key, CancellationToken cancellationToken) => runner.CommandAsync(reads: false, again: true, "UNLINK", [key], cancellationToken);
}
