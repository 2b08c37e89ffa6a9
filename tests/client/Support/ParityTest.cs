using System.Text.Json.Nodes;

namespace JobAdmin.Client.Tests;

/// <summary>One seeded queue, twice: our client changes one copy, BullMQ's own library the other. The whole keyspaces have to be the same then,
/// and again after a real worker has done what is left to do, which has to have run the same jobs in the same order.</summary>
public abstract class ParityTest(Bench bench)
{
    protected Bench Bench { get; } = bench;

    /// <summary>Compares.</summary>
    /// <param name="lib">The version of the application.</param>
    /// <param name="seed">Fills the queue.</param>
    /// <param name="ours">What our client does.</param>
    /// <param name="theirs">What BullMQ's library does.</param>
    /// <param name="reference">The version that does <paramref name="theirs"/>, when it is not the application's.</param>
    /// <param name="work">What the worker afterwards is told, or null for no worker.</param>
    /// <param name="finish">Further queues that a worker looks after, in this order, after the main one.</param>
    /// <param name="skip">Endings of keys that may differ.</param>
    protected async Task CompareAsync(string lib, Func<Lab, Task> seed, Func<IJobServer, Task> ours, Func<Lab, Task> theirs, string? reference = null,
        object? work = null, string[]? finish = null, string[]? skip = null)
    {
        await using var mine = Bench.Lab(lib);
        await seed(mine);
        await using var other = await mine.CopyAsync(reference);
        var start = DateTimeOffset.UtcNow;
        await theirs(other);
        await ours(await mine.ServerAsync());
        await AssertSameAsync("after the change", mine, other, start, skip ?? []);
        if (work is null)
        {
            return;
        }

        await using var successor = await other.CopyAsync(lib);
        foreach (var queue in (string[])[mine.Queue, .. finish ?? []])
        {
            var (ourRuns, theirRuns) = (await WorkAsync(mine, lib, queue, work), await WorkAsync(successor, lib, queue, work));
            Assert.Equal(theirRuns, ourRuns);
        }

        await AssertSameAsync("after the worker", mine, successor, start, [.. skip ?? [], ":stalled-check", ":marker"]);
    }

    /// <summary>Has a real worker run what is there, and says what it ran.</summary>
    protected static async Task<string[]> WorkAsync(Lab lab, string lib, string queue, object behave)
    {
        var ran = await lab.DoAsync("work", new { lib, queue, behave, skipMeta = true, opts = new { concurrency = 1, drainDelay = 1 } });
        return [.. ran!.AsArray().Select(r => $"{r!["id"]} {r["name"]} attempt {r["attempt"]} {r["failed"]?.ToString() ?? "ok"}")];
    }

    /// <summary>What a worker is told that completes everything.</summary>
    protected static object Succeed { get; } = new { @do = "ok" };

    private static async Task AssertSameAsync(string when, Lab mine, Lab other, DateTimeOffset start, string[] skip)
    {
        var expected = await Keyspace.ReadAsync(other.Db, start, skip);
        var actual = await Keyspace.ReadAsync(mine.Db, start, skip);
        Keyspace.AssertSame(expected, actual, $"{mine.Lib} {when}");
    }

    protected static JsonNode Json(object value) => System.Text.Json.JsonSerializer.SerializeToNode(value)!;
}
