using System.Text;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>What must hold of any queue of BullMQ when nobody is at work on it.</summary>
internal sealed class QueueInvariants(IDatabase db, string prefix)
{
    private static readonly string[] Lists = ["wait", "paused", "active"];
    private static readonly string[] Sets = ["completed", "failed", "delayed", "prioritized", "waiting-children"];
    private static readonly string[] JobKeys = ["logs", "lock", "dependencies", "processed", "failed", "unsuccessful"];

    /// <summary>Fails with everything that does not hold.</summary>
    public async Task CheckAsync()
    {
        var wrong = new List<string>();
        var keys = (await Keyspace.ScanAsync(db)).Select(Encoding.UTF8.GetString).Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => k[prefix.Length..]).ToHashSet();
        var states = new Dictionary<string, List<string>>();
        foreach (var word in (string[])[.. Lists, .. Sets])
        {
            var ids = (string[])(await db.ExecuteAsync(Lists.Contains(word) ? "LRANGE" : "ZRANGE", prefix + word, "0", "-1"))!;
            foreach (var id in ids)
            {
                (states.TryGetValue(id, out var known) ? known : states[id] = []).Add(word);
            }
        }

        wrong.AddRange(states.Where(s => s.Value.Count > 1).Select(s => $"{s.Key} is in {string.Join(" and ", s.Value)}"));
        wrong.AddRange(states.Keys.Where(id => !keys.Contains(id)).Select(id => $"{id} is {states[id][0]} and has no hash"));
        string[] own = [.. Lists, .. Sets, "meta", "id", "events", "marker", "pc", "stalled", "stalled-check", "repeat", "limiter"];
        foreach (var key in keys.Except(own).Where(k => !k.StartsWith("metrics:", StringComparison.Ordinal) && !k.StartsWith("de:", StringComparison.Ordinal)))
        {
            var colon = key.LastIndexOf(':');
            if (colon >= 0 && JobKeys.Contains(key[(colon + 1)..]))
            {
                if (!keys.Contains(key[..colon]))
                {
                    wrong.Add($"{key} has no job");
                }
            }
            else if (!states.ContainsKey(key))
            {
                wrong.Add($"{key} is in no state");
            }
        }

        foreach (var id in states.Where(s => s.Value.Contains("waiting-children")).Select(s => s.Key))
        {
            var children = (string[])(await db.ExecuteAsync("SMEMBERS", prefix + id + ":dependencies"))!;
            if (children.Length == 0)
            {
                wrong.Add($"parent {id} waits for nothing");
            }

            wrong.AddRange(children.Where(c => !keys.Contains(c[prefix.Length..])).Select(c => $"parent {id} waits for {c}, which is not there"));
            foreach (var child in children.Where(c => keys.Contains(c[prefix.Length..])))
            {
                if (states.GetValueOrDefault(child[prefix.Length..]) is ["completed"])
                {
                    wrong.Add($"parent {id} waits for {child}, which has completed");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} invariants broken: {string.Join("; ", wrong.Order(StringComparer.Ordinal).Take(20))}");
    }
}
