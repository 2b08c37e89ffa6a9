using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>Changes that meet a fault: never sent twice when they may have happened, and never more certain than they can be.</summary>
public sealed class ChangeFaultTests
{
    private readonly FakeBioAgents bio = new();

    private FakeServer Bad(Func<FakeRequest, FakeAnswer?> fault) => new(request => (request.Method == "POST" ? fault(request) : null) ?? bio.Answer(request));

    private void Failed(int count) => bio["chat"].AddRange(Enumerable.Range(0, count).Select(n => new FakeJob($"f{n}", "failed", 1704110400000 + n)));

    private static int Posts(FakeServer fake) => fake.Requests.Count(request => request.Method == "POST");

    [Fact]
    public async Task A_retry_without_an_answer_is_unknown_and_not_sent_again()
    {
        Failed(1);
        await using var fake = Bad(request => bio.Answer(request) with { HangUp = true });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        // The connection has been used before: the handler would send again by itself what has no content.
        var outcome = await server.ChangeAsync("chat", "f0", new JobChange.Retry());
        Assert.Equal(JobOutcomeStatus.Unknown, outcome.Status);
        Assert.Contains("The job is now 'waiting'.", outcome.Message);
        Assert.Equal(1, Posts(fake));
    }

    [Fact]
    public async Task A_retry_that_times_out_is_unknown_and_not_sent_again()
    {
        Failed(1);
        await using var fake = Bad(request => bio.Answer(request) with { Delay = TimeSpan.FromSeconds(20) });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { Timeout = TimeSpan.FromMilliseconds(300) });
        var outcome = await server.ChangeAsync("chat", "f0", new JobChange.Retry());
        Assert.Equal(JobOutcomeStatus.Unknown, outcome.Status);
        Assert.False(outcome.Succeeded);
        Assert.Equal(1, Posts(fake));
    }

    [Theory]
    [InlineData(200, "text/html", JobOutcomeStatus.Unknown)]
    [InlineData(502, "text/html", JobOutcomeStatus.Unknown)]
    [InlineData(500, "text/plain", JobOutcomeStatus.Unknown)]
    [InlineData(500, "application/json", JobOutcomeStatus.Refused)]
    [InlineData(502, "application/json", JobOutcomeStatus.Unknown)]
    [InlineData(504, "application/json", JobOutcomeStatus.Unknown)]
    public async Task Only_an_answer_of_the_server_itself_is_certain(int status, string type, JobOutcomeStatus expected)
    {
        Failed(1);
        await using var fake = Bad(_ => new FakeAnswer(status, """{"error":"Redis is gone"}""", type));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Equal(expected, (await server.ChangeAsync("chat", "f0", new JobChange.Retry())).Status);
        Assert.Equal(1, Posts(fake));
    }

    [Fact]
    public async Task A_key_that_is_revoked_stops_a_batch_at_once()
    {
        Failed(200);
        var good = 50;
        await using var fake = Bad(_ => Interlocked.Decrement(ref good) >= 0 ? null : FakeAnswer.Json("""{"error":"Unauthorized"}""", 401));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { ThrottleLimit = 4 });
        var ids = bio["chat"].Select(job => job.Id).ToArray();
        var outcomes = await server.ChangeJobsAsync("chat", ids, new JobChange.Retry(), Token);
        Assert.Equal(ids, outcomes.Select(outcome => outcome.Id));
        Assert.Equal(50, outcomes.Count(outcome => outcome.Succeeded));
        Assert.Equal(150, outcomes.Count(outcome => outcome.Status == JobOutcomeStatus.NotChanged));
        Assert.InRange(Posts(fake), 51, 54);
        // With nothing done at all, it is an error.
        await FailsAsync("AccessDenied", () => server.ChangeJobsAsync("chat", ids, new JobChange.Retry(), Token));
    }

    [Fact]
    public async Task A_server_that_goes_away_stops_a_batch()
    {
        Failed(300);
        var good = 20;
        FakeServer fake = null!;
        fake = Bad(request =>
        {
            if (Interlocked.Decrement(ref good) == 0)
            {
                _ = fake.DisposeAsync();
            }

            return good < 0 ? FakeAnswer.Html() with { HangUp = true } : null;
        });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { ThrottleLimit = 4 });
        var outcomes = await server.ChangeJobsAsync("chat", bio["chat"].Select(job => job.Id).ToArray(), new JobChange.Retry(), Token);
        Assert.All(outcomes, outcome => Assert.Contains(outcome.Status, new[] { JobOutcomeStatus.Retried, JobOutcomeStatus.Unknown, JobOutcomeStatus.NotChanged }));
        Assert.True(outcomes.Count(outcome => outcome.Message?.StartsWith("Not sent:", StringComparison.Ordinal) == true) > 200);
        // Nothing was sent that could not be told from what was not.
        var happened = bio["chat"].Count(job => job.State == "waiting");
        Assert.InRange(happened, outcomes.Count(outcome => outcome.Succeeded), outcomes.Count(outcome => outcome.Status != JobOutcomeStatus.NotChanged));
        await FailsAsync("ConnectionFailed", () => server.ChangeJobsAsync("chat", ["f299"], new JobChange.Retry(), Token));
    }

    [Fact]
    public async Task A_stop_loses_no_outcome()
    {
        Failed(60);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var quick = 20;
        await using var fake = Bad(request =>
        {
            if (Interlocked.Decrement(ref quick) >= 0)
            {
                return null;
            }

            stop.CancelAfter(100);
            return bio.Answer(request) with { Delay = TimeSpan.FromSeconds(20) };
        });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { ThrottleLimit = 4, Timeout = TimeSpan.FromMinutes(1) });
        var outcomes = await server.ChangeJobsAsync("chat", bio["chat"].Select(job => job.Id).ToArray(), new JobChange.Retry(), stop.Token);
        Assert.Equal(20, outcomes.Count(outcome => outcome.Status == JobOutcomeStatus.Retried));
        Assert.Equal(4, outcomes.Count(outcome => outcome.Status == JobOutcomeStatus.Unknown));
        Assert.Equal(36, outcomes.Count(outcome => outcome.Status == JobOutcomeStatus.NotChanged));
        Assert.Equal(24, Posts(fake));
    }

    [Theory]
    [InlineData(JobServerKind.BioAgents, "[]")]
    [InlineData(JobServerKind.BioAgents, """{"error":"maintenance"}""")]
    [InlineData(JobServerKind.Conveyor, """{"data":null}""")]
    [InlineData(JobServerKind.Conveyor, "[1,2]")]
    [InlineData(JobServerKind.Openinary, """{"error":"maintenance"}""")]
    [InlineData(JobServerKind.Openinary, "\"ok\"")]
    [InlineData(JobServerKind.Mcrit, """{"message":"maintenance"}""")]
    [InlineData(JobServerKind.Mcrit, """{"status":"successful","data":{}}""")]
    public async Task A_success_in_words_that_are_not_the_server_s_is_not_taken_for_a_refusal(JobServerKind kind, string body)
    {
        var (api, queue) = Api(kind);
        await using var fake = new FakeServer(request => request.Method == "GET" ? api.Answer(request) : FakeAnswer.Json(body));
        await using var server = await ConnectAsync(fake, kind);
        var id = new string('a', 24);
        var outcome = await server.ChangeAsync(queue, id, kind == JobServerKind.Mcrit ? new JobChange.Remove() : new JobChange.Retry());
        Assert.Equal(JobOutcomeStatus.Unknown, outcome.Status);
        Assert.Equal(1, fake.Requests.Count(request => request.Method != "GET"));
    }

    [Theory]
    [InlineData(JobServerKind.Openinary)]
    [InlineData(JobServerKind.FifthElement)]
    [InlineData(JobServerKind.Mcrit)]
    public async Task A_gateway_without_a_way_does_not_say_that_a_job_is_gone(JobServerKind kind)
    {
        var (api, queue) = Api(kind);
        await using var fake = new FakeServer(request => request.Method == "GET" ? api.Answer(request) : FakeAnswer.Json("""{"message":"no Route matched with those values"}""", 404));
        await using var server = await ConnectAsync(fake, kind);
        var outcome = await server.ChangeAsync(queue, new string('a', 24), kind == JobServerKind.Mcrit ? new JobChange.Remove() : new JobChange.Retry());
        Assert.Equal(JobOutcomeStatus.Refused, outcome.Status);
        Assert.Contains("no Route matched", outcome.Message);
    }

    private static (IFakeApi Api, string Queue) Api(JobServerKind kind)
    {
        var conveyor = new FakeConveyor();
        conveyor.Add("chat", new string('a', 24), "failed", "2026-01-01T00:00:00.000Z");
        var openinary = new FakeOpeninary();
        openinary.Jobs.Add(new FakeVideo(new string('a', 24), "error", 1));
        return kind switch
        {
            JobServerKind.BioAgents => (new FakeBioAgents(), "chat"),
            JobServerKind.Openinary => (openinary, SingleQueueServer.QueueName),
            JobServerKind.Mcrit => (new FakeMcrit(), SingleQueueServer.QueueName),
            JobServerKind.FifthElement => (new FakeFifthElement(), SingleQueueServer.QueueName),
            _ => (conveyor, "chat"),
        };
    }

    [Fact]
    public async Task A_job_that_goes_from_one_listed_state_to_the_next_is_changed_once()
    {
        Failed(3);
        // It stands among the active ones when these are read, and has failed when the others are.
        await using var fake = new FakeServer(request => request is { Method: "GET" } && request["status"] == "active" && request["queue"] == "chat"
            ? FakeAnswer.Json("""{"counts":{"active":1},"jobs":[{"id":"f1","state":"active","timestamp":1704110400001}]}""") : bio.Answer(request));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var query = new JobQuery { Queue = "chat", States = [JobState.Active, JobState.Failed] };
        var outcomes = await server.ChangeMatchingJobsAsync(query, new JobChange.Retry(), Token).FlatAsync();
        Assert.Equal(["f0", "f1", "f2"], outcomes.Select(outcome => outcome.Id).Order());
        Assert.Equal(3, Posts(fake));
    }

    [Fact]
    public async Task Clearing_tells_of_lost_answers_and_of_what_was_refused()
    {
        var conveyor = new FakeConveyor();
        for (var n = 0; n < 6; n++)
        {
            conveyor.Add("a", $"j{n}", "failed", $"2026-01-01T00:00:0{n}.000Z", $"2026-01-01T00:00:0{n}.000Z");
        }

        var cut = true;
        // The second deletion would not be sent any more once the first is known to be lost.
        using var both = new Barrier(2);
        await using var fake = new FakeServer(request => request.Method != "DELETE" ? conveyor.Answer(request) : cut ? conveyor.Answer(request) with { CutAt = both.SignalAndWait(10_000, Token) ? 5 : null }
            : request.Path.EndsWith("j4", StringComparison.Ordinal) ? FakeAnswer.Json("""{"error":{"code":"INTERNAL","message":"no luck"}}""", 500) : conveyor.Answer(request));
        await using var server = await ConnectAsync(fake, JobServerKind.Conveyor);
        var query = new ClearQuery { Queue = "a", States = [JobState.Failed], Max = 2 };
        var lost = await FailsAsync("ConnectionFailed", () => server.ClearQueueAsync(query, false, Token).ListAsync());
        Assert.Contains("stopped after 0 jobs and up to 2 more whose answers were lost", lost.Message);
        // The same again would delete two others.
        Assert.StartsWith("Look at what is left", lost.Advice);
        Assert.Equal(4, conveyor["a"].Count);
        cut = false;
        var refused = await FailsAsync("JobRefused", () => server.ClearQueueAsync(query with { Max = 100 }, false, Token).ListAsync());
        Assert.Contains("1 jobs of queue 'a'", refused.Message);
        Assert.Contains("3 were", refused.Message);
        Assert.Contains("no luck", refused.Message);
        Assert.Equal("j4", Assert.Single(conveyor["a"]).Id);
    }

    [Fact]
    public async Task No_more_requests_run_at_once_than_allowed()
    {
        Failed(60);
        int now = 0, most = 0;
        using var another = new ManualResetEventSlim();
        await using var fake = Bad(request =>
        {
            var running = Interlocked.Increment(ref now);
            lock (another)
            {
                most = Math.Max(most, running);
            }

            if (running > 1)
            {
                another.Set();
            }

            // The first one waits for the second, however busy the machine is.
            another.Wait(TimeSpan.FromSeconds(20));
            Thread.Sleep(5);
            Interlocked.Decrement(ref now);
            return null;
        });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { ThrottleLimit = 3 });
        Assert.All(await server.ChangeJobsAsync("chat", bio["chat"].Select(job => job.Id).ToArray(), new JobChange.Retry(), Token), outcome => Assert.True(outcome.Succeeded));
        Assert.InRange(most, 2, 3);
        Assert.InRange(fake.Connections, 1, 4);
    }

    [Theory]
    [InlineData("a/../b", "a%2F..%2Fb")]
    [InlineData("a?queue=x&y#z", "a%3Fqueue%3Dx%26y%23z")]
    [InlineData("%2e%2e", "%252e%252e")]
    [InlineData("é 日\u0001", "%C3%A9%20%E6%97%A5%01")]
    [InlineData("...", "...")]
    [InlineData("http://evil/", "http%3A%2F%2Fevil%2F")]
    [InlineData(@"a\b;c:d", "a%5Cb%3Bc%3Ad")]
    public async Task An_id_is_never_more_than_an_id(string id, string segment)
    {
        bio["chat"].Add(new FakeJob(id, "failed", 1704110400000));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        fake.Forget();
        Assert.Equal(id, Assert.Single(await server.GetJobsByIdAsync("chat", [id], JobParts.None, Token))!.Id);
        Assert.Equal(JobOutcomeStatus.Retried, (await server.ChangeAsync("chat", id, new JobChange.Retry())).Status);
        Assert.Equal([$"GET /api/admin/jobs/{segment}?queue=chat", $"POST /api/admin/jobs/{segment}/retry?queue=chat"], fake.Requests.Select(request => request.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("half a pair")]
    public async Task An_id_that_no_path_can_hold_is_refused_and_not_sent(string id)
    {
        id = id.Replace("half a pair", "a\ud800");
        Failed(1);
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        fake.Forget();
        var outcomes = await server.ChangeJobsAsync("chat", [id, "f0"], new JobChange.Retry(), Token);
        Assert.Equal([JobOutcomeStatus.Refused, JobOutcomeStatus.Retried], outcomes.Select(outcome => outcome.Status));
        Assert.Single(fake.Requests);
        await FailsAsync("InvalidName", () => server.GetJobsByIdAsync("chat", [id], JobParts.None, Token));
        Assert.Single(fake.Requests);
    }

    [Fact]
    public async Task A_queue_s_name_is_never_more_than_a_name()
    {
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        await FailsAsync("QueueNotFound", () => server.ChangeAsync("chat&status=all#../x", "1", new JobChange.Retry()));
        Assert.Equal("/api/admin/jobs/1/retry?queue=chat%26status%3Dall%23..%2Fx", fake.Requests[^1].Target);
    }
}
