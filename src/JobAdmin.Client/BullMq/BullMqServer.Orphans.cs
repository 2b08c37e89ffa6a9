using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Keys of jobs that are in no state. All of the queue's keys are looked through, in slices.</summary>
internal sealed partial class BullMqServer
{
    // A list has to be searched for each id: so many steps keep Redis for a moment only.
    private const long ListSteps = 250_000;

    private async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindOrphansAsync(string queue, QueueProfile profile, IProgress<BulkProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (profile.Layout == QueueLayout.BullMqPro)
        {
            // Jobs in groups are in no state that can be seen here.
            yield break;
        }

        var keys = Keys(queue);
        var candidates = new HashSet<string>(StringComparer.Ordinal);
        long looked = 0;
        await foreach (var page in ScanAsync(EscapeGlob(keys.Base) + "*", KeysAtOnce, keys.Meta, null, cancellationToken).ConfigureAwait(false))
        {
            progress?.Report(new BulkProgress(looked += page.Count, null, "keys looked at"));
            var ids = page.Where(key => key.StartsWith(keys.Base, StringComparison.Ordinal)).Select(key => JobIdOf(key[keys.Base.Length..])).OfType<string>()
                .Where(id => !candidates.Contains(id)).Distinct(StringComparer.Ordinal);
            foreach (var slice in ids.Chunk(DefectSlice))
            {
                candidates.UnionWith((await AskForOrphansAsync(keys, slice, lists: false, cancellationToken).ConfigureAwait(false)).Select(o => o.Id));
            }
        }

        foreach (var state in candidates.Count == 0 ? [] : new[] { JobState.Active, JobState.Waiting, JobState.Paused })
        {
            await foreach (var ids in AllIdsAsync(queue, state, cancellationToken).ConfigureAwait(false))
            {
                candidates.ExceptWith(ids);
            }
        }

        // What moved between the looks is in a state after all: the last look sees everything at once.
        var at = 0;
        var left = candidates.ToList();
        while (at < left.Count)
        {
            var slice = left.Skip(at).Take(await IdsAtOnceAsync(keys, cancellationToken).ConfigureAwait(false)).ToList();
            at += slice.Count;
            var found = await AskForOrphansAsync(keys, slice, lists: true, cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                yield return [.. found.Select(o => new JobDefect
                {
                    Server = this, Queue = queue, Kind = JobDefectKind.OrphanedKey, Id = o.Id, Keys = o.Keys, Since = o.Added,
                    Message = o.Keys[0] == keys.Base + o.Id ? $"is in no state{(o.Keys.Count > 1 ? $", and has {o.Keys.Count:N0} keys" : "")}" : $"is gone, and {(o.Keys.Count == 1 ? "a key of it is" : $"{o.Keys.Count:N0} keys of it are")} left",
                })];
            }
        }
    }

    private readonly record struct Orphan(string Id, DateTimeOffset? Added, IReadOnlyList<string> Keys);

    private async Task<List<Orphan>> AskForOrphansAsync(QueueKeys keys, IReadOnlyList<string> ids, bool lists, CancellationToken cancellationToken)
    {
        var answer = await runner.RunAsync(ScriptCatalog.Orphans(), reads: true, [keys.Meta], [keys.Base, lists ? "1" : "0", .. ids], cancellationToken).ConfigureAwait(false);
        var reader = new MsgPackReader((byte[])answer!);
        var found = new List<Orphan>();
        for (var left = reader.ReadInteger(); left > 0; left--)
        {
            var id = reader.ReadString()!;
            var added = long.TryParse(reader.ReadString(), CultureInfo.InvariantCulture, out var ms) ? JobRows.FromMilliseconds(ms) : null;
            var names = new List<string>();
            for (var count = reader.ReadInteger(); count > 0; count--)
            {
                names.Add(reader.ReadString()!);
            }

            found.Add(new Orphan(id, added, names));
        }

        return found;
    }

    /// <summary>The id of the job that a key may belong to; null for the queue's own keys.</summary>
    internal static string? JobIdOf(string name)
    {
        if (QueueWords.Contains(name, StringComparer.Ordinal) || name.StartsWith("de:", StringComparison.Ordinal) || name.StartsWith("dn:", StringComparison.Ordinal)
            || name.StartsWith("groups", StringComparison.Ordinal) || name == "meta-paused")
        {
            return null;
        }

        var colon = name.LastIndexOf(':');
        var id = colon > 0 && JobWords.ContainsKey(name[(colon + 1)..]) ? name[..colon] : name;
        // The hash of a scheduler and the jobs of its runs differ by the time at the end.
        return id.Length == 0 || (id.StartsWith("repeat:", StringComparison.Ordinal) && !HasTimeAtEnd(id)) ? null : id;
    }

    private static bool HasTimeAtEnd(string id) => id.LastIndexOf(':') is var colon && id.Length - colon - 1 >= 10 && colon > "repeat:".Length && id.AsSpan(colon + 1).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <summary>How many ids a script may search the lists for in one call.</summary>
    private async Task<int> IdsAtOnceAsync(QueueKeys keys, CancellationToken cancellationToken)
    {
        long length = 1;
        foreach (var word in new[] { "active", "wait", "paused" })
        {
            length += (long)await runner.CommandAsync(reads: true, "LLEN", [keys[word]], cancellationToken).ConfigureAwait(false);
        }

        return (int)Math.Clamp(ListSteps / length, 1, DefectSlice);
    }
}
