using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Deleting a queue: everything of it, where BullMQ's own leaves parents, children's links, the limiter and orphans.</summary>
internal sealed partial class BullMqServer
{
    private const int StateKeys = 8, RoundsAtMost = 100;

    // The states come first. They all go at once: as long as they are there the queue is found, and a removal that was broken off can be finished.
    private static readonly string[] QueueWords =
    [
        "wait", "paused", "active", "prioritized", "delayed", "completed", "failed", "waiting-children", "repeat", "marker", "pc", "id", "stalled", "stalled-check",
        "limiter", "events", "delay", "priority", "metrics:completed", "metrics:completed:data", "metrics:failed", "metrics:failed:data", "meta",
    ];

    private static readonly Dictionary<string, string> JobWords = new(StringComparer.Ordinal)
    {
        ["lock"] = "string", ["logs"] = "list", ["dependencies"] = "set", ["processed"] = "hash", ["failed"] = "hash", ["unsuccessful"] = "zset",
    };

    /// <summary>Whether a key of the queue's own has a name: a job under it would break the queue.</summary>
    public static bool IsQueueWord(string id) => Array.IndexOf(QueueWords, id) >= 0;

    public async Task CheckRemoveQueueAsync(string queue, bool force, CancellationToken cancellationToken) =>
        await CheckRemovalAsync(queue, force, cancellationToken).ConfigureAwait(false);

    public async IAsyncEnumerable<BulkProgress> RemoveQueueAsync(string queue, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (profile, total) = await BeforeRemovalAsync(queue, force, cancellationToken).ConfigureAwait(false);
        await PauseForRemovalAsync(queue, profile, cancellationToken).ConfigureAwait(false);
        long done = 0, uncertain = 0;
        for (var round = 0; round == 0 || !await RemoveOwnAsync(queue, round, cancellationToken).ConfigureAwait(false); round++)
        {
            foreach (var state in StateWords.All)
            {
                await foreach (var deleted in ClearStateAsync(queue, profile.Major, state, new JobFilter(), everything: true, () => long.MaxValue, cancellationToken).ConfigureAwait(false))
                {
                    (done, uncertain) = (done + deleted.Deleted, uncertain + deleted.Uncertain);
                    yield return new BulkProgress(done, total, "jobs") { Uncertain = uncertain };
                }
            }

            if (round == 0)
            {
                await RemoveRestAsync(Keys(queue), null, cancellationToken).ConfigureAwait(false);
            }
        }

        yield return new BulkProgress(done, total, "jobs") { Uncertain = uncertain };
    }

    /// <summary>Whether an id would be the name of another key of the queue, so that no job can have it.</summary>
    /// <remarks>BullMQ takes ids with two colons, whatever stands behind the last one, and none with a single one.</remarks>
    internal static bool IsKeyOfQueue(string id)
    {
        var colon = id.LastIndexOf(':');
        var isRun = id.StartsWith("repeat:", StringComparison.Ordinal);
        return IsQueueWord(id) || (colon >= 0 && (JobWords.ContainsKey(id[(colon + 1)..]) ? isRun || id.Count(static c => c == ':') != 2 : isRun && id.IndexOf(':') == colon));
    }

    /// <summary>Checks whether a queue may be removed, and counts its jobs.</summary>
    private async Task<(QueueProfile Profile, long Total)> BeforeRemovalAsync(string queue, bool force, CancellationToken cancellationToken)
    {
        RequireWrite();
        return (await CheckRemovalAsync(queue, force, cancellationToken).ConfigureAwait(false),
            await CountJobsAsync(new JobQuery { Queue = queue }, cancellationToken).ConfigureAwait(false));
    }

    private async Task<QueueProfile> CheckRemovalAsync(string queue, bool force, CancellationToken cancellationToken)
    {
        var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(queue, destroys: true, force);
        profile.CheckLists(queue, force);
        try
        {
            // What is left behind the jobs has to be looked for: better to know now that it can't be than when they are gone.
            await runner.CommandAsync(reads: true, "SCAN", [0, "COUNT", 1], cancellationToken).ConfigureAwait(false);
        }
        catch (JobServerException e) when (e.ErrorId is "AccessDenied" or "RedisError")
        {
            throw new JobServerException(e.ErrorId, e.Kind, $"The keys of queue '{queue}' can't all be found, so nothing was deleted: {e.Message.TrimEnd()}",
                "Clear-JobQueue deletes its jobs without SCAN; else let a user remove it who has the right to SCAN.", e) { Target = queue };
        }

        var active = (long)await runner.CommandAsync(reads: true, "LLEN", [Keys(queue)["active"]], cancellationToken).ConfigureAwait(false);
        if (active > 0 && !force)
        {
            throw new JobServerException("QueueHasActiveJobs", JobErrorKind.InvalidState, $"Workers have {active} jobs of queue '{queue}'.",
                "Stop the workers or wait for them, or use -Force to take the jobs away from them.") { Target = queue };
        }

        return profile;
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

    /// <summary>Deletes what is left of the queue besides its own keys: schedulers, deduplication keys, orphans. Jobs that somebody adds meanwhile are left as they are.</summary>
    /// <param name="keys">The queue's keys.</param>
    /// <param name="keep">Told the names of what is about to go; null when nobody asks.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async Task RemoveRestAsync(QueueKeys keys, Func<IReadOnlyList<string>, Task>? keep, CancellationToken cancellationToken)
    {
        var own = QueueWords.ToHashSet(StringComparer.Ordinal);
        await foreach (var page in ScanAsync(EscapeGlob(keys.Base) + "*", KeysAtOnce, keys.Meta, null, cancellationToken).ConfigureAwait(false))
        {
            var found = page.Select(k => k[keys.Base.Length..]).Where(name => !own.Contains(name));
            var types = await Task.WhenAll(found.Select(async name => (Name: name, Type: (string?)await runner.CommandAsync(reads: true, "TYPE", [keys[name]], cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
            var ours = types.Where(t => IsOurs(t.Name, t.Type)).Select(t => t.Name).ToList();
            if (keep is not null)
            {
                // A lock says nothing to whoever puts the job back.
                var going = await RestAsync(keys, ours, delete: false, cancellationToken).ConfigureAwait(false);
                await keep([.. going.Where(name => !name.EndsWith(":lock", StringComparison.Ordinal))]).ConfigureAwait(false);
                ours = going;
            }

            await RestAsync(keys, ours, delete: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<List<string>> RestAsync(QueueKeys keys, List<string> names, bool delete, CancellationToken cancellationToken)
    {
        var rest = new List<string>(names.Count);
        for (var at = 0; at < names.Count;)
        {
            var slice = names.Skip(at).Take(await IdsAtOnceAsync(keys, cancellationToken).ConfigureAwait(false)).ToList();
            at += slice.Count;
            object[] arguments = [keys.Base, delete ? "1" : "0", .. slice.SelectMany(name => (object[])[name, JobIdOf(name) ?? ""])];
            // Sent again after a fault it deletes the same: what is gone is gone.
            rest.AddRange((string[])(await runner.RunAsync(ScriptCatalog.Rest(), reads: !delete, [keys.Meta], arguments, cancellationToken, again: true).ConfigureAwait(false))!);
        }

        return rest;
    }

    /// <summary>Deletes the queue's own keys, unless there are jobs again.</summary>
    /// <returns>Whether they are deleted.</returns>
    /// <exception cref="JobServerException">Jobs come faster than they are deleted.</exception>
    private async Task<bool> RemoveOwnAsync(string queue, int rounds, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var removed = (long)await runner.RunAsync(ScriptCatalog.Own("remove-meta"), reads: false, [keys.Meta], [keys.Base, StateKeys, .. QueueWords], cancellationToken, again: true).ConfigureAwait(false) == 1;
        if (!removed && rounds >= RoundsAtMost)
        {
            throw new JobServerException("QueueInUse", JobErrorKind.InvalidState, $"Jobs are added to queue '{queue}' faster than they are deleted. It is paused, and what it had is gone.",
                "Stop the application that adds them, and repeat the command.") { Target = queue };
        }

        if (removed)
        {
            profiles.TryRemove(queue, out _);
        }

        return removed;
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
}
