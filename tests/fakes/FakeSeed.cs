using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>One job as the tests of every kind of server ask for it, in BullMQ's words.</summary>
public sealed record FakeSeed(string Id, string State, string Name, JsonNode Data, string? Reason, int Attempts, long Added, long? Started, long? Ended)
{
    private static int next;

    /// <summary>Reads <c>{ failed: 3, completed: 2, names: [...], reasons: [...], prefix }</c>: so many jobs of each state, added a second apart, the last one a minute ago.</summary>
    public static IEnumerable<FakeSeed> Read(JsonObject command)
    {
        var names = Texts(command["names"], "send");
        var reasons = Texts(command["reasons"], "it broke");
        var prefix = (string?)command["prefix"] ?? "j";
        var states = command.Where(pair => pair.Value is JsonValue value && value.TryGetValue<int>(out _)).SelectMany(pair => Enumerable.Repeat(pair.Key, (int)pair.Value!)).ToArray();
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        for (var i = 0; i < states.Length; i++)
        {
            var n = Interlocked.Increment(ref next);
            var added = now - 60_000 - ((states.Length - i) * 1000L);
            var (started, ended) = (states[i] is "active" or "completed" or "failed", states[i] is "completed" or "failed");
            yield return new($"{prefix}{n.ToString("0000", CultureInfo.InvariantCulture)}", states[i], names[i % names.Length], new JsonObject { ["to"] = $"user{n}@example.org", ["n"] = n },
                states[i] == "failed" ? reasons[i % reasons.Length] : null, ended ? 1 + (i % 3) : 0, added, started ? added + 500 : null, ended ? added + 800 : null);
        }
    }

    private static string[] Texts(JsonNode? list, string usual) => list is JsonArray { Count: > 0 } given ? [.. given.Select(item => (string)item!)] : [usual];
}
