using System.Diagnostics;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>What an operation keeps of its promises when anything breaks at any moment: no hole and no double in what is read, one honest outcome
/// a job in what is changed, and every job still in exactly one state.</summary>
public sealed class FaultTests
{
    private int strikes, runs, jobs;

    [Fact]
    public Task A_listing() => RunsAsync("listing", 5, 60, 250, async (redis, server, random, ids) =>
    {
        var query = new JobQuery { Queue = "q", States = [random.Next(2) == 0 ? JobState.Failed : JobState.Waiting], OldestFirst = random.Next(2) == 0, Parts = random.Next(2) == 0 ? JobParts.Data : JobParts.None };
        await SeedAsync(redis.Db, query.States[0] == JobState.Failed ? "failed" : "wait", ids);
        return async () =>
        {
            var seen = await server.IdsAsync(query);
            Assert.Equal(ids.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        };
    });

    [Fact]
    public Task A_retry() => RunsAsync("retry", 8, 80, 60, async (redis, server, random, ids) =>
    {
        await SeedAsync(redis.Db, "failed", ids);
        var byId = random.Next(2) == 0;
        return async () =>
        {
            var outcomes = byId ? await server.ChangeJobsAsync("q", ids, new JobChange.Retry(), Ct)
                : await server.ChangeMatchingJobsAsync(new JobQuery { Queue = "q", States = [JobState.Failed] }, new JobChange.Retry(), Ct).RunAsync();
            if (byId)
            {
                Assert.Equal(ids, outcomes.Select(o => o.Id));
            }

            await redis.Proxy.DisarmAsync();
            await CheckAsync(redis.Db, ids, outcomes, JobOutcomeStatus.Retried, "wait");
        };
    });

    [Fact]
    public Task A_removal_by_id() => RunsAsync("removal", 3, 30, 60, async (redis, server, random, ids) =>
    {
        await SeedAsync(redis.Db, "failed", ids);
        return async () =>
        {
            var outcomes = await server.ChangeJobsAsync("q", ids, new JobChange.Remove(), Ct);
            Assert.Equal(ids, outcomes.Select(o => o.Id));
            await redis.Proxy.DisarmAsync();
            await CheckAsync(redis.Db, ids, outcomes, JobOutcomeStatus.Removed, null);
        };
    });

    [Fact]
    public Task A_clear() => RunsAsync("clear", 4, 40, 30, async (redis, server, random, ids) =>
    {
        var state = random.Next(2) == 0 ? JobState.Failed : JobState.Waiting;
        var word = state == JobState.Failed ? "failed" : "wait";
        await SeedAsync(redis.Db, word, ids);
        long? max = random.Next(3) == 0 ? ids.Length / 2 : null;
        return async () =>
        {
            var last = default(BulkProgress);
            Exception? refused = null;
            try
            {
                last = await server.ClearAsync("q", null, max, states: state);
            }
            catch (JobServerException exception) when (exception.ErrorId is "ReadOnlyReplica" or "OutOfMemory")
            {
                // Refused for good: what was deleted until then is deleted, and nothing else happened.
                refused = exception;
            }

            await redis.Proxy.DisarmAsync();
            var left = await IdsAsync(redis.Db, word);
            Assert.Equal(left.Count, left.Distinct().Count());
            Assert.Subset(ids.ToHashSet(), left.ToHashSet());
            Assert.Equal(left.Order(StringComparer.Ordinal), (await HashesAsync(redis.Db)).Order(StringComparer.Ordinal));
            var gone = ids.Length - left.Count;
            if (refused is null)
            {
                Assert.InRange(gone, last.Done, last.Done + last.Uncertain);
                Assert.True(max is null ? left.Count == 0 : gone <= max, $"{gone} of {ids.Length} gone, at most {max}");
            }
        };
    });

    [Fact]
    public Task A_promotion_of_all() => RunsAsync("promotion", 4, 40, 30, async (redis, server, random, ids) =>
    {
        await SeedAsync(redis.Db, "delayed", ids);
        long most = random.Next(3) == 0 ? ids.Length / 2 : long.MaxValue;
        return async () =>
        {
            var last = default(BulkProgress);
            Exception? refused = null;
            try
            {
                last = await ((IQueuePromotion)server).PromoteQueueAsync("q", most, Ct).RunAsync();
            }
            catch (JobServerException exception) when (exception.ErrorId is "ReadOnlyReplica" or "OutOfMemory")
            {
                refused = exception;
            }

            await redis.Proxy.DisarmAsync();
            var (delayed, waiting) = (await IdsAsync(redis.Db, "delayed"), await IdsAsync(redis.Db, "wait"));
            Assert.Equal(ids.Order(StringComparer.Ordinal), delayed.Concat(waiting).Order(StringComparer.Ordinal));
            if (refused is null)
            {
                Assert.InRange(waiting.Count, last.Done, last.Done + last.Uncertain);
                Assert.True(most > ids.Length ? delayed.Count == 0 : waiting.Count <= most, $"{waiting.Count} of {ids.Length} promoted, at most {most}");
            }
        };
    });

    [Fact]
    public Task An_export() => RunsAsync("export", 3, 40, 300, async (redis, server, random, ids) =>
    {
        await SeedAsync(redis.Db, "failed", ids);
        return async () =>
        {
            var seen = new List<string>();
            await foreach (var slice in ((IJobTransfer)server).ExportJobsAsync(new JobQuery { Queue = "q", States = [JobState.Failed] }, Ct))
            {
                seen.AddRange(Encoding.UTF8.GetString(slice.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString()!));
            }

            Assert.Equal(ids.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        };
    });

    [Fact]
    public Task New_jobs() => RunsAsync("add", 3, 40, 40, async (redis, server, random, ids) =>
    {
        await SeedAsync(redis.Db, "failed", []);
        return async () =>
        {
            var outcomes = await server.AddAsync("q", [.. ids.Select(id => new NewJob { Name = "new", Id = "n" + id, Data = "{}" })]);
            await redis.Proxy.DisarmAsync();
            var there = (await IdsAsync(redis.Db, "wait")).ToHashSet();
            Assert.Equal(there.Order(), (await HashesAsync(redis.Db)).Order());
            Assert.Equal(ids.Select(id => "n" + id), outcomes.Select(o => o.Id));
            foreach (var outcome in outcomes)
            {
                Assert.True(outcome.Status switch
                {
                    JobOutcomeStatus.Added or JobOutcomeStatus.AlreadyExists => there.Contains(outcome.Id),
                    JobOutcomeStatus.Refused or JobOutcomeStatus.NotChanged => !there.Contains(outcome.Id),
                    _ => outcome.Status == JobOutcomeStatus.Unknown,
                }, $"{outcome} ({outcome.Message}), and it is{(there.Contains(outcome.Id) ? "" : " not")} there");
            }
        };
    });

    /// <summary>Runs an operation once a seed, with faults.</summary>
    private async Task RunsAsync(string what, int few, int many, int replyBytes, Func<MortalRedis, IJobServer, Random, string[], Task<Func<Task>>> make)
    {
        var (clock, longest) = (Stopwatch.StartNew(), TimeSpan.Zero);
        foreach (var seed in Effort.Seeds(few, many))
        {
            var random = new Random((seed * 7919) + what.Length);
            var count = Effort.Full ? (seed % 10 == 0 ? 50_000 : random.Next(1000, 12_000)) : random.Next(500, 2500);
            string[] ids = [.. Enumerable.Range(1, count).Select(n => $"{n}")];
            FaultPlan? plan = null;
            var started = clock.Elapsed;
            await using var redis = await MortalRedis.StartAsync();
            try
            {
                await using var server = await ConnectAsync(redis.Options());
                var act = await make(redis, server, random, ids);
                plan = new FaultPlan(redis, random, count * 10, count * replyBytes);
                await act().WaitAsync(TimeSpan.FromSeconds(90), Ct);
                await redis.Proxy.DisarmAsync();
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                await redis.Proxy.DisarmAsync();
                Effort.Run(seed, $"{what} of {count} jobs, faults: {plan}", exception);
            }

            longest = clock.Elapsed - started > longest ? clock.Elapsed - started : longest;
            (runs, jobs, strikes) = (runs + 1, jobs + count, strikes + redis.Proxy.Struck);
        }

        Effort.Report($"faults, {what}", $"{runs} runs, {jobs} jobs, {strikes} faults, longest run {longest.TotalSeconds:0.0} s, all {clock.Elapsed.TotalSeconds:0} s");
    }

    /// <summary>Puts jobs into a state, as BullMQ's workers would leave them.</summary>
    internal static async Task SeedAsync(IDatabase db, string state, string[] ids)
    {
        const string Script = """
            local P, state = KEYS[1], ARGV[1]
            for i = 2, #ARGV do
              local id = ARGV[i]
              redis.call('HSET', P .. id, 'name', 'job', 'data', '{"n":' .. i .. '}', 'opts', '{"attempts":0}', 'timestamp', '1700000000000', 'delay', '0', 'priority', '0',
                'finishedOn', 1700000000000 + math.floor(i / 7), 'processedOn', '1700000000000', 'atm', '1', 'failedReason', 'boom')
              if state == 'wait' then redis.call('LPUSH', P .. state, id) else redis.call('ZADD', P .. state, 1700000000000 + math.floor(i / 7), id) end
            end
            """;
        await db.ExecuteAsync("HSET", "bull:q:meta", "version", "bullmq:6.7.0", "opts.maxLenEvents", "10000");
        foreach (var part in ids.Chunk(1000))
        {
            await db.ExecuteAsync("EVAL", [Script, 1, "bull:q:", state, .. part]);
        }
    }

    /// <summary>The jobs of a state, in any order.</summary>
    internal static async Task<List<string>> IdsAsync(IDatabase db, string state) =>
        [.. ((string[])(await db.ExecuteAsync(state is "wait" or "active" or "paused" ? "LRANGE" : "ZRANGE", "bull:q:" + state, "0", "-1"))!)];

    private static async Task<List<string>> HashesAsync(IDatabase db)
    {
        var keys = await Keyspace.ScanAsync(db);
        return [.. keys.Select(Encoding.UTF8.GetString).Where(k => k.Count(c => c == ':') == 2).Select(k => k["bull:q:".Length..]).Where(k => char.IsAsciiDigit(k[^1]))];
    }

    /// <summary>The outcomes against what became of the jobs.</summary>
    private static async Task CheckAsync(IDatabase db, string[] ids, IReadOnlyList<JobOutcome> outcomes, JobOutcomeStatus done, string? target)
    {
        var failed = await IdsAsync(db, "failed");
        var there = target is null ? [] : await IdsAsync(db, target);
        var hashes = await HashesAsync(db);
        Assert.Equal(failed.Concat(there).Order(StringComparer.Ordinal), hashes.Order(StringComparer.Ordinal));
        if (target is not null)
        {
            Assert.Equal(ids.Order(StringComparer.Ordinal), hashes.Order(StringComparer.Ordinal));
        }

        Assert.Equal(outcomes.Count, outcomes.Select(o => o.Id).Distinct().Count());
        var stayed = failed.ToHashSet();
        foreach (var outcome in outcomes)
        {
            Assert.True(outcome.Status == done ? !stayed.Contains(outcome.Id)
                : outcome.Status is JobOutcomeStatus.NotChanged or JobOutcomeStatus.Refused ? stayed.Contains(outcome.Id)
                : outcome.Status == JobOutcomeStatus.Unknown, $"{outcome} ({outcome.Message}), and it is {(stayed.Contains(outcome.Id) ? "as it was" : "changed")}");
        }
    }
}
