using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobAdmin.Client.BullMq;
using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Faults;

namespace JobAdmin.Client.Tests.Fuzz;

/// <summary>Whatever a reader is given, it reads it or says in our words that it can't, and takes no more memory than the input is worth.</summary>
public sealed class ReaderFuzzTests(Bench bench)
{
    private const long FreeBytes = 4 << 20, BytesAByte = 2000;

    // A pattern is compiled and a cron text walked through the calendar: much for a small input, whatever it says.
    private const long Compiling = 256 << 20;

    [Fact]
    public async Task Rows_of_jobs()
    {
        await using var lab = bench.Lab();
        var server = await lab.ServerAsync();
        byte[][] Good(bool looked, bool parts) => [.. Enumerable.Range(0, 10).Select(n => Rows(new Random(n), looked, parts))];
        var ids = new MsgPackWriter();
        ids.WriteNumber(5);
        Array.ForEach(["1", "2", "b", "repeat:x:1", "" ], ids.WriteString);
        var all = new JobFilter();
        Fuzz("rows of jobs", 6_000, 250_000, Good(true, true), bytes =>
        {
            var rows = new JobRows(server, "emails", JobParts.All);
            var jobs = new List<QueueJob>();
            rows.ReadById(bytes, jobs);
            foreach (var job in jobs)
            {
                _ = (job.GetData(), job.GetDataText(), job.GetOptions(), job.GetReturnValueText(), job.Duration, job.StackTrace?.Sum(l => l.Length), job.Log?.Sum(l => l.Length));
            }
        });
        var (noise, made) = (new Mutator(new Random(11)), new Random(12));
        Fuzz("rows of jobs whose fields are hostile", 3_000, 100_000, [[]], unused =>
        {
            // Well packed, each time others: nothing is refused, and every field is read as it is.
            var rows = new JobRows(server, "emails", JobParts.All);
            var jobs = new List<QueueJob>();
            rows.ReadById(Rows(made, true, true, text => made.Next(4) > 0 ? text : made.Next(2) == 0 ? noise.Noise(60) : noise.Text(text)), jobs);
            Assert.Equal(3, jobs.Count);
            foreach (var job in jobs)
            {
                _ = (job.GetData(), job.GetDataText(), job.GetOptions(), job.GetReturnValueText(), job.Duration, job.StackTrace?.Sum(l => l.Length), job.Log?.Sum(l => l.Length));
            }
        });
        Fuzz("pages of a set", 3_000, 100_000, Good(false, false), bytes =>
        {
            var reader = new MsgPackReader(bytes);
            var count = reader.ReadCount();
            new JobRows(server, "emails", JobParts.None).ReadPage(bytes.AsMemory(reader.Position), count, new FilterText(all, true));
        });
        Fuzz("pages of ids", 3_000, 100_000, [ids.ToArray()], bytes =>
        {
            var reader = new MsgPackReader(bytes);
            var count = reader.ReadCount();
            JobRows.ReadIds(bytes.AsMemory(reader.Position), count);
        });
        Fuzz("rows of schedulers", 3_000, 100_000, [Schedulers()], bytes => new SchedulerRows(server, "emails", 6, 3).Read(bytes));
    }

    [Fact]
    public void Records_of_an_export()
    {
        byte[][] good =
        [
            .. new[]
            {
                """{"queue":"emails","id":"1","state":"failed","score":1700000000000,"hash":{"name":"a","data":"{\"a\":1}","opts":"{}","base64:/w==":{"base64":"/w=="}},"logs":["x"],"dependencies":["b:c:1"],"failed":{"a":"b"},"unsuccessful":{"a":1},"deduplication":{"id":"d","expires":1}}""",
                """{"queue":"emails","key":"meta","type":"hash","value":{"version":"bullmq:6.7.0"},"expires":17}""",
                """{"queue":"q","id":"2","state":"wait","hash":{"name":"a","timestamp":1}}""",
            }.Select(Encoding.UTF8.GetBytes),
        ];
        Fuzz("records of an export", 10_000, 200_000, good, bytes => JobRecord.Read(bytes));
    }

    [Fact]
    public void Json_of_the_admin_APIs()
    {
        byte[][] good = [.. new[] { "conveyor/05-jobs-default", "conveyor/16-get-failed", "bioagents/02-list-failed", "openinary/01-list", "mcrit/01-list" }
            .Select(name => Encoding.UTF8.GetBytes(Http.Fakes.Capture.Load(name).Answer.Body)).Select(body => body.Length > 3000 ? FirstObject(body) : body)];
        string[] names = ["id", "name", "state", "createdAt", "progress", "opts", "logs", "stacktrace", "failedReason", "timestamp", "data", "jobs", "error", "priority", "number"];
        Fuzz("JSON of the admin APIs", 6_000, 150_000, good, bytes =>
        {
            var answer = new ApiAnswer(new ApiRequest(HttpMethod.Get, "jobs")) { Status = 200, MediaType = "application/json", Body = bytes };
            if (answer.Json is { } json)
            {
                Walk(json, 0);
            }

            void Walk(JsonElement element, int depth)
            {
                if (element.ValueKind == JsonValueKind.Array)
                {
                    foreach (var item in element.EnumerateArray().Take(5))
                    {
                        Walk(item, depth + 1);
                    }
                }
                else if (element.ValueKind == JsonValueKind.Object && depth < 5)
                {
                    foreach (var name in names)
                    {
                        _ = (element.Text(name), element.Number(name), element.Small(name), element.Flag(name), element.Time(name), element.Progress(100, name), element.Texts(name));
                        if (element.Field(name) is { ValueKind: JsonValueKind.Object or JsonValueKind.Array } inner)
                        {
                            Walk(inner, depth + 1);
                        }
                    }
                }
            }
        });
    }

    [Fact]
    public void Event_streams()
    {
        byte[][] good = [Encoding.UTF8.GetBytes(Http.Fakes.Capture.Text("conveyor/sse-all")[..1500]), Encoding.UTF8.GetBytes(Http.Fakes.Capture.Text("openinary/sse-job-lifecycle")[..800])];
        Fuzz("event streams", 4_000, 100_000, good, bytes =>
        {
            foreach (var item in SseParser.Create(new MemoryStream(bytes)).Enumerate())
            {
                _ = item.Data.Length + item.EventType.Length;
            }
        });
    }

    [Fact]
    public void Texts_of_users_and_jobs()
    {
        string[] good = ["connect ECONNREFUSED 10.0.0.1:6379 after 12 ms", "user.profile[2].name=Ann*", "a*b?[c-z]`*d", "*/5 8-18 1,15 JAN-MAR MON#2", "0 0 12 L * ?", "@daily", "1700000000000-3"];
        Fuzz("reasons and patterns", 3_000, 150_000, [.. good.Select(Encoding.UTF8.GetBytes)], bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            var kind = JobReason.Normalise(text);
            _ = new JobWildcard(JobReason.ToWildcard(kind)).IsMatch(text);
            StreamPosition.Compare(text, "1-1");
            Try<JobServerException>(() => new JobWildcard(text).IsMatch("some text of a job"));
            Try<JobServerException>(() => new JobDataMatch(text));
        }, Compiling);
        Fuzz("cron texts", 200, 5_000, [.. good[3..6].Select(Encoding.UTF8.GetBytes)], bytes =>
            new CronPattern(Encoding.UTF8.GetString(bytes), 6).Next(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), TimeZoneInfo.Utc), Compiling);
    }

    [Fact]
    public void What_is_packed_is_read_back()
    {
        var random = new Random(5);
        var mutator = new Mutator(random);
        var count = Effort.Count(3_000, 100_000);
        for (var n = 0; n < count; n++)
        {
            var writer = new MsgPackWriter();
            var texts = Enumerable.Range(0, random.Next(1, 20)).Select(_ => mutator.Noise(random.Next(3) == 0 ? 400 : 20)).ToArray();
            var number = (long)(random.NextDouble() * uint.MaxValue) - int.MaxValue / 2;
            writer.WriteArray(texts.Length);
            Array.ForEach(texts, writer.WriteString);
            writer.WriteNumber(number);
            var reader = new MsgPackReader(writer.ToArray());
            Assert.Equal(texts.Length, reader.ReadArray());
            foreach (var text in texts)
            {
                // A half of a pair has no bytes of its own: it is what UTF-8 makes of it.
                Assert.Equal(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), reader.ReadString());
            }

            Assert.Equal(number, reader.ReadInteger());
        }

        Effort.Report("fuzz, msgpack written and read", string.Create(CultureInfo.InvariantCulture, $"{count} inputs, all the same"));
    }

    private static void Try<TError>(Action action)
        where TError : Exception
    {
        try
        {
            action();
        }
        catch (TError)
        {
            // In our words.
        }
    }

    private static void Fuzz(string what, int few, int many, byte[][] good, Action<byte[]> read, long free = FreeBytes)
    {
        var (count, refused, most) = (Effort.Count(few, many), 0, 0L);
        foreach (var input in good)
        {
            Try<JobServerException>(() => read(input));
        }

        foreach (var seed in Effort.Seeds(1, 1))
        {
            var random = new Random(seed);
            var mutator = new Mutator(random);
            for (var n = 0; n < count; n++)
            {
                var input = random.Next(50) == 0 ? RandomBytes(random) : mutator.Mutate(good[random.Next(good.Length)]);
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    read(input);
                }
                catch (JobServerException)
                {
                    refused++;
                }
                catch (Exception exception)
                {
                    Assert.Fail($"{what}, seed {seed}, input {n}: {exception.GetType().Name} {exception.Message} for {Convert.ToBase64String(input)}\n{exception.StackTrace}");
                }

                var taken = GC.GetAllocatedBytesForCurrentThread() - before;
                most = Math.Max(most, taken);
                Assert.True(taken < free + (BytesAByte * input.Length), $"{what}, seed {seed}, input {n}: {taken} bytes for {input.Length}: {Convert.ToBase64String(input)}");
            }
        }

        Effort.Report($"fuzz, {what}", string.Create(CultureInfo.InvariantCulture, $"{count} inputs, {refused} refused in our words, no other exception, {most / 1024} KB at the most for one"));
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] FirstObject(byte[] body)
    {
        var root = JsonNode.Parse(body)!;
        foreach (var list in root is JsonObject map ? map.Select(p => p.Value).OfType<JsonArray>() : [root.AsArray()])
        {
            while (list.Count > 2)
            {
                list.RemoveAt(2);
            }
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    /// <summary>What <c>schedulers.lua</c> gives for two.</summary>
    private static byte[] Schedulers()
    {
        var writer = new MsgPackWriter();
        writer.WriteNumber(2);
        foreach (var id in (string[])["nightly", "send:1:::0 3 * * *"])
        {
            Array.ForEach([id, "1700000000000", "delayed", "7", "send", id == "nightly" ? "3" : null, null, "0 3 * * *", "Europe/Paris", "10", null, "1800000000000", null, "{\"a\":1}", "{\"attempts\":3}", null], writer.WriteString);
        }

        return writer.ToArray();
    }

    /// <summary>What <c>jobs-by-id.lua</c> gives for a few jobs.</summary>
    private static byte[] Rows(Random random, bool looked, bool parts, Func<string, string>? spoil = null)
    {
        var writer = new MsgPackWriter();
        if (looked)
        {
            writer.WriteNumber(3);
        }

        writer.WriteNumber(3);
        for (var row = 0; row < 3; row++)
        {
            string?[] fields =
            [
                $"{row}", "1700000000000", "failed", "send", "1700000000000", "1700000000001", "1700000000002", "boom", "50", "1", null, "1", null, "0", "0",
                random.Next(2) == 0 ? "worker" : null, random.Next(2) == 0 ? "bull:parents:7" : null, null, null, null, "3",
            ];
            void Write(string? text) => writer.WriteString(text is null ? null : spoil?.Invoke(text) ?? text);
            Array.ForEach(fields, Write);
            if (parts)
            {
                Array.ForEach<string?>(["{\"to\":\"a@b\"}", "{\"attempts\":3}", "null", "[\"Error: boom\\n at x\",null]", null], Write);
            }
        }

        return writer.ToArray();
    }
}
