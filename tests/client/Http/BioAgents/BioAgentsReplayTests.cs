using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.BioAgents;

/// <summary>The answers of a running BioAgents server, and the samples of its page.</summary>
public sealed class BioAgentsReplayTests
{
    private const string FailedId = "74227503-cbca-4fd9-8e38-e66db08b3dc7";

    private static FakeServer Replay(string name) => Replaying(_ => Capture.Load("bioagents/" + name).Answer);

    private static FakeServer Replaying(Func<FakeRequest, FakeAnswer> rest) =>
        new(request => request["status"] == "active" && request["limit"] == "1" ? Capture.Load("bioagents/01-list-default").Answer : rest(request));

    [Fact]
    public async Task A_failed_job_is_listed_with_all_its_fields()
    {
        await using var fake = Replay("02-list-failed");
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var job = Assert.Single(await server.JobsAsync("deep-research", JobState.Failed));
        Assert.Equal(FailedId, job.Id);
        Assert.Equal("deep-research-" + FailedId, job.Name);
        Assert.Equal((JobState.Failed, "failed"), (job.State, job.RawState));
        Assert.Equal("LLM provider timeout", job.FailedReason);
        Assert.Equal(1, job.AttemptsMade);
        Assert.Equal("""{"stage":"planning","percent":50}""", job.Progress);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1795319619165), job.Timestamp);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1795319619240), job.ProcessedOn);
        Assert.Equal(TimeSpan.FromMilliseconds(3), job.Duration);
        Assert.True(job.GetData()!.Value.GetProperty("fail").GetBoolean());
        Assert.Equal("test", job.Connection);
        Assert.Equal("deep-research", job.Queue);
        Assert.Contains(fake.Requests, request => request.Target == "/api/admin/jobs?queue=deep-research&status=failed&limit=1000");
        Assert.All(fake.Requests, request => Assert.Equal(Key, request.Headers["X-Admin-Key"]));
    }

    [Fact]
    public async Task Fields_that_the_server_leaves_out_are_null()
    {
        await using var fake = Replay("15-get-active");
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var job = Assert.Single(await server.GetJobsByIdAsync("deep-research", ["606d64f9-b0d1-435b-af0f-77d558bfdab5"], JobParts.None, Token));
        Assert.Equal(JobState.Active, job!.State);
        Assert.Null(job.FinishedOn);
        Assert.Null(job.FailedReason);
        Assert.Null(job.GetDataText());
        Assert.Equal(0, job.Progress);
    }

    [Fact]
    public async Task Counts_and_the_paused_key_become_a_queue()
    {
        await using var fake = Replay("01-list-default");
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var queues = await server.GetQueuesAsync(new QueueQuery(), Token).ListAsync();
        Assert.Equal(["chat", "deep-research", "file-process", "paper-generation"], queues.Select(queue => queue.Name));
        Assert.All(queues, queue => Assert.Equal((4, 1, 3, 1, 1), (queue.Waiting, queue.Active, queue.Completed, queue.Failed, queue.Delayed)));
        Assert.All(queues, queue => Assert.False(queue.IsPaused));
    }

    [Fact]
    public async Task A_missing_job_is_null_and_a_missing_one_to_retry_is_not_found()
    {
        await using var fake = Replaying(request => Capture.Load(request.Method == "GET" ? "bioagents/16-get-missing" : "bioagents/22-retry-missing-404").Answer);
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        Assert.Null(Assert.Single(await server.GetJobsByIdAsync("deep-research", ["does-not-exist"], JobParts.None, Token)));
        Assert.Equal(JobOutcomeStatus.NotFound, (await server.ChangeAsync("deep-research", "nope", new JobChange.Retry())).Status);
    }

    [Theory]
    [InlineData("19-retry-failed-200", JobOutcomeStatus.Retried, JobState.Failed)]
    [InlineData("18-retry-active-400", JobOutcomeStatus.SkippedWrongState, JobState.Active)]
    [InlineData("20-retry-again-400", JobOutcomeStatus.SkippedWrongState, JobState.Waiting)]
    public async Task A_retry_says_what_became_of_it(string capture, JobOutcomeStatus status, JobState previous)
    {
        await using var fake = Replay(capture);
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var outcome = await server.ChangeAsync("deep-research", FailedId, new JobChange.Retry());
        Assert.Equal((status, previous), (outcome.Status, outcome.PreviousState));
        Assert.Contains($"POST /api/admin/jobs/{FailedId}/retry?queue=deep-research", fake.Requests.Select(request => request.ToString()));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_at_once()
    {
        await using var fake = new FakeServer(_ => Capture.Load("bioagents/11-noauth").Answer);
        var error = await FailsAsync("AccessDenied", () => ConnectAsync(fake, JobServerKind.BioAgents));
        Assert.Equal(JobErrorKind.Access, error.Kind);
        Assert.Single(fake.Requests);
    }

    [Fact]
    public async Task Queues_that_are_off_are_an_error_with_the_server_s_words()
    {
        await using var fake = new FakeServer(_ => Capture.Load("bioagents/27-disabled-list").Answer);
        var error = await FailsAsync("ServerError", () => ConnectAsync(fake, JobServerKind.BioAgents));
        Assert.Contains("Job queue not enabled: Set USE_JOB_QUEUE=true to enable job queues", error.Message);
        Assert.Single(fake.Requests);
    }

    [Fact]
    public async Task The_page_s_own_samples_are_read_as_well()
    {
        const string List = """
            { "queue": "deep-research", "jobs": [ { "id": "uuid", "name": "deep-research-job",
              "data": { "messageId": "uuid", "userId": "uuid", "message": "Research CRISPR applications" }, "state": "completed", "progress": 100,
              "attemptsMade": 1, "processedOn": 1704110400000, "finishedOn": 1704110460000, "timestamp": 1704110400000 } ],
              "counts": { "waiting": 5, "active": 2, "completed": 42, "failed": 1, "delayed": 0 } }
            """;
        await using var fake = new FakeServer(request => FakeAnswer.Json(request.Method == "POST"
            ? """{ "success": true, "jobId": "uuid", "message": "Job queued for retry" }""" : List));
        await using var server = await ConnectAsync(fake, JobServerKind.BioAgents);
        var job = Assert.Single(await server.JobsAsync("deep-research", JobState.Completed));
        Assert.Equal(100, job.Progress);
        Assert.Equal(TimeSpan.FromMinutes(1), job.Duration);
        Assert.Equal(42, await server.CountJobsAsync(new JobQuery { Queue = "deep-research", States = [JobState.Completed] }, Token));
        Assert.Equal(5, await server.CountJobsAsync(new JobQuery { Queue = "deep-research", States = [JobState.Waiting] }, Token));
        Assert.Equal(JobOutcomeStatus.Retried, (await server.ChangeAsync("deep-research", "uuid", new JobChange.Retry())).Status);
    }
}
