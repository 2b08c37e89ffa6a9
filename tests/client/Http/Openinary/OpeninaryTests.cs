using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Openinary;

/// <summary>Openinary: its recorded answers, its page's samples, and what the client makes of its traps.</summary>
public sealed class OpeninaryTests
{
    private readonly FakeOpeninary openinary = new();

    private static FakeServer Play(Func<FakeRequest, FakeAnswer> rest) =>
        new(request => request.Target == "/queue/stats" ? Capture.Load("openinary/13-stats").Answer : rest(request));

    private static Task<HttpJobServer> OpenAsync(FakeServer fake, TimeProvider? time = null) => ConnectAsync(fake, JobServerKind.Openinary, time: time);

    [Fact]
    public async Task The_recorded_list_is_read_by_state()
    {
        await using var fake = Play(_ => Capture.Load("openinary/01-list").Answer);
        await using var server = await OpenAsync(fake);
        var failed = await server.JobsAsync("jobs", JobState.Failed);
        Assert.Equal(["33333333-3333-4333-8333-333333333333", "22222222-2222-4222-8222-222222222222"], failed.Select(job => job.Id));
        var worn = failed[0];
        Assert.Equal(("videos/worn.mp4", "error", "FFmpeg process exited with code 1"), (worn.Name, worn.RawState, worn.FailedReason));
        Assert.Equal((3, 3, 2L), (worn.AttemptsMade, worn.Attempts, worn.Priority));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1795320308625), worn.Timestamp);
        Assert.Equal(TimeSpan.FromSeconds(5), worn.Duration);
        Assert.Equal(320, worn.GetData()!.Value.GetProperty("width").GetInt32());
        Assert.Equal("cache/w_320/videos/worn.mp4", worn.GetOptions()!.Value.GetProperty("cache_path").GetString());
        Assert.Equal("Bearer " + Key, fake.Requests[^1].Headers["Authorization"]);
        Assert.Equal("/queue/jobs?limit=500&status=error", fake.Requests[^1].Target);
    }

    [Fact]
    public async Task Its_counts_are_one_queue_and_its_worker_is_listed()
    {
        await using var fake = Play(_ => Capture.Load("openinary/14-worker-stats").Answer);
        await using var server = await OpenAsync(fake);
        var queue = Assert.Single(await server.GetQueuesAsync(new QueueQuery(), Token).ListAsync());
        Assert.Equal(("jobs", 0, 0, 1, 2, 0), (queue.Name, queue.Waiting, queue.Active, queue.Completed, queue.Failed, queue.GetCounts().Cancelled));
        Assert.Equal("jobs", server.Connection.DefaultQueue);
        var worker = Assert.Single(await ((IJobWorkers)server).GetWorkersAsync(null, Token));
        Assert.Equal((2, 0, true, TimeSpan.FromSeconds(1)), (worker.Concurrency, worker.Active, worker.IsRunning, worker.PollInterval));
        Assert.Equal(2, await server.CountJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Failed] }, Token));
    }

    [Theory]
    [InlineData("19-retry-ok", JobOutcomeStatus.Retried)]
    [InlineData("20-cancel-ok", JobOutcomeStatus.Stopped)]
    [InlineData("24-delete-ok", JobOutcomeStatus.Removed)]
    public async Task Recorded_changes_are_understood(string name, JobOutcomeStatus expected)
    {
        var capture = Capture.Load("openinary/" + name);
        await using var fake = Play(request => request.Method == capture.Method && request.Target == capture.Target ? capture.Answer : FakeAnswer.Html());
        await using var server = await OpenAsync(fake);
        JobChange change = expected switch { JobOutcomeStatus.Retried => new JobChange.Retry(), JobOutcomeStatus.Stopped => new JobChange.Stop("x"), _ => new JobChange.Remove() };
        Assert.Equal(expected, (await server.ChangeAsync("jobs", "22222222-2222-4222-8222-222222222222", change)).Status);
    }

    [Fact]
    public async Task The_page_s_own_sample_is_read_as_well()
    {
        const string List = """
            { "jobs": [ { "id": "job_abc123", "filePath": "videos/clip.mp4", "status": "running", "priority": 1, "progress": 40,
              "startedAt": "2024-03-15T10:30:00.000Z", "completedAt": null, "error": null } ], "limit": 50, "offset": 0, "count": 1 }
            """;
        await using var fake = new FakeServer(request => FakeAnswer.Json(request.Target == "/queue/stats" ? """{"total":1,"pending":0,"running":1,"completed":0,"error":0}""" : List));
        await using var server = await OpenAsync(fake);
        var job = Assert.Single(await server.JobsAsync("jobs", JobState.Active));
        Assert.Equal(("job_abc123", "videos/clip.mp4", 40, "running"), (job.Id, job.Name, job.Progress, job.RawState));
        Assert.Equal(Utc("2024-03-15T10:30:00Z"), job.ProcessedOn);
        Assert.Null(job.GetDataText());
        Assert.EndsWith("status=running", fake.Requests[^1].Target);
        Assert.Equal(1, (await server.GetQueuesAsync(new QueueQuery(), Token).ListAsync())[0].Active);
    }

    [Fact]
    public async Task A_wrong_key_is_refused_at_once()
    {
        await using var fake = new FakeServer(_ => Capture.Load("openinary/09-noauth").Answer);
        var error = await FailsAsync("AccessDenied", () => OpenAsync(fake));
        Assert.Contains("Authentication required: Please provide a valid API key", error.Message);
        Assert.Single(fake.Requests);
    }

    [Fact]
    public async Task A_long_list_of_one_status_is_read_whole_though_its_offset_is_forgotten()
    {
        for (var n = 0; n < 1300; n++)
        {
            openinary.Jobs.Add(new FakeVideo($"v{n}", n % 2 == 0 ? "error" : "completed", 1795320000000 + n));
        }

        await using var fake = openinary.Start();
        await using var server = await OpenAsync(fake);
        var expected = Enumerable.Range(0, 650).Select(n => $"v{n * 2}").ToArray();
        Assert.Equal(Enumerable.Reverse(expected), (await server.JobsAsync("jobs", JobState.Failed)).Select(job => job.Id));
        Assert.Equal(expected, (await server.GetJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Failed], OldestFirst = true }, Token).FlatAsync()).Select(job => job.Id));
        fake.Forget();
        Assert.Equal(["v1298", "v1296"], (await server.GetJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Failed], First = 2 }, Token).FlatAsync()).Select(job => job.Id));
        Assert.Equal("/queue/jobs?limit=2&status=error", Assert.Single(fake.Requests).Target);
        // There is no way to ask for one job: the list is looked through, once for all that are wanted.
        fake.Forget();
        var jobs = await server.GetJobsByIdAsync("jobs", ["v3", "none", "v1299"], JobParts.None, Token);
        Assert.Equal(["v3", null, "v1299"], jobs.Select(job => job?.Id));
        Assert.Equal(2, fake.Requests.Count);
    }

    [Fact]
    public async Task A_refusal_is_explained_though_the_server_does_not()
    {
        openinary.Jobs.AddRange([new("failed", "error", 1), new("worn", "error", 2) { Retries = 3 }, new("done", "completed", 3), new("next", "pending", 4), new("runs", "processing", 5)]);
        await using var fake = openinary.Start();
        await using var server = await OpenAsync(fake);
        var retried = await server.ChangeJobsAsync("jobs", ["failed", "worn", "done", "none"], new JobChange.Retry(), Token);
        Assert.Equal([JobOutcomeStatus.Retried, JobOutcomeStatus.Refused, JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.NotFound], retried.Select(outcome => outcome.Status));
        Assert.Equal("It has used all its retries (3 of 3).", retried[1].Message);
        Assert.Equal(JobState.Completed, retried[2].PreviousState);
        Assert.Equal(6, fake.Requests.Count);
        var stopped = await server.ChangeJobsAsync("jobs", ["next", "runs"], new JobChange.Stop("x"), Token);
        Assert.Equal([JobOutcomeStatus.Stopped, JobOutcomeStatus.SkippedWrongState], stopped.Select(outcome => outcome.Status));
        Assert.Equal(JobOutcomeStatus.NotFound, (await server.ChangeAsync("jobs", "none", new JobChange.Remove())).Status);
        Assert.Equal(1, (await server.ClearQueueAsync(new ClearQuery { Queue = "jobs", States = [JobState.Cancelled] }, false, Token).ListAsync())[^1].Done);
    }

    [Fact]
    public async Task A_401_after_successes_means_wait()
    {
        for (var n = 0; n < 150; n++)
        {
            openinary.Jobs.Add(new FakeVideo($"v{n}", "error", 1795320000000 + n));
        }

        openinary.Budget = 100;
        openinary.RefusalsAMinute = 20;
        await using var fake = openinary.Start();
        await using var server = await OpenAsync(fake, new FastTime(200));
        var notes = new List<string>();
        WireLog.Notes = text =>
        {
            lock (notes)
            {
                notes.Add(text);
            }
        };
        var outcomes = await server.ChangeJobsAsync("jobs", openinary.Jobs.Select(job => job.Id).ToArray(), new JobChange.Retry(), Token);
        Assert.All(outcomes, outcome => Assert.Equal(JobOutcomeStatus.Retried, outcome.Status));
        Assert.Contains(notes, note => note.Contains("wants fewer requests (status 401): waiting", StringComparison.Ordinal));
        // A key that has been withdrawn is told all the same, after more than a minute.
        (openinary.Budget, openinary.RefusalsAMinute) = (0, int.MaxValue);
        await FailsAsync("AccessDenied", () => server.JobsAsync("jobs", JobState.Failed));
    }

    [Fact]
    public async Task What_the_server_lacks_is_an_error_before_anything_is_sent()
    {
        await using var fake = openinary.Start();
        await using var server = await OpenAsync(fake);
        fake.Forget();
        await FailsAsync("NotSupported", () => server.ChangeAsync("jobs", "1", new JobChange.Promote()));
        await FailsAsync("NotSupported", () => server.ChangeAsync("jobs", "1", new JobChange.Edit("{}")));
        await FailsAsync("NotSupported", () => server.SetPausedAsync("jobs", true, null, false, Token));
        await FailsAsync("QueueNotFound", () => server.JobsAsync("emails", JobState.Failed));
        Assert.Empty(fake.Requests);
        Assert.False(server.Connection.Capabilities.HasFlag(JobServerCapabilities.Add));
    }

    [Fact]
    public async Task The_recorded_events_are_read()
    {
        await using var fake = Play(_ => FakeAnswer.Events(async (write, token) =>
        {
            await write(Capture.Text("openinary/sse-job-lifecycle"));
            await Task.Delay(Timeout.Infinite, token);
        }));
        await using var server = await OpenAsync(fake);
        await using var watched = server.WatchEventsAsync(new EventQuery(), Token).GetAsyncEnumerator(Token);
        var events = new List<JobEvent>();
        while (events.Count < 6 && await watched.MoveNextAsync())
        {
            events.AddRange(watched.Current);
        }

        Assert.Equal(["added", "active", "active", "active", "active", "failed"], events.Select(item => item.Event));
        Assert.Equal(("jobs", "videos/missing.mp4", "Video processing failed: Cannot find ffmpeg"), (events[5].Queue, events[5].Name, events[5].FailedReason));
    }

    [Fact]
    public async Task A_stream_without_heartbeat_is_given_up_and_taken_up_again()
    {
        var streams = 0;
        await using var fake = Play(_ => FakeAnswer.Events(async (write, token) =>
        {
            Interlocked.Increment(ref streams);
            await write("event: connected\ndata: {\"clientId\":\"x\"}\n\n");
            await Task.Delay(Timeout.Infinite, token);
        }));
        await using var server = await OpenAsync(fake, new FastTime(200));
        await using var watched = server.WatchEventsAsync(new EventQuery(), Token).GetAsyncEnumerator(Token);
        Assert.True(await watched.MoveNextAsync());
        Assert.True(watched.Current[0].IsGap);
        Assert.True(streams >= 1);
    }

    [Fact]
    public async Task Given_jobs_are_watched_by_looking_as_the_stream_is_silent_on_cancelling()
    {
        openinary.Jobs.Add(new FakeVideo("v", "pending", 1));
        await using var fake = openinary.Start();
        await using var server = await OpenAsync(fake, new FastTime(50));
        await using var watched = server.WatchEventsAsync(new EventQuery { Ids = ["v"] }, Token).GetAsyncEnumerator(Token);
        var next = watched.MoveNextAsync();
        await Task.Delay(100, Token);
        openinary.Jobs[0].Status = "cancelled";
        Assert.True(await next);
        Assert.Equal(("v", "cancelled", "pending"), (watched.Current[0].Id, watched.Current[0].Event, watched.Current[0].Previous));
    }

    [Fact]
    public async Task Too_many_streams_are_waited_for()
    {
        var refused = 1;
        await using var fake = Play(_ => Interlocked.Decrement(ref refused) >= 0
            ? FakeAnswer.Json("""{"error":"Too Many Requests","message":"Rate limit exceeded. Maximum 100 requests per 60 seconds.","retryAfter":20}""", 429)
            : FakeAnswer.Events(async (write, token) =>
            {
                await write("event: job:started\ndata: {\"jobId\":\"x\"}\n\n");
                await Task.Delay(Timeout.Infinite, token);
            }));
        await using var server = await OpenAsync(fake, new FastTime(200));
        await using var watched = server.WatchEventsAsync(new EventQuery(), Token).GetAsyncEnumerator(Token);
        var events = new List<JobEvent>();
        while (events.All(item => item.IsGap) && await watched.MoveNextAsync())
        {
            events.AddRange(watched.Current);
        }

        Assert.Equal("x", events[^1].Id);
    }
}
