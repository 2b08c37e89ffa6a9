using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Conveyor;

/// <summary>What the client makes of Conveyor's traps.</summary>
public sealed partial class ConveyorServerTests
{
    private readonly FakeConveyor conveyor = new();

    private static string At(int seconds) => Utc("2026-11-22T04:00:00Z").AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static Task<JobAdmin.Client.Http.HttpJobServer> OpenAsync(FakeServer fake) => ConnectAsync(fake, JobServerKind.Conveyor);

    [Fact]
    public async Task A_queue_that_is_not_there_is_an_error_and_is_not_made()
    {
        conveyor.Add("a", "x", "waiting", At(0));
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        await FailsAsync("QueueNotFound", () => server.JobsAsync("b", JobState.Failed));
        await FailsAsync("QueueNotFound", () => server.GetJobsByIdAsync("b", ["1"], JobParts.None, Token));
        await FailsAsync("QueueNotFound", () => server.ChangeAsync("b", "1", new JobChange.Retry()));
        await FailsAsync("QueueNotFound", () => server.SetPausedAsync("b", true, null, false, Token));
        await FailsAsync("QueueNotFound", () => server.ClearQueueAsync(new ClearQuery { Queue = "b", States = [JobState.Failed] }, false, Token).ListAsync());
        await FailsAsync("QueueNotFound", () => server.RemoveQueueAsync("b", false, Token).ListAsync());
        await FailsAsync("QueueNotFound", () => server.GetQueuesAsync(new QueueQuery { Names = ["b"] }, Token).ListAsync());
        await FailsAsync("QueueNotFound", () => ((IJobGroups)server).GetGroupsAsync("b", Token));
        await FailsAsync("QueueNotFound", () => server.WatchEventsAsync(new EventQuery { Queues = ["b"] }, Token).ListAsync());
        Assert.Equal(["a"], conveyor.QueueNames);
    }

    [Fact]
    public async Task Removing_what_is_gone_and_what_runs()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        conveyor.Add("a", "r", "active", At(0));
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var outcomes = await server.ChangeJobsAsync("a", ["w", "r", "gone"], new JobChange.Remove(), Token);
        Assert.Equal([JobOutcomeStatus.Removed, JobOutcomeStatus.Locked, JobOutcomeStatus.NotFound], outcomes.Select(outcome => outcome.Status));
        Assert.Equal(["r"], conveyor["a"].Select(job => job.Id));
    }

    [Fact]
    public async Task Asking_for_many_jobs_is_no_change()
    {
        conveyor.Add("a", "1", "waiting", At(0));
        var faults = 1;
        var answer = """{"data":[{"id":"1","state":"waiting"},null]}""";
        await using var fake = new FakeServer(request => (request.Method, request.Path) switch
        {
            ("GET", "/api/capabilities") => FakeAnswer.Json("""{"data":{"has":["lookup"]}}"""),
            ("POST", _) => FakeAnswer.Json(answer) with { HangUp = Interlocked.Decrement(ref faults) >= 0 },
            _ => conveyor.Answer(request),
        });
        await using var server = await OpenAsync(fake);
        Assert.Equal(["1", null], (await server.GetJobsByIdAsync("a", ["1", "2"], JobParts.None, Token)).Select(job => job?.Id));
        faults = 100;
        Assert.DoesNotContain("change", (await FailsAsync("ConnectionFailed", () => server.GetJobsByIdAsync("a", ["1", "2"], JobParts.None, Token))).Advice);
        faults = 0;
        // An answer of another length can't say which job isn't there.
        foreach (var other in new[] { """{"data":[null]}""", """{"data":{"id":"1"}}""" })
        {
            answer = other;
            await FailsAsync("InvalidResponse", () => server.GetJobsByIdAsync("a", ["1", "2"], JobParts.None, Token));
        }
    }

    [Theory]
    [InlineData("POST", 401)]
    [InlineData("GET", 500)]
    public async Task What_was_added_is_told_though_the_next_could_not_be(string method, int status)
    {
        conveyor.Add("a", "w", "waiting", At(0));
        var good = 3;
        await using var fake = new FakeServer(request => request.Method == method && request.Target.Contains("/jobs", StringComparison.Ordinal) && Interlocked.Decrement(ref good) < 0
            ? FakeAnswer.Json("""{"error":{"code":"NO","message":"no"}}""", status) : conveyor.Answer(request));
        await using var server = await ConnectAsync(fake, JobServerKind.Conveyor, options => options with { ThrottleLimit = 1 });
        NewJob[] jobs = [.. Enumerable.Range(0, 6).Select(i => new NewJob { Name = "n", Id = $"n{i}" })];
        var outcomes = await ((IJobProducer)server).AddJobsAsync("a", jobs, Token);
        Assert.Equal([.. Enumerable.Repeat(JobOutcomeStatus.Added, 3), .. Enumerable.Repeat(JobOutcomeStatus.NotChanged, 3)], outcomes.Select(outcome => outcome.Status));
        Assert.Equal(4, conveyor["a"].Count);
        // With nothing added at all, it is an error.
        await Assert.ThrowsAsync<JobServerException>(() => ((IJobProducer)server).AddJobsAsync("a", jobs[3..], Token));
    }

    [Theory]
    [InlineData(502, "BAD_GATEWAY", JobOutcomeStatus.Refused)]
    [InlineData(502, "OTHER", JobOutcomeStatus.Unknown)]
    [InlineData(503, "UNAVAILABLE", JobOutcomeStatus.NotChanged)]
    [InlineData(504, "OUTCOME_UNKNOWN", JobOutcomeStatus.Unknown)]
    public async Task What_a_gateway_lost_is_unknown(int status, string code, JobOutcomeStatus expected)
    {
        conveyor.Add("a", "w", "failed", At(0));
        await using var fake = new FakeServer(request => request.Method == "POST" ? FakeAnswer.Json($$$"""{"error":{"code":"{{{code}}}","message":"so"}}""", status) : conveyor.Answer(request));
        await using var server = await OpenAsync(fake);
        Assert.Equal(expected, Assert.Single(await ((IJobProducer)server).AddJobsAsync("a", [new NewJob { Name = "n" }], Token)).Status);
        var changed = await Record.ExceptionAsync(async () => Assert.Equal(expected, (await server.ChangeAsync("a", "w", new JobChange.Retry())).Status));
        Assert.Equal(expected == JobOutcomeStatus.NotChanged, changed is JobServerException);
    }

    [Fact]
    public async Task Clearing_by_age_goes_by_the_server_s_clock()
    {
        foreach (var minutes in new[] { 1, 30, 90 })
        {
            var time = DateTimeOffset.UtcNow.AddMinutes(-minutes).ToString("O");
            conveyor.Add("a", $"f{minutes}", "failed", time, time);
        }

        conveyor.Add("a", "c", "completed", At(0), At(0));
        // The server's clock is a day ahead of ours.
        await using var fake = new FakeServer(request => conveyor.Answer(request) with { Headers = [("Date", DateTimeOffset.UtcNow.AddDays(1).ToString("R"))] });
        await using var server = await OpenAsync(fake);
        var before = DateTimeOffset.UtcNow.AddDays(1).AddHours(-1);
        var steps = await server.ClearQueueAsync(new ClearQuery { Queue = "a", States = [JobState.Failed], Filter = new JobFilter { Before = before } }, false, Token).ListAsync();
        Assert.Equal(1, steps[^1].Done);
        Assert.Equal(["f1", "f30", "c"], conveyor["a"].Select(job => job.Id));
    }

    [Fact]
    public async Task Clearing_by_name_takes_only_jobs_of_that_name()
    {
        for (var n = 0; n < 30; n++)
        {
            conveyor.Add("a", $"j{n}", n % 3 == 0 ? "active" : "waiting", At(n)).Name = n % 2 == 0 ? "mail" : "sms";
        }

        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var query = new ClearQuery { Queue = "a", States = [JobState.Waiting], Filter = new JobFilter { Names = ["mail"] } };
        Assert.Equal(10, (await server.ClearQueueAsync(query, false, Token).ListAsync())[^1].Done);
        Assert.Equal(20, conveyor["a"].Count);
        Assert.Equal(3, (await server.ClearQueueAsync(query with { Filter = new JobFilter(), Max = 3 }, false, Token).ListAsync())[^1].Done);
        await FailsAsync("InvalidState", () => server.ClearQueueAsync(query with { States = [JobState.Active] }, false, Token).ListAsync());
        await FailsAsync("InvalidState", () => server.ClearQueueAsync(query with { States = [] }, false, Token).ListAsync());
        Assert.DoesNotContain(fake.Requests, request => request.Path.EndsWith("/drain", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_queue_with_active_jobs_is_removed_by_force_only()
    {
        conveyor.Add("a", "r", "active", At(0));
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var error = await FailsAsync("InvalidState", () => server.RemoveQueueAsync("a", false, Token).ListAsync());
        Assert.Contains("has 1 active jobs", error.Message);
        Assert.DoesNotContain(fake.Requests, request => request.Method == "DELETE");
        await server.RemoveQueueAsync("a", true, Token).ListAsync();
        Assert.Empty(conveyor.QueueNames);
    }

    [Fact]
    public async Task Pausing_what_is_paused_changes_nothing()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        Assert.True(await server.SetPausedAsync("a", true, "mail", false, Token));
        Assert.True(await server.SetPausedAsync("a", true, null, false, Token));
        Assert.False(await server.SetPausedAsync("a", true, null, false, Token));
        var queue = Assert.Single(await server.GetQueuesAsync(new QueueQuery { Names = ["a"] }, Token).ListAsync());
        Assert.Equal((true, "mail"), (queue.IsPaused, Assert.Single(queue.PausedNames!)));
        Assert.True(await server.SetPausedAsync("a", false, null, false, Token));
        Assert.Equal(3, fake.Requests.Count(request => request.Method == "POST"));
    }

    [Fact]
    public async Task Adding_takes_no_id_twice_and_refuses_bad_input_before_sending_any()
    {
        conveyor.Add("a", "there", "waiting", At(0));
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var producer = (IJobProducer)server;
        var outcomes = await producer.AddJobsAsync("a", [new NewJob { Name = "n", Id = "there" }, new NewJob { Name = "n", Id = "new", Data = "[1,2]" }], Token);
        Assert.Equal([JobOutcomeStatus.AlreadyExists, JobOutcomeStatus.Added], outcomes.Select(outcome => outcome.Status));
        Assert.Equal("[1,2]", conveyor["a"][1].Data);
        fake.Forget();
        var bad = await FailsAsync("InvalidData", () => producer.AddJobsAsync("a", [new NewJob { Name = "n" }, new NewJob { Name = "n", Data = "{\n oops" }], Token));
        Assert.Contains("line 2, byte 2", bad.Message);
        await FailsAsync("InvalidName", () => producer.AddJobsAsync("a", [new NewJob { Name = "n", Id = ".." }], Token));
        await FailsAsync("NotSupported", () => producer.AddJobsAsync("a", [new NewJob { Name = "n", Children = [new NewJob { Name = "c" }] }], Token));
        await FailsAsync("NotSupported", () => producer.AddJobsAsync("a", [new NewJob { Name = "n", DeduplicationId = "d" }], Token));
        await FailsAsync("NotSupported", () => producer.AddJobsAsync("a", [new NewJob { Name = "n", KeepCompleted = new JobKeep(5) }], Token));
        await FailsAsync("InvalidData", () => server.ChangeAsync("a", "there", new JobChange.Edit("nope")));
        await FailsAsync("NotSupported", () => server.ChangeAsync("a", "there", new JobChange.Edit(Delay: TimeSpan.FromSeconds(1))));
        Assert.Empty(fake.Requests);
    }

    [Fact]
    public async Task All_the_options_of_a_new_job_are_sent()
    {
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        await ((IJobProducer)server).AddJobsAsync("new queue", [new NewJob
        {
            Name = "n", Attempts = 3, Backoff = new JobBackoff("exponential", TimeSpan.FromSeconds(2)), Lifo = true, GroupId = "g",
            KeepCompleted = new JobKeep(0), KeepFailed = new JobKeep(null, TimeSpan.FromHours(1)),
        }], Token);
        Assert.Equal("POST /api/queues/new%20queue/jobs", fake.Requests[^1].ToString());
        Assert.Equal("""{"name":"n","data":{},"opts":{"attempts":3,"lifo":true,"backoff":{"type":"exponential","delay":2000},"removeOnComplete":true,"removeOnFail":3600000,"group":{"id":"g"}}}""",
            fake.Requests[^1].Body);
    }

    [Fact]
    public async Task A_search_beyond_the_server_s_fifty_goes_on_by_itself()
    {
        for (var n = 0; n < 300; n++)
        {
            conveyor.Add(n % 2 == 0 ? "a" : "b", $"j{n}", "waiting", At(n)).Data = n < 240 ? """{"to":"Anna@example.com"}""" : "{}";
        }

        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var search = (IJobSearch)server;
        Assert.Equal(240, (await search.FindJobsAsync(new JobSearch { Text = "anna@", Field = JobSearchField.Data }, Token).FlatAsync()).Count);
        Assert.Equal(120, (await search.FindJobsAsync(new JobSearch { Text = "anna@", Field = JobSearchField.Data, Queues = ["a"] }, Token).FlatAsync()).Count);
        Assert.Equal(7, (await search.FindJobsAsync(new JobSearch { Text = "send-j1", Field = JobSearchField.Name, First = 7 }, Token).FlatAsync()).Count);
        Assert.Equal(111, (await search.FindJobsAsync(new JobSearch { Text = "SEND-J1", Field = JobSearchField.Name }, Token).FlatAsync()).Count);
        conveyor.OnRedis = true;
        Assert.Equal(111, (await search.FindJobsAsync(new JobSearch { Text = "SEND-J1", Field = JobSearchField.Name }, Token).FlatAsync()).Count);
        Assert.Equal("b", Assert.Single(await search.FindJobsAsync(new JobSearch { Text = "j1", Queues = ["a", "b"] }, Token).FlatAsync()).Queue);
        await FailsAsync("InvalidSearch", () => search.FindJobsAsync(new JobSearch { Text = "" }, Token).FlatAsync());
    }

    [Fact]
    public async Task A_store_without_flows_has_none_and_one_without_metrics_says_so()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        (conveyor.OnRedis, conveyor.Metrics) = (true, false);
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        Assert.Empty(await ((IJobFlows)server).GetFlowParentsAsync(JobState.Active, Token).FlatAsync());
        Assert.False(await ((IJobMetrics)server).AreMetricsEnabledAsync(Token));
        Assert.Contains("keeps no metrics", (await FailsAsync("NotSupported", () => ((IJobMetrics)server).GetMetricsAsync(new JobMetricQuery { Queue = "a" }, Token))).Message);
        await FailsAsync("NotSupported", () => ((IJobWorkers)server).GetWorkersAsync(null, Token));
    }

    [Fact]
    public async Task Workers_are_listed_where_they_are_served()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        conveyor.Workers = true;
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var worker = Assert.Single(await ((IJobWorkers)server).GetWorkersAsync("a", Token));
        Assert.Equal(("w1", "box", 4, true), (worker.Id, worker.Host, worker.Concurrency, worker.IsRunning));
        Assert.Equal("false", worker.Fields!["stale"]);
    }

    [Fact]
    public async Task A_broken_stream_is_taken_up_again_with_a_gap()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        var streams = 0;
        await using var fake = new FakeServer(request => request.Path == "/api/queues/a/events"
            ? FakeAnswer.Events(async (write, token) =>
            {
                var turn = Interlocked.Increment(ref streams);
                await write("event: connected\ndata: {}\n\n");
                await write($$"""
                    event: job:waiting
                    data: {"type":"job:waiting","queueName":"a","jobId":"j{{turn}}","timestamp":"2026-11-22T04:00:00.000Z"}


                    """);
                await Task.Delay(turn == 1 ? 50 : Timeout.Infinite, token);
            })
            : conveyor.Answer(request));
        await using var server = await ConnectAsync(fake, JobServerKind.Conveyor, time: new FastTime(20));
        var events = new List<JobEvent>();
        await foreach (var batch in server.WatchEventsAsync(new EventQuery { Queues = ["a"] }, Token).WithCancellation(Token))
        {
            events.AddRange(batch);
            if (events.Count >= 3)
            {
                break;
            }
        }

        Assert.Equal(["waiting", "gap", "waiting"], events.Select(item => item.Event));
        Assert.True(events[1].IsGap);
        Assert.Equal("a", events[1].Queue);
        Assert.Equal(["j1", null, "j2"], events.Select(item => item.Id));
        // What can't be mended by waiting ends it.
        streams = 0;
        fake.Handler = request => request.Path.EndsWith("/events", StringComparison.Ordinal) ? FakeAnswer.Json("""{"error":{"code":"UNAUTHORIZED","message":"no"}}""", 401) : conveyor.Answer(request);
        await FailsAsync("AccessDenied", () => server.WatchEventsAsync(new EventQuery(), Token).FlatAsync());
        fake.Handler = request => request.Path.EndsWith("/events", StringComparison.Ordinal) ? FakeAnswer.Html() : conveyor.Answer(request);
        await FailsAsync("InvalidResponse", () => server.WatchEventsAsync(new EventQuery(), Token).FlatAsync());
    }
}
