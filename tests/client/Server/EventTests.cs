using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Server;

/// <summary>Events are seen all and in order, or a gap says how many were not.</summary>
public sealed class EventTests(Bench bench)
{
    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public async Task Every_kind_as_it_stands_in_the_stream(string lib)
    {
        await using var lab = bench.Lab(lib);
        await lab.AddAsync(new { progress = new object[] { 50, new { a = 1 } }, result = new { ok = "ü" } }, name: "first");
        await lab.AddAsync(new { @do = "fail", reason = "no\nway" });
        await lab.AddAsync(opts: new { delay = 600_000 });
        await lab.DoAsync("work");
        await lab.DoAsync("pause");
        await lab.DoAsync("resume");
        await lab.DoAsync("remove", new { id = "2" });
        var expected = (await Keyspace.ReadAsync(lab.Db))[lab.Base + "events"]!.Skip(1).ToList();
        var events = await CollectAsync(await lab.ServerAsync(), new EventQuery { Queues = ["emails"], From = "start" }, expected.Count);
        Assert.Equal(expected.Select(l => l.Split(' ')[0]["event=".Length..]), events.Select(e => e.Event));
        Assert.All(events, e => Assert.Equal(("emails", "lab"), (e.Queue, e.Connection)));
        Assert.All(events, e => Assert.InRange(DateTimeOffset.UtcNow - e.Time!.Value, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1)));
        Assert.Equal(("1", "first"), events.First(e => e.Event == "added") is var added ? (added.Id, added.Name) : default);
        Assert.Equal("no\nway", events.Single(e => e.Event == "failed").FailedReason);
        Assert.Equal("{\"ok\":\"ü\"}", events.Single(e => e.Event == "completed").ReturnValue);
        Assert.Equal(["50", "{\"a\":1}"], events.Where(e => e.Event == "progress").Select(e => e.Progress));
        Assert.InRange(events.Single(e => e.Event == "delayed").DelayUntil!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(8), TimeSpan.FromMinutes(10));
        Assert.Equal("failed", events.Single(e => e.Event == "removed").Previous);

        // From an event on, the rest comes.
        var rest = await CollectAsync(await lab.ServerAsync(), new EventQuery { Queues = ["emails"], From = events[4].EventId }, expected.Count - 5);
        Assert.Equal(events.Skip(5).Select(e => e.EventId), rest.Select(e => e.EventId));
    }

    [Fact]
    public async Task From_now_on_across_queues()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("add", new { queue = "chat" });
        var server = await lab.ServerAsync();
        await using var watch = server.WatchEventsAsync(new EventQuery { Queues = ["emails", "chat", "later"] }, Ct).GetAsyncEnumerator(Ct);
        var next = watch.MoveNextAsync().AsTask();
        await Task.Delay(300, Ct);
        await lab.AddAsync(name: "second");
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        Assert.Equal(("emails", "added", "2"), watch.Current[0] is var e ? (e.Queue, e.Event, e.Id) : default);
        await lab.DoAsync("add", new { queue = "later" });
        while (watch.Current.All(x => x.Queue != "later"))
        {
            Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Ct));
        }
    }

    [Fact]
    public async Task A_time_after_the_last_event_is_no_gap()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        await Task.Delay(20, Ct);
        var server = await lab.ServerAsync();
        var query = new EventQuery { Queues = ["emails", "later"], From = DateTimeOffset.UtcNow.ToString("o") };
        await using var watch = server.WatchEventsAsync(query, Ct).GetAsyncEnumerator(Ct);
        var next = watch.MoveNextAsync().AsTask();
        await Task.Delay(300, Ct);
        await lab.AddAsync(name: "second");
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30), Ct));
        Assert.Equal(("added", "2"), watch.Current[0] is var e ? (e.Event, e.Id) : default);
    }

    [Fact]
    public async Task Trimmed_events_are_counted()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("counts");
        async Task AddEventsAsync(int count) => await Task.WhenAll(Enumerable.Range(0, count).Select(n => lab.Db.ExecuteAsync("XADD", lab.Base + "events", "*", "event", "progress", "jobId", $"{n}")));
        await AddEventsAsync(10);
        var server = await lab.ServerAsync();
        await using var watch = server.WatchEventsAsync(new EventQuery { Queues = ["emails"] }, Ct).GetAsyncEnumerator(Ct);
        var next = watch.MoveNextAsync().AsTask();
        await Task.Delay(300, Ct);
        // At once, so that the reader can't be in between.
        var transaction = lab.Db.CreateTransaction();
        for (var n = 0; n < 500; n++)
        {
            _ = transaction.ExecuteAsync("XADD", lab.Base + "events", "*", "event", "progress", "jobId", $"late{n}");
        }

        _ = transaction.ExecuteAsync("XTRIM", lab.Base + "events", "MAXLEN", "100");
        await transaction.ExecuteAsync();
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        Assert.Equal((true, 400L), (watch.Current[0].IsGap, watch.Current[0].Missed!.Value));
        Assert.Equal("late400", watch.Current[1].Id);
        Assert.Equal(101, watch.Current.Count);
    }

    [Fact]
    public async Task A_stream_that_was_made_anew_is_a_gap_and_is_read_on()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        await using var watch = server.WatchEventsAsync(new EventQuery { Queues = ["emails"] }, Ct).GetAsyncEnumerator(Ct);
        var next = watch.MoveNextAsync().AsTask();
        await Task.Delay(300, Ct);
        var transaction = lab.Db.CreateTransaction();
        _ = transaction.ExecuteAsync("DEL", lab.Base + "events");
        _ = transaction.ExecuteAsync("XADD", lab.Base + "events", "5-1", "event", "added", "jobId", "new");
        await transaction.ExecuteAsync();
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(10), Ct));
        Assert.True(watch.Current[0].IsGap);
        Assert.Equal("new", watch.Current[1].Id);
    }

    [Fact]
    public async Task A_busy_stream_is_seen_whole()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        var reading = CollectAsync(server, new EventQuery { Queues = ["emails"], From = "start" }, 4 * 500);
        await lab.DoAsync("addMany", new { count = 499 });
        await lab.DoAsync("work", new { opts = new { concurrency = 10 }, timeout = 30_000 });
        var events = await reading;
        Assert.DoesNotContain(events, e => e.IsGap);
        Assert.Equal(500, events.Where(e => e.Event == "completed").Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_wait_for_a_job_can_not_miss_its_end()
    {
        // Watch from an event id known before the look at the job: what finishes in between comes as an event.
        await using var lab = bench.Lab();
        await lab.AddAsync(new { ms = 300, result = new { ok = 1 } });
        var server = await lab.ServerAsync();
        var known = (await CollectAsync(server, new EventQuery { Queues = ["emails"], From = "start" }, 1))[^1].EventId;
        var working = lab.DoAsync("work");
        Assert.NotEqual(JobState.Completed, (await server.JobAsync("emails", "1"))!.State);
        await working;
        var events = await CollectAsync(server, new EventQuery { Queues = ["emails"], From = known, Ids = ["1"] }, 3);
        Assert.Contains(events, e => e is { Event: "completed", Id: "1", ReturnValue: "{\"ok\":1}" });
        Assert.Equal(1, (await server.JobAsync("emails", "1", JobParts.ReturnValue))!.GetReturnValue()!.Value.GetProperty("ok").GetInt32());
    }

    [Fact]
    public async Task Nonsense_to_begin_from_is_refused()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        Assert.Equal(JobErrorKind.InvalidInput, (await ErrorOfAsync(() => CollectAsync(server, new EventQuery { Queues = ["emails"], From = "nonsense" }, 1))).Kind);
    }

    private static async Task<List<JobEvent>> CollectAsync(IJobServer server, EventQuery query, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var events = new List<JobEvent>();
        await foreach (var batch in server.WatchEventsAsync(query, limit.Token))
        {
            Assert.NotEmpty(batch);
            events.AddRange(batch);
            if (events.Count >= count)
            {
                break;
            }
        }

        return events;
    }
}
