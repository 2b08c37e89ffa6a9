using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Conveyor;

/// <summary>The answers of a running Conveyor dashboard.</summary>
public sealed class ConveyorReplayTests
{
    private const string FailedId = "676f8142-8d68-48ff-b954-6fc996bf8911";
    private const string WaitingId = "6a824936-26ba-4c04-bb75-19952b4e87b7";
    private const string ParentId = "c9303df5-d64c-4bfc-90ee-5a1a6a9de4e4";
    private static readonly FakeAnswer Missing = FakeAnswer.Json("""{"error":{"code":"NOT_FOUND","message":"Not found"}}""", 404);

    private static FakeServer Play(params string[] names) => Replay.Start("conveyor", ["01-config", "02-queues", .. names], Missing);

    private static Task<JobAdmin.Client.Http.HttpJobServer> OpenAsync(FakeServer fake) =>
        ConnectAsync(fake, JobServerKind.Conveyor, options => options with { Password = null });

    [Fact]
    public async Task Queues_come_with_counts_and_their_last_activity()
    {
        await using var fake = Play();
        await using var server = await OpenAsync(fake);
        var queues = await server.GetQueuesAsync(new QueueQuery(), Token).ListAsync();
        Assert.Equal(["emails", "slow", "flowq"], queues.Select(queue => queue.Name));
        var emails = queues[0];
        Assert.Equal((0, 1, 0, 3, 1, 0), (emails.Waiting, emails.Delayed, emails.Active, emails.Completed, emails.Failed, emails.WaitingChildren));
        Assert.Null(emails.GetCounts().Prioritized);
        Assert.False(emails.IsPaused);
        Assert.Equal(Utc("2026-11-22T03:55:05.076Z"), emails.LastActivity);
        Assert.False(server.Connection.Capabilities.HasFlag(JobServerCapabilities.Workers));
        Assert.False(server.Connection.ReadOnly);
    }

    [Fact]
    public async Task A_queue_asked_for_by_name_tells_its_paused_names()
    {
        await using var fake = Play("03-queue-emails", "35-queues-paused");
        await using var server = await OpenAsync(fake);
        var queue = Assert.Single(await server.GetQueuesAsync(new QueueQuery { Names = ["emails"] }, Token).ListAsync());
        Assert.Empty(queue.PausedNames!);
        Assert.Equal(true, (await server.GetQueuesAsync(new QueueQuery { Names = ["s*"] }, Token).ListAsync())[0].IsPaused);
    }

    [Fact]
    public async Task Failed_jobs_have_their_stack_trace_log_and_options()
    {
        await using var fake = Play();
        fake.Handler = With(fake.Handler, "/jobs?state=failed", "07-jobs-failed");
        await using var server = await OpenAsync(fake);
        var job = Assert.Single(await server.JobsAsync("emails", JobState.Failed));
        Assert.Equal((FailedId, "send-welcome", "emails", "failed"), (job.Id, job.Name, job.Queue, job.RawState));
        Assert.Equal("SMTP timeout", job.FailedReason);
        Assert.StartsWith("Error: SMTP timeout\n    at", Assert.Single(job.StackTrace!));
        Assert.Equal(["sending bad@example.com"], job.Log);
        Assert.Equal((1, 1, 50), (job.Attempts, job.AttemptsMade, job.Progress));
        Assert.Equal(Utc("2026-11-22T03:55:05.076Z"), job.FinishedOn);
        Assert.Equal(TimeSpan.FromMilliseconds(1), job.Duration);
        Assert.Equal("""{"to":"bad@example.com","fail":true}""", job.GetDataText());
        Assert.Equal("""{"attempts":1}""", job.GetOptionsText());
        Assert.Null(job.GetReturnValueText());
    }

    [Fact]
    public async Task Parts_that_were_not_asked_for_are_left_out()
    {
        await using var fake = Play("16-get-failed");
        await using var server = await OpenAsync(fake);
        var job = Assert.Single(await server.GetJobsByIdAsync("emails", [FailedId], JobParts.None, Token))!;
        Assert.Null(job.GetDataText());
        Assert.Null(job.GetOptionsText());
        Assert.Null(job.StackTrace);
        Assert.Null(job.Log);
    }

    [Fact]
    public async Task A_completed_job_has_its_return_value()
    {
        await using var fake = Play();
        fake.Handler = With(fake.Handler, "/jobs?state=completed", "06-jobs-completed");
        await using var server = await OpenAsync(fake);
        var query = new JobQuery { Queue = "emails", States = [JobState.Completed], First = 1, Parts = JobParts.ReturnValue };
        var job = Assert.Single(await server.GetJobsAsync(query, Token).FlatAsync());
        Assert.True(job.GetReturnValue()!.Value.GetProperty("sent").GetBoolean());
        Assert.Contains("GET /api/queues/emails/jobs?state=completed&start=0&end=1", fake.Requests.Select(request => request.ToString()));
    }

    [Fact]
    public async Task Groups_of_waiting_jobs_are_kept()
    {
        await using var fake = Play("29-groups");
        fake.Handler = With(fake.Handler, "/jobs?state=waiting", "05-jobs-default");
        await using var server = await OpenAsync(fake);
        Assert.Equal(["tenant-1", "tenant-0", "tenant-1"], (await server.GetJobsAsync(new JobQuery { Queue = "slow", States = [JobState.Waiting], OldestFirst = true }, Token)
            .FlatAsync()).Select(job => job.GroupId));
        var groups = await ((IJobGroups)server).GetGroupsAsync("slow", Token);
        Assert.Equal([("tenant-0", 1L, 1L), ("tenant-1", 0L, 2L)], groups.Select(group => (group.GroupId, group.Active!.Value, group.Waiting!.Value)));
    }

    [Fact]
    public async Task Each_change_of_a_job_says_what_became_of_it()
    {
        const string Delayed = "5cec68e5-a0c6-468c-88eb-6f460b2b1be6", Active = "7d4f0c0d-0052-49be-9bad-e0f3c07b436f";
        await using var fake = Play("19-retry-failed", "22-promote", "24-patch", "27-cancel-waiting-400", "30-cancel-active");
        await using var server = await OpenAsync(fake);
        Assert.Equal(JobOutcomeStatus.Retried, (await server.ChangeAsync("emails", FailedId, new JobChange.Retry())).Status);
        Assert.Equal(JobOutcomeStatus.Promoted, (await server.ChangeAsync("emails", Delayed, new JobChange.Promote())).Status);
        Assert.Equal(JobOutcomeStatus.NotFound, (await server.ChangeAsync("emails", "nope", new JobChange.Retry())).Status);
        var refused = await server.ChangeAsync("slow", WaitingId, new JobChange.Stop("x"));
        Assert.Equal((JobOutcomeStatus.SkippedWrongState, JobState.Waiting), (refused.Status, refused.PreviousState));
        Assert.Contains("stops active jobs only", refused.Message);
        var stopped = await server.ChangeAsync("slow", Active, new JobChange.Stop("x"));
        Assert.Equal(JobOutcomeStatus.Stopped, stopped.Status);
        Assert.Contains("up to 15 s", stopped.Message);
        Assert.Equal(JobOutcomeStatus.Updated, (await server.ChangeAsync("slow", WaitingId, new JobChange.Edit("""{"i":99}""", 2))).Status);
        Assert.Equal("""{"data":{"i":99},"opts":{"priority":2}}""", fake.Requests[^1].Body);
        Assert.Equal("application/json", fake.Requests[^1].Headers["Content-Type"]);
    }

    [Fact]
    public async Task A_cancelled_job_is_a_failed_one_with_its_reason()
    {
        await using var fake = Play("31b-get-cancelled-after-32s");
        await using var server = await OpenAsync(fake);
        var job = Assert.Single(await server.GetJobsByIdAsync("slow", ["10843ae5-3011-49d5-a3e7-9569325e3532"], JobParts.None, Token))!;
        Assert.Equal((JobState.Failed, "Job cancelled"), (job.State, job.FailedReason));
    }

    [Fact]
    public async Task A_job_is_added_with_the_server_s_id()
    {
        await using var fake = Play("12-add");
        await using var server = await OpenAsync(fake);
        var job = new NewJob { Name = "send-email", Data = """{"to":"x@example.com"}""", Priority = 1, Delay = TimeSpan.FromSeconds(5) };
        var outcome = Assert.Single(await ((IJobProducer)server).AddJobsAsync("emails", [job], Token));
        Assert.Equal((JobOutcomeStatus.Added, "5e60074f-30f3-4f5b-824f-50bc5103add6"), (outcome.Status, outcome.Id));
        Assert.Equal(Capture.Load("conveyor/12-add").RequestBody, fake.Requests[^1].Body);
    }

    [Fact]
    public async Task Whole_queues_are_paused_cleaned_retried_promoted_drained_and_removed()
    {
        await using var fake = Play("32-pause", "38-clean", "42-retry-all", "43-promote-all", "44-drain", "65-obliterate-force");
        fake.Handler = With(fake.Handler, "/api/queues/slow", "03-queue-emails", exact: true);
        await using var server = await OpenAsync(fake);
        Assert.True(await server.SetPausedAsync("slow", true, null, false, Token));
        Assert.Equal(4, (await server.ClearQueueAsync(new ClearQuery { Queue = "emails", States = [JobState.Completed] }, false, Token).ListAsync())[^1].Done);
        Assert.Equal("""{"state":"completed","grace":0}""", fake.Requests[^1].Body);
        Assert.Equal(1, await ((IJobBulk)server).RetryAllAsync("emails", JobState.Failed, Token));
        Assert.Equal("""{"state":"failed"}""", fake.Requests[^1].Body);
        Assert.Equal(1, await ((IJobBulk)server).PromoteAllAsync("emails", Token));
        JobState[] all = [JobState.Waiting, JobState.Delayed, JobState.WaitingChildren];
        await server.ClearQueueAsync(new ClearQuery { Queue = "slow", States = all }, false, Token).ListAsync();
        Assert.Equal("POST /api/queues/slow/drain", fake.Requests[^1].ToString());
        Assert.Equal(5, (await server.RemoveQueueAsync("slow", true, Token).ListAsync())[^1].Done);
        Assert.Equal("DELETE /api/queues/slow?force=true", fake.Requests[^1].ToString());
    }

    [Fact]
    public async Task One_name_is_paused()
    {
        await using var fake = Play("33-pause-name");
        fake.Handler = With(fake.Handler, "/api/queues/slow", "03-queue-emails", exact: true);
        await using var server = await OpenAsync(fake);
        Assert.True(await server.SetPausedAsync("slow", true, "crunch", false, Token));
        Assert.Equal(Capture.Load("conveyor/33-pause-name").RequestBody, fake.Requests[^1].Body);
    }

    [Fact]
    public async Task Flows_are_listed_and_drawn()
    {
        await using var fake = Play("46-flows", "48-children", "50-search-job");
        fake.Handler = With(fake.Handler, $"/api/queues/flowq/jobs/{ParentId}", "50-search-job", exact: true);
        await using var server = await OpenAsync(fake);
        Assert.Equal(ParentId, Assert.Single(await ((IJobFlows)server).GetFlowParentsAsync(null, Token).FlatAsync()).Id);
        var tree = (await ((IJobFlows)server).GetFlowAsync("flowq", ParentId, 5, JobParts.None, Token))!;
        Assert.Equal((JobState.WaitingChildren, 1, 1), (tree.Job.State, tree.ChildCount, tree.PendingChildren));
        var child = Assert.Single(tree.Children);
        Assert.Equal((ParentId, "flowq", 1), (child.Job.ParentId, child.Job.ParentQueue, child.Depth));
        Assert.Null(await ((IJobFlows)server).GetFlowAsync("flowq", "nope", 5, JobParts.None, Token));
    }

    [Fact]
    public async Task Jobs_and_queues_are_found()
    {
        await using var fake = Play("50-search-job", "52-search-queue");
        await using var server = await OpenAsync(fake);
        var search = (IJobSearch)server;
        var job = Assert.Single(await search.FindJobsAsync(new JobSearch { Text = ParentId }, Token).FlatAsync());
        Assert.Equal(("flowq", "parent"), (job.Queue, job.Name));
        fake.Handler = With(fake.Handler, "/api/jobs/search?name=send", "57-jobs-search");
        Assert.Empty(await search.FindJobsAsync(new JobSearch { Text = "send", Field = JobSearchField.Name, States = [JobState.Completed, JobState.Failed], First = 2 }, Token).FlatAsync());
        Assert.Equal("/api/jobs/search?name=send&state=completed%2Cfailed&start=0&end=2", fake.Requests[^1].Target);
    }

    [Fact]
    public async Task Metrics_sparklines_and_their_status_are_read()
    {
        await using var fake = Play("58-metrics", "60-sparklines", "61-metrics-status");
        fake.Handler = With(fake.Handler, "/api/queues/emails/metrics", "58-metrics");
        await using var server = await OpenAsync(fake);
        var metrics = (IJobMetrics)server;
        Assert.True(await metrics.AreMetricsEnabledAsync(Token));
        var points = await metrics.GetMetricsAsync(new JobMetricQuery { Queue = "emails" }, Token);
        var all = Assert.Single(points, point => point.Name is null);
        Assert.Equal((4, 2, TimeSpan.FromMinutes(1), Utc("2026-11-22T03:55:00Z")), (all.Completed, all.Failed, all.Step, all.Time));
        Assert.Equal(TimeSpan.FromMilliseconds(5.0 / 6), all.AverageDuration);
        Assert.Equal(3, points.Count);
        Assert.Equal([6L], (await metrics.GetSparklinesAsync(["emails"], Token)).Single(row => row.Queue == "emails").Points);
    }

    [Fact]
    public async Task A_base_path_its_authentication_and_read_only_mode()
    {
        await using var fake = Replay.Start("conveyor", ["70-auth-config-noauth", "72-auth-ok"], Missing);
        await using var server = await ConnectAsync(fake, JobServerKind.Conveyor, options => options with { Address = new Uri(fake.Address, "admin"), Password = new Secret("tok") });
        Assert.True(server.Connection.ReadOnly);
        Assert.Contains("read-only mode", Assert.Single(server.Connection.Warnings));
        Assert.Equal($"{fake.Address}admin/api", server.Connection.Endpoint);
        Assert.False(fake.Requests[0].Headers.ContainsKey("Authorization"));
        Assert.Equal("Bearer tok", fake.Requests[1].Headers["Authorization"]);
        fake.Forget();
        var error = await FailsAsync("ReadOnlyConnection", () => server.SetPausedAsync("emails", true, null, false, Token));
        Assert.Contains("is in read-only mode: nothing was sent", error.Message);
        Assert.Empty(fake.Requests);
    }

    [Fact]
    public async Task A_dashboard_that_turns_read_only_later_refuses_in_its_own_words()
    {
        await using var fake = Play();
        await using var server = await OpenAsync(fake);
        fake.Handler = With(fake.Handler, "/retry", "73-readonly-pause");
        var error = await FailsAsync("AccessDenied", () => server.ChangeAsync("emails", FailedId, new JobChange.Retry()));
        Assert.Contains("Dashboard is in read-only mode", error.Message);
    }

    [Fact]
    public async Task A_missing_key_is_said_so()
    {
        await using var fake = Replay.Start("conveyor", ["70-auth-config-noauth", "71-auth-missing"], Missing);
        var error = await FailsAsync("AccessDenied", () => ConnectAsync(fake, JobServerKind.Conveyor, options => options with { Address = new Uri(fake.Address, "admin/api"), Password = null }));
        Assert.Contains("Authentication required", error.Message);
    }

    [Fact]
    public async Task The_recorded_events_are_read_in_order()
    {
        await using var fake = Play("16-get-failed");
        fake.Handler = With(fake.Handler, "/api/events", _ => FakeAnswer.Events(async (write, token) =>
        {
            await write(Capture.Text("conveyor/sse-all"));
            await Task.Delay(Timeout.Infinite, token);
        }));
        await using var server = await OpenAsync(fake);
        var events = new List<JobEvent>();
        await foreach (var batch in server.WatchEventsAsync(new EventQuery(), Token).WithCancellation(Token))
        {
            events.AddRange(batch);
            if (events.Count >= 24)
            {
                break;
            }
        }

        Assert.Equal("delayed waiting waiting cancelled active progress failed paused paused resumed resumed active progress progress completed drained removed active progress failed active progress progress completed",
            string.Join(' ', events.Select(item => item.Event)));
        Assert.Equal("SMTP timeout", events[6].FailedReason);
        Assert.Equal("50", events[5].Progress);
        Assert.Equal(("slow", null, "crunch"), (events[8].Queue, events[8].Id, events[8].Name));
        Assert.Null(events[7].Name);
        Assert.Equal(Utc("2026-11-22T03:55:52.840Z"), events[0].Time);
    }

    private static Func<FakeRequest, FakeAnswer> With(Func<FakeRequest, FakeAnswer> rest, string path, string capture, bool exact = false) =>
        request => (exact ? request.ToString() == "GET " + path : request.Target.Contains(path, StringComparison.Ordinal)) ? Capture.Load("conveyor/" + capture).Answer : rest(request);

    private static Func<FakeRequest, FakeAnswer> With(Func<FakeRequest, FakeAnswer> rest, string path, Func<FakeRequest, FakeAnswer> answer) =>
        request => request.Target == path ? answer(request) : rest(request);
}
