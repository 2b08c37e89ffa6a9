using System.Globalization;
using System.Text;
using System.Text.Json;
using StackExchange.Redis;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Long exports read most jobs over a connection of their own: what they write is what the script would have written.</summary>
public sealed class ExportLaneTests(Bench bench) : IAsyncLifetime
{
    private const int Many = 3000;

    private RedisServer redis = null!;
    private ConnectionMultiplexer connection = null!;

    public async ValueTask InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        connection = await redis.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory, InlineData("failed"), InlineData("completed"), InlineData("delayed"), InlineData("prioritized"), InlineData("waiting-children"), InlineData("wait"), InlineData("paused"), InlineData("active")]
    public async Task Each_record_as_the_script_writes_it(string state)
    {
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync(state, Many);
        await AddOddJobsAsync(lab, state);
        var server = await lab.ServerAsync();
        var (ids, records) = await ExportFastAsync(lab, server, State(state), quiet: true);
        Assert.True(records.Count >= Many - 3);
        Assert.Equal(await ByScriptAsync(server, State(state), ids), records);
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public async Task Jobs_that_BullMQ_made(string lib)
    {
        await using var lab = bench.Lab(redis, connection, lib);
        await lab.DoAsync("seed", new { failed = 1200, names = new[] { "send", "résumé 😀" }, reasons = new[] { "boom", "ö \"quoted\"\n\tline" } });
        for (var n = 3; n < 1200; n += 100)
        {
            await lab.DoAsync("log", new { id = n.ToString(CultureInfo.InvariantCulture), args = new[] { "a line" } });
        }

        await lab.FailedAsync(new { deduplication = new { id = "once", ttl = 3_600_000 } });
        await lab.FailedAsync(new { deduplication = new { id = "gone" } });
        await lab.FailedAsync(data: new { text = new string('é', 2_000_000) });
        await lab.DoAsync("addFlow", new
        {
            flow = new
            {
                name = "parent", queueName = lab.Queue, opts = new { jobId = "parent" },
                children = new object[] { new { name = "child", queueName = "other", opts = new { jobId = "one" } }, new { name = "child", queueName = "other", opts = new { jobId = "two", ignoreDependencyOnFailure = true } } },
            },
        });
        await lab.DoAsync("work", new { queue = "other", behave = new { @do = "ok" } });
        await lab.FailNextAsync();
        var server = await lab.ServerAsync();
        var (ids, records) = await ExportFastAsync(lab, server, JobState.Failed, quiet: true);
        Assert.Equal(1204, records.Count);
        Assert.Contains(records, r => r.Contains("\"deduplication\"", StringComparison.Ordinal));
        Assert.Contains(records, r => r.Contains("\"processed\"", StringComparison.Ordinal));
        Assert.Equal(12, records.Count(r => r.Contains("\"logs\"", StringComparison.Ordinal)));
        Assert.Equal(await ByScriptAsync(server, JobState.Failed, ids), records);
    }

    [Fact]
    public async Task Jobs_that_move_meanwhile_are_read_at_one_moment()
    {
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", Many);
        var server = await lab.ServerAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var random = new Random(5);
        var mover = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await lab.Db.ScriptEvaluateAsync(
                        """
                        local job, now = KEYS[1] .. ARGV[1], ARGV[2]
                        if redis.call('ZREM', KEYS[1] .. 'failed', ARGV[1]) == 1 then
                          redis.call('ZADD', KEYS[1] .. 'completed', now, ARGV[1])
                          redis.call('HSET', job, 'in', 'completed', 'at', now)
                          redis.call('RPUSH', job .. ':logs', now)
                        else
                          redis.call('ZREM', KEYS[1] .. 'completed', ARGV[1])
                          redis.call('ZADD', KEYS[1] .. 'failed', now, ARGV[1])
                          redis.call('HSET', job, 'in', 'failed', 'at', now)
                          redis.call('DEL', job .. ':logs')
                        end
                        """, [lab.Base], [random.Next(1, Many + 1), 1_700_000_000_000 + random.Next(1_000_000)]);
                }
            }, Ct);
        var (_, records) = await ExportFastAsync(lab, server, JobState.Failed, quiet: false);
        await stop.CancelAsync();
        await mover;
        var moved = 0;
        foreach (var record in records)
        {
            using var document = JsonDocument.Parse(record);
            var (root, hash) = (document.RootElement, document.RootElement.GetProperty("hash"));
            if (hash.TryGetProperty("in", out var place))
            {
                moved++;
                Assert.Equal(place.GetString(), root.GetProperty("state").GetString());
                Assert.Equal(hash.GetProperty("at").GetString(), root.GetProperty("score").GetRawText());
                Assert.Equal(place.GetString() == "completed", root.TryGetProperty("logs", out var logs));
                Assert.True(logs.ValueKind == JsonValueKind.Undefined || logs[0].GetString() == hash.GetProperty("at").GetString());
            }
        }

        Assert.True(moved > 0);
    }

    [Fact]
    public async Task An_export_survives_the_loss_of_its_lane()
    {
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", 12_000);
        var server = await lab.ServerAsync();
        var killed = 0;
        for (var tries = 0; killed == 0 && tries < 60; tries++)
        {
            var records = new List<string>();
            await foreach (var slice in ((IJobTransfer)server).ExportJobsAsync(new JobQuery { Queue = lab.Queue, States = [JobState.Failed] }, Ct))
            {
                records.AddRange(Lines(slice));
                killed += records.Count > 1000 && killed == 0 ? await KillLanesAsync(lab.Db) : 0;
            }

            Assert.Equal(12_000, records.Count);
            Assert.Equal(await ByScriptAsync(server, JobState.Failed, records.ConvertAll(Id)), records);
        }

        Assert.Equal(1, killed);
    }

    [Theory, InlineData("data"), InlineData("failedReason")]
    public async Task Huge_jobs_come_in_slices_bounded_by_bytes(string field)
    {
        await using var lab = bench.Lab(redis, connection);
        await lab.JobsAsync("failed", Many);
        var text = $"\"{new string('x', 100_000)}\"";
        foreach (var n in Enumerable.Range(1000, 500))
        {
            await lab.Db.HashSetAsync(lab.Base + n, field, text);
        }

        var server = await lab.ServerAsync();
        var largest = 0;
        var (ids, records) = await ExportFastAsync(lab, server, JobState.Failed, quiet: true, slice => largest = Math.Max(largest, slice.Lines.Length));
        Assert.Equal(Many, records.Count);
        Assert.InRange(largest, 1, 12 << 20);
        Assert.Equal(await ByScriptAsync(server, JobState.Failed, ids), records);
    }

    /// <summary>Jobs that are more than a hash, and others that are no jobs at all.</summary>
    private static async Task AddOddJobsAsync(Lab lab, string state)
    {
        var (db, at) = (lab.Db, lab.Base);
        byte[] bytes = [0, 0xff, 0xfe, (byte)'"', 0xed, 0xa0, 0x80];
        await db.HashSetAsync(at + 1001, [new(bytes, bytes), new("base64:x", "base64:y"), new("data", "\"\\ud800 \u2028 é 😀\"")]);
        await db.ListRightPushAsync(at + "1002:logs", ["a\nb", "c"]);
        await db.SetAddAsync(at + "1003:dependencies", "bull:other:1");
        await db.HashSetAsync(at + "1004:processed", "bull:other:1", "{}");
        await db.HashSetAsync(at + "1005:failed", "bull:other:1", "boom");
        await db.SortedSetAddAsync(at + "1006:unsuccessful", "bull:other:1", 5);
        await db.KeyExpireAsync(at + "1006:unsuccessful", TimeSpan.FromHours(5));
        await db.KeyExpireAsync(at + "1007", TimeSpan.FromDays(60));
        await db.HashSetAsync(at + 1008, "deid", "mine");
        await db.StringSetAsync(at + "de:mine", "1008", TimeSpan.FromHours(1));
        await db.HashSetAsync(at + 1009, "deid", "another's");
        await db.KeyDeleteAsync(at + 1010);
        await db.KeyDeleteAsync([at + 1011, at + 1012]);
        await db.ListRightPushAsync(at + 1011, "no hash");
        await db.HashSetAsync(at + 1012, "elsewhere", "1");
        await db.SortedSetAddAsync(at + "completed", "1013", 1_700_000_000_001);
        await db.SortedSetAddAsync(at + "waiting-children", "1014", 1_700_000_000_001);
        await db.StringSetAsync(at + "1015:lock", "token");
        await db.HashSetAsync(at + 1016, "data", new string('x', 3_000_000));
        await db.HashSetAsync(at + 1017, [.. Enumerable.Range(0, 5000).Select(n => new HashEntry($"field{n}", n))]);
        await db.HashSetAsync(at + 1018, "failedReason", new string('é', 70_000));
        if (state is not ("wait" or "paused" or "active" or "completed" or "failed"))
        {
            await db.SortedSetAddAsync(at + state, "1019", double.PositiveInfinity);
            await db.SortedSetAddAsync(at + state, "1020", 1.5e300);
        }
    }

    /// <summary>Exports until it went over a lane: on a busy machine the line may be too long for one now and then.</summary>
    private static async Task<(List<string> Ids, List<string> Records)> ExportFastAsync(Lab lab, IJobServer server, JobState state, bool quiet, Action<JobExportSlice>? look = null)
    {
        for (var tries = 0; tries < 60; tries++)
        {
            var before = await lab.Db.CallsAsync("exec");
            var records = new List<string>();
            await foreach (var slice in ((IJobTransfer)server).ExportJobsAsync(new JobQuery { Queue = lab.Queue, States = [state] }, Ct))
            {
                look?.Invoke(slice);
                records.AddRange(Lines(slice));
            }

            var ids = records.ConvertAll(Id);
            Assert.True(!quiet || ids.Distinct().Count() == ids.Count);
            if (await lab.Db.CallsAsync("exec") > before)
            {
                return (ids, records);
            }
        }

        throw new InvalidOperationException("No export went over a lane.");
    }

    private static async Task<List<string>> ByScriptAsync(IJobServer server, JobState state, List<string> ids)
    {
        var records = new List<string>();
        foreach (var some in ids.Chunk(200))
        {
            await foreach (var slice in ((IJobTransfer)server).ExportJobsAsync("emails", some, state, JobKin.None, Ct))
            {
                records.AddRange(Lines(slice));
            }
        }

        return records;
    }

    private static string[] Lines(JobExportSlice slice)
    {
        var lines = Encoding.UTF8.GetString(slice.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(slice.Count, lines.Length);
        return lines;
    }

    private static string Id(string record)
    {
        using var document = JsonDocument.Parse(record);
        return document.RootElement.GetProperty("id").GetString()!;
    }

    private static JobState State(string word) => word switch
    {
        "wait" => JobState.Waiting, "waiting-children" => JobState.WaitingChildren, _ => Enum.Parse<JobState>(word, ignoreCase: true),
    };

    private static async Task<int> KillLanesAsync(IDatabase db)
    {
        var killed = 0;
        foreach (var client in ((string)(await db.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Where(c => c.Contains(" name= ", StringComparison.Ordinal)
            && (c.Contains("cmd=exec", StringComparison.Ordinal) || c.Contains("cmd=hstrlen", StringComparison.Ordinal))))
        {
            await db.ExecuteAsync("CLIENT", "KILL", "ID", client.Split(' ')[0][3..]);
            killed++;
        }

        return killed;
    }
}
