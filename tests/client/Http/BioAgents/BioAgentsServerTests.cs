using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.BioAgents;

/// <summary>What the client makes of a server without paging, queue listing and events.</summary>
public sealed class BioAgentsServerTests
{
    private static readonly long Noon = Utc("2026-11-22T12:00:00Z").ToUnixTimeMilliseconds();

    private static FakeJob Failed(int n, long finished) => new($"f{n}", "failed", Noon + n) { FinishedOn = Noon + finished, FailedReason = n % 2 == 0 ? "SMTP timeout" : "no quota" };

    [Fact]
    public async Task All_of_a_long_list_comes_though_there_are_no_pages()
    {
        var bio = new FakeBioAgents();
        bio["chat"].AddRange(Enumerable.Range(0, 2500).Select(n => Failed(n, 10_000 + n)));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var ids = (await server.JobsAsync("chat", JobState.Failed)).Select(job => job.Id).ToArray();
        Assert.Equal(Enumerable.Range(0, 2500).Reverse().Select(n => $"f{n}"), ids);
    }

    [Fact]
    public async Task An_old_job_that_failed_last_is_the_newest_failure()
    {
        // The server sorts by the time of adding and cuts: the job that was added first is the one it leaves out.
        var bio = new FakeBioAgents();
        bio["chat"].AddRange(Enumerable.Range(1, 2000).Select(n => Failed(n, 10_000 + n)));
        bio["chat"].Add(Failed(0, 99_000));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var page = Assert.Single(await server.GetJobsAsync(new JobQuery { Queue = "chat", States = [JobState.Failed], First = 3 }, Token).ListAsync());
        Assert.Equal(["f0", "f2000", "f1999"], page.Select(job => job.Id));
    }

    [Theory]
    [InlineData(false, "w1499", "w1498")]
    [InlineData(true, "w0", "w1")]
    public async Task Waiting_jobs_come_in_the_order_asked_for(bool oldestFirst, string first, string second)
    {
        var bio = new FakeBioAgents();
        bio["chat"].AddRange(Enumerable.Range(0, 1500).Select(n => new FakeJob($"w{n}", "waiting", Noon + n)));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var query = new JobQuery { Queue = "chat", States = [JobState.Waiting], First = 2, OldestFirst = oldestFirst };
        Assert.Equal([first, second], (await server.GetJobsAsync(query, Token).FlatAsync()).Select(job => job.Id));
    }

    [Fact]
    public async Task Names_reasons_and_times_are_filtered_on_this_side()
    {
        var bio = new FakeBioAgents();
        bio["chat"].AddRange(Enumerable.Range(0, 10).Select(n => Failed(n, n * 1000)));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var filter = new JobFilter { Reasons = ["smtp*"], After = DateTimeOffset.FromUnixTimeMilliseconds(Noon + 2000), Before = DateTimeOffset.FromUnixTimeMilliseconds(Noon + 8000) };
        var query = new JobQuery { Queue = "chat", States = [JobState.Failed], Filter = filter };
        Assert.Equal(["f6", "f4", "f2"], (await server.GetJobsAsync(query, Token).FlatAsync()).Select(job => job.Id));
        Assert.Equal(3, await server.CountJobsAsync(query, Token));
        Assert.Equal(["f4"], (await server.GetJobsAsync(query with { Skip = 1, First = 1 }, Token).FlatAsync()).Select(job => job.Id));
        Assert.Equal(["f3"], (await server.GetJobsAsync(query with { Filter = new JobFilter { Names = ["JOB-F3"] } }, Token).FlatAsync()).Select(job => job.Id));
    }

    [Fact]
    public async Task Retrying_what_matches_gives_one_outcome_each_and_leaves_the_rest_alone()
    {
        var bio = new FakeBioAgents();
        bio["chat"].AddRange(Enumerable.Range(0, 1200).Select(n => Failed(n, n)));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var query = new JobQuery { Queue = "chat", States = [JobState.Failed], Filter = new JobFilter { Reasons = ["SMTP*"] } };
        var outcomes = await server.ChangeMatchingJobsAsync(query, new JobChange.Retry(), Token).FlatAsync();
        Assert.Equal(Enumerable.Range(0, 600).Select(n => $"f{n * 2}"), outcomes.Select(outcome => outcome.Id));
        Assert.All(outcomes, outcome => Assert.True(outcome.Succeeded));
        Assert.Equal(600, bio["chat"].Count(job => job.State == "failed"));
    }

    [Fact]
    public async Task Outcomes_are_in_the_order_of_the_ids_whatever_the_order_of_the_answers()
    {
        var bio = new FakeBioAgents();
        bio["chat"].AddRange(Enumerable.Range(0, 40).Select(n => Failed(n, n)));
        await using var fake = new FakeServer(request => bio.Answer(request) with { Delay = TimeSpan.FromMilliseconds(request.Target.Contains("f0/") ? 200 : 1) });
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var ids = Enumerable.Range(0, 40).Select(n => n == 7 ? "none" : $"f{n}").ToArray();
        var outcomes = await server.ChangeJobsAsync("chat", ids, new JobChange.Retry(), Token);
        Assert.Equal(ids, outcomes.Select(outcome => outcome.Id));
        Assert.Equal(JobOutcomeStatus.NotFound, outcomes[7].Status);
        Assert.Equal(39, outcomes.Count(outcome => outcome.Status == JobOutcomeStatus.Retried));
    }

    [Fact]
    public async Task Queues_match_by_pattern_and_an_unknown_name_is_an_error()
    {
        await using var fake = new FakeBioAgents().Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Equal(["deep-research"], (await server.GetQueuesAsync(new QueueQuery { Names = ["deep*"] }, Token).ListAsync()).Select(queue => queue.Name));
        Assert.Empty(await server.GetQueuesAsync(new QueueQuery { Names = ["x*"] }, Token).ListAsync());
        var error = await FailsAsync("QueueNotFound", () => server.GetQueuesAsync(new QueueQuery { Names = ["nope"] }, Token).ListAsync());
        Assert.Equal("nope", error.Target);
        await FailsAsync("QueueNotFound", () => server.JobsAsync("nope", JobState.Failed));
        await FailsAsync("QueueNotFound", () => server.GetJobsByIdAsync("nope", ["1"], JobParts.None, Token));
        await FailsAsync("QueueNotFound", () => server.ChangeAsync("nope", "1", new JobChange.Retry()));
        fake.Forget();
        Assert.Equal(4, (await server.GetQueuesAsync(new QueueQuery { NamesOnly = true }, Token).ListAsync()).Count);
        Assert.Empty(fake.Requests);
    }

    [Fact]
    public async Task What_the_server_lacks_is_an_error_before_anything_is_sent()
    {
        await using var fake = new FakeBioAgents().Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        fake.Forget();
        var error = await FailsAsync("NotSupported", () => server.ChangeAsync("chat", "1", new JobChange.Promote()));
        Assert.Contains("BioAgents server 'test' can't promote jobs", error.Message);
        await FailsAsync("NotSupported", () => server.ChangeAsync("chat", "1", new JobChange.Remove()));
        await FailsAsync("NotSupported", () => server.ChangeAsync("chat", "1", new JobChange.Stop("why")));
        await FailsAsync("NotSupported", () => server.ChangeAsync("chat", "1", new JobChange.Retry(ResetAttempts: true)));
        await FailsAsync("NotSupported", () => server.SetPausedAsync("chat", true, null, false, Token));
        await FailsAsync("NotSupported", () => server.ClearQueueAsync(new ClearQuery { Queue = "chat", States = [JobState.Failed] }, false, Token).ListAsync());
        await FailsAsync("NotSupported", () => server.RemoveQueueAsync("chat", false, Token).ListAsync());
        await FailsAsync("NotSupported", () => server.JobsAsync("chat", JobState.Prioritized));
        await FailsAsync("NotSupported", () => server.WatchEventsAsync(new EventQuery { Queues = ["chat"], From = "0-0" }, Token).ListAsync());
        Assert.Empty(fake.Requests);
        Assert.IsNotAssignableFrom<IJobProducer>(server);
    }

    [Fact]
    public async Task A_read_only_connection_changes_nothing()
    {
        await using var fake = new FakeBioAgents().Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, options => options with { ReadOnly = true });
        fake.Forget();
        await FailsAsync("ReadOnlyConnection", () => server.ChangeAsync("chat", "1", new JobChange.Retry()));
        Assert.Empty(fake.Requests);
    }

    [Fact]
    public async Task A_gateway_that_finds_no_server_does_not_say_that_a_job_is_gone()
    {
        var bio = new FakeBioAgents();
        await using var fake = new FakeServer(request => request.Target.Contains("/jobs/f1", StringComparison.Ordinal)
            ? FakeAnswer.Json("""{"status":404,"error":"Not Found","path":"/api/admin"}""", 404) : bio.Answer(request));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        await FailsAsync("ServerError", () => server.GetJobsByIdAsync("chat", ["f1"], JobParts.None, Token));
        Assert.NotEqual(JobOutcomeStatus.NotFound, (await server.ChangeAsync("chat", "f1", new JobChange.Retry())).Status);
        Assert.Equal(JobOutcomeStatus.NotFound, (await server.ChangeAsync("chat", "f2", new JobChange.Retry())).Status);
    }

    [Theory]
    [InlineData("bad gateway", "GET /api/admin/jobs")]
    [InlineData("unavailable", "GET /api/admin/jobs")]
    [InlineData("unavailable", "GET /api/admin/jobs/f1")]
    public async Task Watching_outlasts_a_server_that_is_started_anew(string kind, string match)
    {
        var bio = new FakeBioAgents();
        bio["chat"].Add(Failed(1, 5));
        (bio["chat"][0].State, bio["chat"][0].ProcessedOn) = ("active", Noon + 50);
        FakeFault? fault = null;
        await using var fake = new FakeServer(request => fault?.For(request, () => bio.Answer(request)) ?? bio.Answer(request));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, time: new FastTime(20));
        var watched = server.WatchEventsAsync(new EventQuery { Queues = ["chat"], PollInterval = TimeSpan.FromSeconds(1) }, Token).GetAsyncEnumerator(Token);
        var next = watched.MoveNextAsync().AsTask();
        await FirstLookAsync(fake);
        fault = new FakeFault(new() { ["kind"] = kind, ["match"] = match, ["times"] = 12 });
        // It is of a state that isn't listed, so it is asked for.
        bio.Change(() => (bio["chat"][0].State, bio["chat"][0].FinishedOn) = ("waiting-children", Noon + 99));
        Assert.True(await next);
        Assert.Equal(("f1", "waiting-children", "active"), (watched.Current[0].Id, watched.Current[0].Event, watched.Current[0].Previous));
        await watched.DisposeAsync();
    }

    [Fact]
    public async Task Watching_polls_and_reports_what_changed()
    {
        var bio = new FakeBioAgents();
        bio["chat"].Add(Failed(1, 5));
        await using var fake = bio.Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents, time: new FastTime(20));
        var watched = server.WatchEventsAsync(new EventQuery { Queues = ["chat"], PollInterval = TimeSpan.FromSeconds(1) }, Token).GetAsyncEnumerator(Token);
        var next = watched.MoveNextAsync().AsTask();
        await FirstLookAsync(fake);
        bio.Change(() => (bio["chat"][0].State, bio["chat"][0].ProcessedOn) = ("active", Noon + 50));
        Assert.True(await next);
        var active = Assert.Single(watched.Current);
        Assert.Equal(("chat", "f1", "active", "failed"), (active.Queue, active.Id, active.Event, active.Previous));
        next = watched.MoveNextAsync().AsTask();
        bio.Change(() => bio["chat"][0].Progress = 40);
        Assert.True(await next);
        Assert.Equal(("progress", "40"), (watched.Current[0].Event, watched.Current[0].Progress));
        next = watched.MoveNextAsync().AsTask();
        bio.Change(() => (bio["chat"][0].State, bio["chat"][0].FinishedOn) = ("failed", Noon + 99));
        Assert.True(await next);
        var failed = Assert.Single(watched.Current);
        Assert.Equal(("failed", "no quota", DateTimeOffset.FromUnixTimeMilliseconds(Noon + 99)), (failed.Event, failed.FailedReason, failed.Time));
        await watched.DisposeAsync();
    }

    [Fact]
    public async Task The_report_says_how_the_server_is()
    {
        await using var fake = new FakeBioAgents().Start();
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var report = await server.TestAsync(Token);
        Assert.True(report.Healthy);
        Assert.Equal(4, report.Queues);
        Assert.Equal(JobServerKind.BioAgents, report.Kind);
        Assert.NotNull(report.RoundTrip);
        fake.Handler = _ => new FakeAnswer(0, "") { HangUp = true };
        report = await server.TestAsync(Token);
        Assert.False(report.Reachable);
        Assert.Single(report.Warnings);
    }

    /// <summary>Waits for the first look of a watch, with which the later ones are compared.</summary>
    private static async Task FirstLookAsync(FakeServer fake)
    {
        while (!fake.Requests.Any(request => request["status"] == "completed"))
        {
            await Task.Delay(5, Token);
        }

        await Task.Delay(50, Token);
    }
}
