using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>One operator deletes what another adds, promotes and retries, and workers run it: whatever comes of it, each job is whole or gone.</summary>
public sealed class DestructionTests(Bench bench)
{
    [Theory, InlineData("bullmq"), InlineData("bullmq5")]
    public Task Removing_the_queue_against_adding(string lib) => RunAsync(lib, "queue removed against adds", ["add", "add", "add", "addFlow", "log", "retry", "promote"], async (server, random) =>
    {
        try
        {
            var gone = await server.RemoveQueueAsync("emails", force: true, Ct).RunAsync();
            return 1 + gone.Done;
        }
        catch (JobServerException error) when (error.ErrorId is "QueueNotFound" or "QueueInUse")
        {
            // Nothing has been added since; or far too much.
            return 1;
        }
    });

    [Theory, InlineData("bullmq"), InlineData("bullmq5")]
    public Task Draining_against_promoting(string lib) => RunAsync(lib, "drains against promotions", ["add", "add", "addFlow", "drain", "promote", "promote", "retry", "changeDelay"], async (server, random) =>
    {
        string[] ids = [.. Enumerable.Range(0, 10).Select(_ => $"t-{random.Next(1, 2000)}")];
        return random.Next(4) switch
        {
            0 => 1 + (await server.ClearAsync("emails", force: true, states: [JobState.Waiting, JobState.Delayed, JobState.Prioritized])).Done,
            1 => (await server.RetryAsync("emails", ids)).Count,
            _ => (await server.ChangeAsync("emails", new JobChange.Promote(), ids)).Count,
        };
    });

    private async Task RunAsync(string lib, string what, string[] theirs, Func<IJobServer, Random, Task<long>> ours)
    {
        var (operations, rounds) = (0L, 0);
        foreach (var seed in Effort.Seeds(2, 10))
        {
            await using var lab = bench.Lab(lib);
            try
            {
                await lab.DoAsync("counts");
                await lab.DoAsync("startWorker", new { opts = new { concurrency = 5 } });
                var (server, random) = (await lab.ServerAsync(), new Random(seed));
                var others = lab.DoAsync("chaos", new { count = Effort.Count(1500, 5000), seed, only = theirs });
                while (!others.IsCompleted)
                {
                    operations += await ours(server, random);
                }

                var report = (await others)!;
                operations += report["done"]!.AsObject().Sum(d => d.Value!.GetValue<long>()) + report["refused"]!.AsObject().Sum(d => d.Value!.GetValue<long>());
                await lab.DoAsync("resume");
                await lab.DoAsync("idle", new { timeout = 60_000 });
                await lab.DoAsync("stopWorker");
                await new QueueInvariants(lab.Db, lab.Base).CheckAsync();
                rounds++;
            }
            catch (Exception exception)
            {
                Effort.Run(seed, $"{what} on {lib}", exception);
            }
        }

        Effort.Report($"{what}, {lib}", $"{rounds} rounds, {operations} operations, all invariants held");
    }
}
