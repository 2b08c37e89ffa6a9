using System.Text;
using JobAdmin.Client.Tests;
using StackExchange.Redis;

namespace JobAdmin.Server.Tests;

/// <summary>Lists that are written straight from what is stored, against those that the client's listings give: a server whose user may not use HGETALL has no other.</summary>
public sealed class StoredListTests(Bench bench) : ServerTest(bench)
{
    private const string Queue = "allowed-emails";

    private static readonly string[] States = ["waiting", "waiting-children", "delayed", "active", "completed", "failed"];

    private static readonly (int Start, int End)[] Pages = [(0, 1000), (0, 1), (3, 10), (40, 60), (49, 120), (50, 51), (100, 900), (295, 1000), (5000, 5010)];

    // What is stored under a field, and how often nobody thought of it.
    private static readonly (string Field, string[] Values)[] Odd =
    [
        ("data", ["{not json", "", " {\"a\" : 1}\n", "1", "\"\\ud800\"", "{\"a\":1}}", "[1,]", "{\"é\":\"\ud83d\ude00\"}"]),
        ("stacktrace",
        [
            "[]", "null", "no json", "", "[\"a\\u001b[31m\"]", "[ \"a\" , null]", "[\"\\/\"]", "[\"é\ud83d\ude00\\n\\t\\\"\\\\\"]", "[\"\\u00e9\"]", "[\"a\",]", "[\"\u007f\"]", "[\"a\"",
            "[\"a\"]x", "[1]", "[\"\\ud800\"]", "[\"a\u2028b\"]", "[\"\ue000\"]", "[\"\uffff\"]", "[\"a\",\"b\"]", "[\"a\",\"\"]", "[\"", "[\"a\\", "[\"a\\\"]", "[\"a\"\"b\"]", "[\"a\tb\"]", "[,]", "[\"a\",",
        ]),
        ("failedReason", ["say \"no\"", "back\\slash", "a\nb\tc\u001b[0m\u0001", "\u007f", "é\ud83d\ude00", "\u2028\uffff\ue000", "<&>'+`", ""]),
        ("name", ["", "é", "a\"b", "\ud83d\ude00"]),
        ("progress", ["50", "0.5", "1e400", "{\"a\":1}", "NaN", "text", "+5", "", "007", "1e21", "99999999999"]),
        ("atm", ["x", "3", "3.7", "99999999999", "-1", ""]),
        ("attemptsMade", ["4"]),
        ("ats", ["2", "x"]),
        ("stc", ["2", "x"]),
        ("priority", ["2097151", "x"]),
        ("opts",
        [
            "{\"attempts\":3}", " {\"attempts\":3}", "{\"attempts\":null,\"x\":{\"attempts\":7}}", "{\"group\":{\"id\":\"g\\\"1\"}}", "{\"group\":{\"id\":5}}", "{\"group\":1}", "{\"attempts\":99999999999}",
            "broken \"group\"", "", "{\"attempts\":\"3\"}",
        ]),
        ("timestamp", ["1e3", "-1", "253402300800000", "x", "1700000000123", "1700000000123.9"]),
        ("finishedOn", ["x", "1", "-62135596800001"]),
        ("parentKey", ["bull:emails:1", "bull:emails:a:b", "other:q:with:colon", "nocolon", "", ":x"]),
        ("pb", ["worker-\"1\"", ""]),
        ("rjk", ["repeat:x"]),
        ("deid", ["dedup"]),
        ("defa", ["stopped"]),
        ("returnvalue", ["\"x\"", "null", "{}", "broken", ""]),
        ("unknown", ["field"]),
    ];

    [Theory]
    [InlineData("bullmq")]
    [InlineData("bullmq5")]
    public async Task They_are_the_same_to_the_byte(string lib)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection, lib, queue: Queue);
        var huge = await FillAsync(lab);
        await using var served = await Served.StartAsync(lab);
        await using var slow = await Served.StartAsync(lab, await WithoutAsync(lab, "-hgetall"));
        foreach (var key in new[] { Served.Reader, Served.Bounded })
        {
            foreach (var state in States)
            {
                foreach (var (start, end) in Pages)
                {
                    var path = $"/api/queues/{Queue}/jobs?state={state}&start={start}&end={end}";
                    var jobs = await served.SendAsync("GET", path, key);
                    Assert.Equal((await slow.SendAsync("GET", path, key)).Text, jobs.Text);
                    Assert.InRange(jobs.Json.GetProperty("data").GetArrayLength(), 0, end - start);
                }
            }
        }

        var calls = await lab.Db.CallsAsync("hgetall");
        Assert.InRange(calls, 1000, long.MaxValue);
        // With so much data the first page's list is sorted in another way.
        await CompareAsync();
        foreach (var id in huge)
        {
            await lab.Db.HashSetAsync(lab.Base + id, "data", "{}");
        }

        Assert.InRange(await lab.Db.CallsAsync("hgetall") - calls, 500, long.MaxValue);
        calls = await lab.Db.CallsAsync("hgetall");
        await CompareAsync();
        Assert.InRange(await lab.Db.CallsAsync("hgetall") - calls, 1000, long.MaxValue);

        async Task CompareAsync()
        {
            foreach (var status in new[] { "all", "active", "waiting", "completed", "failed", "delayed" })
            {
                foreach (var limit in new[] { 0, 1, 50, 300, 1000 })
                {
                    var path = $"/api/admin/jobs?queue={Queue}&status={status}&limit={limit}";
                    Assert.Equal((await slow.SendAsync("GET", path)).Text, (await served.SendAsync("GET", path)).Text);
                }
            }
        }
    }

    [Fact]
    public async Task A_list_goes_on_where_its_lane_broke()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection, queue: Queue);
        await lab.JobsAsync("completed", 1500);
        // An answer that is no job's: what came before it has been written.
        await lab.Db.KeyDeleteAsync(lab.Base + "1100");
        await lab.Db.StringSetAsync(lab.Base + "1100", "no hash");
        await lab.Db.KeyDeleteAsync([.. Enumerable.Range(1200, 20).Select(n => (RedisKey)(lab.Base + n))]);
        await using var served = await Served.StartAsync(lab);
        await using var slow = await Served.StartAsync(lab, await WithoutAsync(lab, "-hgetall"));
        foreach (var path in new[] { "start=0&end=1000", "start=30&end=1000", "start=300&end=1300" })
        {
            Assert.Equal((await slow.SendAsync("GET", $"/api/queues/{Queue}/jobs?state=completed&{path}")).Text, (await served.SendAsync("GET", $"/api/queues/{Queue}/jobs?state=completed&{path}")).Text);
        }

        Assert.InRange(await lab.Db.CallsAsync("hgetall"), 100, 1000);
    }

    [Fact]
    public async Task Lanes_are_kept_and_replaced_when_they_have_gone()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection, queue: Queue);
        await lab.JobsAsync("failed", 200);
        await using var served = await Served.StartAsync(lab);
        var path = $"/api/queues/{Queue}/jobs?state=failed&start=0&end=200";
        var first = await served.SendAsync("GET", path);
        Assert.Equal(200, first.Json.GetProperty("data").GetArrayLength());
        Assert.Single(await LanesAsync(lab));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(first.Text, (await served.SendAsync("GET", path)).Text);
        }

        var lane = Assert.Single(await LanesAsync(lab));
        await lab.Db.ExecuteAsync("CLIENT", "KILL", "ID", lane);
        var calls = await lab.Db.CallsAsync("hgetall");
        Assert.Equal(first.Text, (await served.SendAsync("GET", path)).Text);
        Assert.Equal(calls + 200, await lab.Db.CallsAsync("hgetall"));
        Assert.NotEqual(lane, Assert.Single(await LanesAsync(lab)));
        // However many ask at once: a few lanes, and the same answers.
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => served.SendAsync("GET", path)));
        Assert.All(answers, answer => Assert.Equal(first.Text, answer.Text));
        Assert.InRange((await LanesAsync(lab)).Count, 1, 4);
    }

    [Fact]
    public async Task Readers_who_are_slow_or_leave_hold_nobody_up()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection, queue: Queue);
        await lab.JobsAsync("failed", 1000);
        var data = $"\"{new string('x', 20_000)}\"";
        await Task.WhenAll(Enumerable.Range(1, 1000).Select(n => lab.Db.HashSetAsync(lab.Base + n, "data", data)));
        await using var served = await Served.StartAsync(lab);
        var path = $"/api/queues/{Queue}/jobs?state=failed&start=0&end=1000";
        var whole = (await served.SendAsync("GET", path)).Text;
        var slow = new List<HttpResponseMessage>();
        for (var i = 0; i < 6; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Get, new Uri(served.Address, path));
            request.Headers.Add("X-Admin-Key", Served.Reader);
            slow.Add(await served.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct));
        }

        // They have no more than begun, and keep all lanes.
        Assert.Equal(whole, (await served.SendAsync("GET", path)).Text);
        foreach (var response in slow.Take(5))
        {
            response.Dispose();
        }

        Assert.Equal(whole, await slow[5].Content.ReadAsStringAsync(Ct));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(whole, (await served.SendAsync("GET", path)).Text);
        }

        Assert.InRange((await LanesAsync(lab)).Count, 1, 4);
    }

    private static async Task<int[]> FillAsync(Lab lab)
    {
        await lab.DoAsync("seed", new { failed = 3, completed = 2, active = 1, waiting = 2, prioritized = 1, delayed = 3 });
        await lab.FlowAsync(
            new
            {
                name = "parent", queueName = Queue, data = new { p = "ü" },
                children = new object[]
                {
                    new { name = "child", queueName = Queue, data = new { c = 1 } }, new { name = "kid", queueName = "secret", data = new { c = 2 } },
                    new { name = "nested", queueName = "allowed-too", data = new { c = 3 }, children = new[] { new { name = "leaf", queueName = "secret", data = new { } } } },
                },
            }, "secret", "allowed-too");
        var failed = await lab.IdsAsync("failed");
        foreach (var line in new[] { "first", "zweite é \ud83d\ude00", "a \"quote\"\n\tand a tab" })
        {
            await lab.DoAsync("log", new { id = failed[1], args = new[] { line } });
        }

        await lab.JobsAsync("failed", 400, first: 1000);
        await lab.JobsAsync("wait", 120, first: 2000);
        await lab.JobsAsync("prioritized", 120, first: 3000);
        await lab.JobsAsync("completed", 60, first: 4000);
        await lab.Db.ListLeftPushAsync(lab.Base + "wait", "0:0");
        var id = 1000;
        foreach (var (field, value) in Odd.SelectMany(odd => odd.Values.Select(value => (odd.Field, value))))
        {
            await lab.Db.HashSetAsync($"{lab.Base}{id++}", field, Encoding.UTF8.GetBytes(value));
        }

        byte[] broken = [.. "[\""u8, 0xff, 0xc3, (byte)'a', .. "\"]"u8];
        foreach (var field in new[] { "data", "stacktrace", "failedReason", "name", "opts", "progress", "parentKey", "returnvalue" })
        {
            await lab.Db.HashSetAsync($"{lab.Base}{id++}", field, broken);
        }

        foreach (var field in new[] { "data", "opts", "name", "timestamp", "atm", "failedReason", "processedOn" })
        {
            await lab.Db.HashDeleteAsync($"{lab.Base}{id++}", field);
        }

        // Gone, with nothing left that is known, huge, and with a long log.
        await lab.Db.KeyDeleteAsync([.. Enumerable.Range(id, 30).Select(n => (RedisKey)(lab.Base + n))]);
        await lab.Db.KeyDeleteAsync(lab.Base + (id + 40));
        await lab.Db.HashSetAsync(lab.Base + (id + 40), "elsewhere", "1");
        await lab.Db.HashSetAsync(lab.Base + (id + 41), "data", $"\"{new string('x', 3_000_000)}\"");
        for (var n = id + 50; n < id + 70; n++)
        {
            await lab.Db.HashSetAsync(lab.Base + n, "data", $"\"{new string('y', 300_000)}\"");
            await lab.Db.ListRightPushAsync($"{lab.Base}{n}:logs", [.. Enumerable.Range(0, 100).Select(line => (RedisValue)$"line {line}")]);
        }

        Assert.InRange(id, 1000, 1300);
        return [id + 41, .. Enumerable.Range(id + 50, 20)];
    }

    private static async Task<Func<Hosting.ServerOptions, Hosting.ServerOptions>> WithoutAsync(Lab lab, string command)
    {
        await lab.Db.ExecuteAsync("ACL", "SETUSER", "slow", "on", ">secret", "~*", "&*", "+@all", command);
        return options => options with { Redis = options.Redis with { User = "slow", Password = new Secret("secret") } };
    }

    // The library's own connections have a name.
    private static async Task<List<string>> LanesAsync(Lab lab) =>
        [.. ((string)(await lab.Db.ExecuteAsync("CLIENT", "LIST"))!).Split('\n').Where(line => line.Contains(" name= ", StringComparison.Ordinal)
            && (line.Contains("cmd=hgetall", StringComparison.Ordinal) || line.Contains("cmd=exists", StringComparison.Ordinal))).Select(line => line.Split(' ')[0][3..])];
}
