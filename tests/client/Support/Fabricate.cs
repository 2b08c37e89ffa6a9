using System.Globalization;

namespace JobAdmin.Client.Tests;

/// <summary>Jobs written key by key, where a real worker would take too long or could not make them so.</summary>
internal static class Fabricate
{
    public static async Task JobsAsync(this Lab lab, string state, IEnumerable<(string Id, double Score, string Name, string? Reason)> jobs)
    {
        await lab.DoAsync("counts");
        var pending = new List<Task>();
        foreach (var (id, score, name, reason) in jobs)
        {
            var fields = new List<object> { lab.Base + id, "name", name, "data", "{}", "opts", "{\"attempts\":0}", "timestamp", "1700000000000", "delay", "0", "priority", "0" };
            if (state is "completed" or "failed")
            {
                fields.AddRange(["finishedOn", score.ToString(CultureInfo.InvariantCulture), "processedOn", "1700000000000", "atm", "1"]);
            }

            if (reason is not null)
            {
                fields.AddRange(["failedReason", reason]);
            }

            pending.Add(lab.Db.ExecuteAsync("HSET", [.. fields]));
            pending.Add(state is "wait" or "active" or "paused"
                ? lab.Db.ExecuteAsync("LPUSH", lab.Base + state, id)
                : lab.Db.ExecuteAsync("ZADD", lab.Base + state, score.ToString("R", CultureInfo.InvariantCulture), id));
        }

        await Task.WhenAll(pending);
    }

    /// <summary>Numbered jobs of a state, with blocks of equal scores.</summary>
    public static Task JobsAsync(this Lab lab, string state, int count, int first = 1) =>
        lab.JobsAsync(state, Enumerable.Range(first, count).Select(n => ($"{n}", Score(state, n), "job", state == "failed" ? "boom" : (string?)null)));

    // Sevens share a score, and one block is longer than a page.
    private static double Score(string state, int n)
    {
        var block = n is > 800 and <= 1500 ? 800 : n / 7;
        return state switch
        {
            "delayed" => (1_900_000_000_000d + block) * 4096,
            "prioritized" => (1 + (block % 100)) * 4294967296d,
            _ => 1_700_000_000_000d + block,
        };
    }
}
