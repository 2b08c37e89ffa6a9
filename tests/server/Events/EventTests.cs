using System.Net;
using System.Net.Sockets;
using System.Text;
using JobAdmin.Client.Tests;
using JobAdmin.Server.Events;
using Microsoft.Extensions.DependencyInjection;

namespace JobAdmin.Server.Tests;

/// <summary>Live events: each once, in order, whatever the reader does.</summary>
public sealed class EventTests(Bench bench) : ServerTest(bench)
{
    [Theory]
    [InlineData("bullmq")]
    [InlineData("bullmq5")]
    public async Task Events_come_as_the_page_has_them(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab);
        using var events = await SseReader.OpenAsync(served, "/api/queues/emails/events");
        var id = await lab.AddAsync(new { @do = "fail", reason = "no luck", progress = new object[] { 50, new { percent = 70 } } });
        await lab.DoAsync("work", new { });
        await lab.DoAsync("pause");
        await lab.DoAsync("resume");
        var all = await events.UntilAsync(e => e.Type == "queue:resumed");
        var ofJob = all.Where(e => e.Job == id).Select(e => e.Type).ToList();
        Assert.Equal(["job:waiting", "job:active", "job:progress", "job:progress", "job:failed"], ofJob.Where(type => type is not ("job:added" or "job:retries-exhausted")));
        var failed = all.Single(e => e.Type == "job:failed").Json;
        Assert.Equal("no luck", failed.GetProperty("data").GetProperty("reason").GetString());
        Assert.Equal("emails", failed.GetProperty("queueName").GetString());
        Assert.True(failed.GetProperty("timestamp").TryGetDateTimeOffset(out _));
        var progress = all.Where(e => e.Type == "job:progress").ToList();
        Assert.Equal((50, 70), (progress[0].Json.GetProperty("data").GetInt32(), progress[1].Json.GetProperty("data").GetProperty("percent").GetInt32()));
        Assert.Equal("__all__", all.Single(e => e.Type == "queue:paused").Json.GetProperty("data").GetProperty("jobName").GetString());
        Assert.All(all, e => Assert.True(StreamId.TryParse(e.Id, out _)));
    }

    [Theory]
    [InlineData("/api/queues/emails/events")]
    [InlineData("/api/events")]
    public async Task A_reader_that_comes_again_goes_on_where_it_was(string path)
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("add", new { queue = "other" });
        await using var served = await Served.StartAsync(lab);
        string last;
        using (var first = await SseReader.OpenAsync(served, path))
        {
            var seen = await lab.AddAsync();
            await first.UntilAsync(e => e.Type == "job:waiting" && e.Job == seen && e.Queue == "emails");
            last = first.LastId!;
        }

        var missed = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            missed.Add(await lab.AddAsync());
        }

        using var again = await SseReader.OpenAsync(served, path, last);
        var after = await lab.AddAsync();
        var got = await again.UntilAsync(e => e.Type == "job:waiting" && e.Job == after);
        Assert.Equal([.. missed, after], got.Where(e => e.Type == "job:waiting").Select(e => e.Job).Distinct());
        if (path != "/api/events")
        {
            Assert.Equal(missed.Count + 1, got.Count(e => e.Type == "job:waiting"));
        }

        // By the parameter as well, for those that can't set the header; another server knows the id, too.
        await using var other = await Served.StartAsync(lab);
        using var third = await SseReader.OpenAsync(other, $"{path}?lastEventId={Uri.EscapeDataString(last)}");
        Assert.Contains(missed[0], (await third.UntilAsync(e => e.Type == "job:waiting" && e.Job == after)).Select(e => e.Job));
    }

    [Fact]
    public async Task What_redis_has_trimmed_is_a_gap()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab);
        string last;
        using (var first = await SseReader.OpenAsync(served, "/api/queues/emails/events"))
        {
            await lab.AddAsync();
            last = (await first.UntilAsync(e => e.Type == "job:waiting"))[^1].Id!;
        }

        for (var i = 0; i < 5; i++)
        {
            await lab.AddAsync();
        }

        await lab.Db.ExecuteAsync("XTRIM", lab.Base + "events", "MAXLEN", "2");
        using var again = await SseReader.OpenAsync(served, "/api/queues/emails/events", last);
        var gap = (await again.NextAsync())!;
        Assert.Equal(("gap", "emails"), (gap.Type, gap.Queue));
        Assert.True(StreamId.Parse((await again.NextAsync())!.Id).CompareTo(StreamId.Parse(last)) > 0);
        using var lost = await SseReader.OpenAsync(served, "/api/queues/emails/events", "no id of ours");
        Assert.Equal("gap", (await lost.NextAsync())!.Type);
        // Redis refuses to look behind the last id that there can be.
        using var beyond = await SseReader.OpenAsync(served, "/api/queues/emails/events", "18446744073709551615-18446744073709551615");
        Assert.Equal("gap", (await beyond.NextAsync())!.Type);
        Assert.Equal("emails", (await beyond.NextAsync())!.Queue);
    }

    [Fact]
    public async Task Queues_are_read_once_however_many_listen_and_new_ones_are_found()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection);
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab);
        var readers = new List<SseReader>();
        for (var i = 0; i < 40; i++)
        {
            readers.Add(await SseReader.OpenAsync(served, i % 2 == 0 ? "/api/queues/emails/events" : "/api/events"));
        }

        var clients = ((string?)await lab.Db.ExecuteAsync("CLIENT", "LIST"))!.Split('\n');
        Assert.InRange(clients.Count(line => line.Contains("cmd=xread", StringComparison.Ordinal)), 1, 1);
        var id = await lab.AddAsync();
        await Task.WhenAll(readers.Select(reader => reader.UntilAsync(e => e.Type == "job:waiting" && e.Job == id)));
        await lab.DoAsync("add", new { queue = "later", name = "first" });
        Assert.Equal("later", (await readers[1].UntilAsync(e => e.Queue == "later"))[^1].Queue);
        readers.ForEach(reader => reader.Dispose());
    }

    [Fact]
    public async Task A_queue_whose_events_cannot_be_read_does_not_end_those_of_others()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await redis.ConnectAsync();
        await using var lab = Bench.Lab(redis, connection);
        await lab.AddAsync();
        await lab.DoAsync("add", new { queue = "broken", name = "first" });
        await lab.DoAsync("add", new { queue = "wrong", name = "first" });
        await lab.DoAsync("close");
        await lab.Db.KeyDeleteAsync("bull:wrong:events");
        await lab.Db.StringSetAsync("bull:wrong:events", "no stream");
        await using var served = await Served.StartAsync(lab);
        using var all = await SseReader.OpenAsync(served, "/api/events");
        using var one = await SseReader.OpenAsync(served, "/api/queues/emails/events");
        Assert.Equal(HttpStatusCode.Conflict, (await served.SendAsync("GET", "/api/queues/wrong/events")).Status);
        using var broken = await SseReader.OpenAsync(served, "/api/queues/broken/events");
        await lab.Db.KeyDeleteAsync("bull:broken:events");
        await lab.Db.StringSetAsync("bull:broken:events", "no stream");
        Assert.Null(await broken.NextAsync());
        var id = await lab.AddAsync();
        await one.UntilAsync(e => e.Type == "job:waiting" && e.Job == id);
        using var again = await SseReader.OpenAsync(served, "/api/events", all.LastId);
        Assert.DoesNotContain(await again.UntilAsync(e => e.Type == "job:waiting" && e.Job == id), e => e.Queue != "emails");
        // What can be read again comes, too.
        await lab.Db.KeyDeleteAsync("bull:broken:events");
        await lab.DoAsync("add", new { queue = "broken", name = "second" });
        await again.UntilAsync(e => e.Queue == "broken");
    }

    [Fact]
    public async Task A_reader_who_does_not_read_is_kept_a_short_row_and_loses_nothing()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("close");
        await using var served = await Served.StartAsync(lab);
        using var slow = new TcpClient { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(served.Address.Host, served.Address.Port, Ct);
        var wire = slow.GetStream();
        await wire.WriteAsync(Encoding.ASCII.GetBytes($"GET /api/queues/emails/events HTTP/1.1\r\nHost: localhost\r\nX-Admin-Key: {Served.Admin}\r\n\r\n"), Ct);
        using var quick = await SseReader.OpenAsync(served, "/api/queues/emails/events");
        var idle = new EventClient();
        await served.Services.GetRequiredService<EventHub>().JoinAsync(idle, ["emails"], some: false, Ct);
        const int Events = 9000;
        var padding = new string('x', 400);
        for (var n = 0; n < Events; n += 500)
        {
            await Task.WhenAll(Enumerable.Range(n, 500).Select(i => lab.Db.ExecuteAsync("XADD", lab.Base + "events", "*", "event", "failed", "jobId", $"{i}", "failedReason", padding)));
        }

        var got = await quick.UntilAsync(e => e.Job == $"{Events - 1}");
        Assert.Equal(Events, got.Count);

        // Frames are counted, since the memory of a process that runs other tests too says nothing of one reader.
        Assert.True(idle.IsBehind);
        Assert.InRange(idle.Frames.Count, 1, 256);

        // Now it reads: all of it, in order, once.
        using var text = new StreamReader(wire);
        var expected = 0;
        while (expected < Events && await text.ReadLineAsync(Ct) is { } line)
        {
            if (line.StartsWith("data: {\"type\":\"job:failed\"", StringComparison.Ordinal))
            {
                Assert.Contains($"\"jobId\":\"{expected}\"", line);
                expected++;
            }
        }

        Assert.Equal(Events, expected);
    }

    [Fact]
    public async Task Many_readers_get_every_event()
    {
        var count = Environment.GetEnvironmentVariable("JOBADMIN_FULL") is null ? 200 : 1000;
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab);
        var readers = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => SseReader.OpenAsync(served, "/api/queues/emails/events")));
        for (var i = 0; i < 100; i++)
        {
            await lab.Db.ExecuteAsync("XADD", lab.Base + "events", "*", "event", "active", "jobId", $"{i}");
        }

        var all = await Task.WhenAll(readers.Select(reader => reader.UntilAsync(e => e.Job == "99")));
        Assert.All(all, got => Assert.Equal(Enumerable.Range(0, 100).Select(n => $"{n}"), got.Select(e => e.Job)));
        Array.ForEach(readers, reader => reader.Dispose());
    }

    [Fact]
    public async Task Streams_beyond_the_bound_are_refused_and_a_stop_ends_them()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await using var served = await Served.StartAsync(lab, options => options with { MaxStreams = 2, Heartbeat = TimeSpan.FromSeconds(1) });
        using var one = await SseReader.OpenAsync(served, "/api/events");
        using var two = await SseReader.OpenAsync(served, "/api/queues/emails/events");
        var third = await served.SendAsync("GET", "/api/events");
        Assert.Equal((503, "UNAVAILABLE"), ((int)third.Status, third.Code));
        var ended = Task.WhenAll(one.NextAsync(), two.NextAsync());
        await served.StopAsync();
        Assert.All(await ended, Assert.Null);
    }

    [Fact]
    public void A_place_in_many_queues_survives_its_text()
    {
        var now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var places = new Dictionary<string, StreamId> { ["a"] = new(now, 3), ["b"] = new(now - 5000, 0), ["é:"] = new(now - 59_000, 12345), ["old"] = new(now - 3_600_000, 1) };
        var certain = EventCursor.TryDecode(EventCursor.Encode(places, certain: true))!;
        Assert.Equal((places["a"], places["b"], places["é:"]), (certain.Of("a"), certain.Of("b"), certain.Of("é:")));
        // Nothing has happened there for a minute: it goes on from a time at which it had seen all.
        Assert.InRange(certain.Of("old").Time, places["old"].Time + 1, now - 60_000);
        var uncertain = EventCursor.TryDecode(EventCursor.Encode(places, certain: false))!;
        Assert.Equal((places["old"], StreamId.Start), (uncertain.Of("old"), uncertain.Of("new")));
        Assert.Equal(StreamId.Start, EventCursor.TryDecode(EventCursor.Encode(new Dictionary<string, StreamId>(), true))!.Of("x"));
        foreach (var wrong in new[] { "", "x", "v1.", "v1.!!!", "v1.AAAA", "v2.AAAA", "v1." + new string('A', 4000) })
        {
            _ = EventCursor.TryDecode(wrong);
        }
    }
}
