using System.Globalization;
using System.Text.Json.Nodes;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>We, a second operator with BullMQ's own library and live workers do the opposite of each other on one queue, all at once. When all have let go,
/// every job is in exactly one state, nothing is left behind, nothing is stuck, and what was added is there or was removed by somebody.</summary>
public sealed class RandomOperationsTests(Bench bench)
{
    [Theory, InlineData("bullmq"), InlineData("bullmq5")]
    public async Task All_at_once(string lib)
    {
        var (total, rounds) = (0L, 0);
        foreach (var seed in Effort.Seeds(1, 12))
        {
            await using var lab = bench.Lab(lib);
            try
            {
                total += await RoundAsync(lab, seed, Effort.Count(1500, 5000));
                rounds++;
            }
            catch (Exception exception)
            {
                Effort.Run(seed, $"random operations on {lib}", exception);
            }
        }

        Effort.Report($"random operations, {lib}", $"{rounds} rounds, {total} operations, all invariants held");
    }

    private static async Task<long> RoundAsync(Lab lab, int seed, int count)
    {
        await lab.DoAsync("counts");
        await lab.DoAsync("startWorker", new { opts = new { concurrency = 5 } });
        var ours = new Operator(await lab.ServerAsync(), new Random(seed), count);
        var theirs = lab.DoAsync("chaos", new { count, seed, others = count });
        await ours.RunAsync();
        var report = (await theirs)!;
        await lab.DoAsync("resume");
        await ours.ResumeAsync();
        // Nothing is stuck: what may run does. What is delayed for an hour stays.
        await lab.DoAsync("idle", new { timeout = 60_000 });
        var ran = (await lab.DoAsync("stopWorker"))!.AsArray().Count;
        await new QueueInvariants(lab.Db, lab.Base).CheckAsync();

        var counts = (await (await lab.ServerAsync()).QueueAsync(lab.Queue)).GetCounts()!;
        var told = (await lab.DoAsync("counts"))!.AsObject();
        Assert.Equal(told.Where(t => t.Key != "paused").Sum(t => t.Value!.GetValue<long>()), counts.Total);

        var removed = Lab.Strings(report["removed"]).Concat(ours.Removed).ToHashSet();
        var added = Lab.Strings(report["added"]).Concat(ours.Added).ToHashSet();
        var there = (await Keyspace.ScanAsync(lab.Db)).Select(System.Text.Encoding.UTF8.GetString).Select(k => k[lab.Base.Length..]).ToHashSet();
        var lost = added.Where(id => !removed.Contains(id) && !there.Contains(id)).ToList();
        Assert.True(lost.Count == 0 || ours.Cleared >= lost.Count, $"{lost.Count} jobs are lost: {string.Join(' ', lost.Take(10))}");
        return ours.Operations + ran + report["done"]!.AsObject().Sum(d => d.Value!.GetValue<long>()) + report["refused"]!.AsObject().Sum(d => d.Value!.GetValue<long>());
    }

    /// <summary>Our side.</summary>
    private sealed class Operator(IJobServer server, Random random, int count)
    {
        private int last;

        public long Operations { get; private set; }

        public long Cleared { get; private set; }

        public List<string> Added { get; } = [];

        public List<string> Removed { get; } = [];

        public async Task RunAsync()
        {
            while (Operations < count)
            {
                await StepAsync(random.Next(20));
            }
        }

        public async Task ResumeAsync() => await server.SetPausedAsync("emails", false, null, true, Ct);

        private async Task StepAsync(int what)
        {
            switch (what)
            {
                case < 5:
                    var jobs = Enumerable.Range(0, random.Next(1, 8)).Select(_ => New()).ToArray();
                    foreach (var outcome in Note(await server.AddAsync("emails", jobs)))
                    {
                        Assert.Equal(JobOutcomeStatus.Added, outcome.Status);
                        Added.Add(outcome.Id);
                    }

                    break;
                case < 9:
                    Note(await server.RetryAsync("emails", SomeIds()));
                    break;
                case < 12:
                    Note(await server.ChangeAsync("emails", new JobChange.Promote(), SomeIds()));
                    break;
                case < 14:
                    Removed.AddRange(Note(await server.ChangeAsync("emails", new JobChange.Remove(), SomeIds())).Where(o => o.Succeeded).Select(o => o.Id));
                    break;
                case 14:
                    Note(await server.ChangeAsync("emails", new JobChange.Edit(Data: """{"do":"ok"}""", Priority: random.Next(3)), SomeIds()));
                    break;
                case 15:
                    Note(await server.ChangeMatchingJobsAsync(new JobQuery { Queue = "emails", States = [random.Next(2) == 0 ? JobState.Failed : JobState.Completed], First = 30 },
                        new JobChange.Retry(), Ct).RunAsync());
                    break;
                case 16:
                    await server.SetPausedAsync("emails", random.Next(3) == 0, null, true, Ct);
                    Operations++;
                    break;
                case 17:
                    var cleared = await server.ClearAsync("emails", new JobFilter { Names = ["job"] }, random.Next(1, 20), states: [JobState.Completed, JobState.Failed, JobState.Delayed]);
                    (Cleared, Operations) = (Cleared + cleared.Done, Operations + cleared.Done + 1);
                    break;
                case 18:
                    Note(await server.ChangeAsync("emails", new JobChange.Stop("no more"), SomeIds()));
                    break;
                default:
                    var seen = await server.IdsAsync(new JobQuery { Queue = "emails", States = [JobState.Failed, JobState.Delayed], First = 200 });
                    Operations++;
                    break;
            }
        }

        private IReadOnlyList<JobOutcome> Note(IReadOnlyList<JobOutcome> outcomes)
        {
            Assert.DoesNotContain(outcomes, o => o.Status == JobOutcomeStatus.Unknown || o.Message?.Contains("script", StringComparison.OrdinalIgnoreCase) == true);
            Operations += outcomes.Count;
            return outcomes;
        }

        private NewJob New()
        {
            var kind = random.Next(4);
            return new NewJob
            {
                Name = "job", Id = $"o-{++last}", Data = random.Next(4) == 0 ? """{"do":"fail"}""" : "{}",
                Delay = kind == 1 ? TimeSpan.FromMilliseconds(random.Next(1, 2000)) : kind == 3 ? TimeSpan.FromHours(1) : null, Priority = kind == 2 ? random.Next(1, 5) : null,
            };
        }

        private string[] SomeIds() => [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(2) == 0
            ? string.Create(CultureInfo.InvariantCulture, $"o-{random.Next(1, last + 2)}") : string.Create(CultureInfo.InvariantCulture, $"t-{random.Next(1, last + 2)}")).Distinct()];
    }
}
