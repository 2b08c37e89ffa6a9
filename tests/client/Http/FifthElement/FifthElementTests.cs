using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.FifthElement;

/// <summary>Fifth Element, from its page: nobody has recorded answers of the closed server.</summary>
public sealed class FifthElementTests
{
    private const string Completed = """
        { "data": { "id": "job_abc123", "type": "document_processing", "status": "completed", "progress": 100,
          "result": { "documentsProcessed": 50, "errors": 0 }, "createdAt": "2025-01-20T10:00:00Z", "completedAt": "2025-01-20T10:05:00Z" }, "error": null }
        """;

    private const string Rerun = """
        { "data": { "id": "job_new123", "type": "document_processing", "status": "pending", "originalJobId": "job_abc123", "createdAt": "2025-01-20T12:00:00Z" }, "error": null }
        """;

    private static readonly FakeAnswer Missing = FakeAnswer.Json("""{"data":null,"error":{"name":"NotFoundError","message":"Job not found","details":{}}}""", 404);

    private static FakeServer Play(Func<FakeRequest, FakeAnswer> rest) => new(request => request.Path.EndsWith("/jobs/00000000-0000-0000-0000-000000000000", StringComparison.Ordinal) ? Missing : rest(request));

    private static Task<HttpJobServer> OpenAsync(FakeServer fake, TimeProvider? time = null) =>
        ConnectAsync(fake, JobServerKind.FifthElement, options => options with { Address = new Uri(fake.Address, "v1/api/") }, time);

    [Fact]
    public async Task A_job_is_read_by_its_id()
    {
        await using var fake = Play(_ => FakeAnswer.Json(Completed));
        await using var server = await OpenAsync(fake);
        var job = Assert.Single(await server.GetJobsByIdAsync("jobs", ["job_abc123"], JobParts.ReturnValue, Token))!;
        Assert.Equal(("job_abc123", "document_processing", JobState.Completed, 100), (job.Id, job.Name, job.State, job.Progress));
        Assert.Equal((Utc("2025-01-20T10:00:00Z"), Utc("2025-01-20T10:05:00Z")), (job.Timestamp!.Value, job.FinishedOn!.Value));
        Assert.Equal(50, job.GetReturnValue()!.Value.GetProperty("documentsProcessed").GetInt32());
        Assert.Equal(("/v1/api/jobs/job_abc123", "Bearer " + Key), (fake.Requests[^1].Target, fake.Requests[^1].Headers["Authorization"]));
        Assert.Equal("jobs", server.Connection.DefaultQueue);
    }

    [Fact]
    public async Task Attributes_in_the_data_and_the_reason_in_the_result()
    {
        await using var fake = Play(_ => FakeAnswer.Json("""
            {"data":{"id":7,"attributes":{"type":"export","status":"failed","progress":30.5,"result":{"error":{"message":"Disk full"}},"createdAt":1737367200000}}}
            """));
        await using var server = await OpenAsync(fake);
        var job = (await server.GetJobsByIdAsync("jobs", ["7"], JobParts.None, Token))[0]!;
        Assert.Equal(("7", "export", JobState.Failed, 30.5, "Disk full"), (job.Id, job.Name, job.State, job.Progress, job.FailedReason));
        Assert.Equal(Utc("2025-01-20T10:00:00Z"), job.Timestamp);
        Assert.Null(job.GetReturnValueText());
    }

    [Fact]
    public async Task A_rerun_is_a_job_of_its_own_that_knows_its_original()
    {
        await using var fake = Play(request => FakeAnswer.Json(request.Method == "POST" ? Rerun : """{"data":{"id":"job_new123","status":"running"},"error":null}"""));
        await using var server = await OpenAsync(fake);
        var outcome = await server.ChangeAsync("jobs", "job_abc123", new JobChange.Retry());
        Assert.Equal((JobOutcomeStatus.Retried, "job_new123"), (outcome.Status, outcome.NewId));
        Assert.Equal("POST /v1/api/jobs/job_abc123/rerun", fake.Requests[^1].ToString());
        var made = (await server.GetJobsByIdAsync("jobs", [outcome.NewId!], JobParts.None, Token))[0]!;
        Assert.Equal(("job_abc123", JobState.Active), (made.OriginalId, made.State));
    }

    [Theory]
    [InlineData(404, JobOutcomeStatus.NotFound)]
    [InlineData(400, JobOutcomeStatus.SkippedWrongState)]
    [InlineData(500, JobOutcomeStatus.Refused)]
    public async Task A_refused_rerun_says_why(int status, JobOutcomeStatus expected)
    {
        await using var fake = Play(_ => FakeAnswer.Json("""{"data":null,"error":{"name":"E","message":"Job is running","details":{}}}""", status));
        await using var server = await OpenAsync(fake);
        var outcome = await server.ChangeAsync("jobs", "x", new JobChange.Retry());
        Assert.Equal(expected, outcome.Status);
        Assert.Contains("Job is running", outcome.Message);
    }

    [Fact]
    public async Task A_missing_job_is_null_and_a_text_that_is_no_id_too()
    {
        await using var fake = Play(request => request.Path.EndsWith("/bad", StringComparison.Ordinal)
            ? FakeAnswer.Json("""{"data":null,"error":{"name":"ValidationError","message":"id must be a UUID"}}""", 400) : Missing);
        await using var server = await OpenAsync(fake);
        Assert.Equal([null, null], await server.GetJobsByIdAsync("jobs", ["gone", "bad"], JobParts.None, Token));
    }

    [Theory]
    [InlineData(401, "AccessDenied")]
    [InlineData(403, "AccessDenied")]
    [InlineData(500, "ServerError")]
    public async Task What_keeps_the_user_out_is_told_while_connecting(int status, string errorId)
    {
        await using var fake = new FakeServer(_ => FakeAnswer.Json("""{"data":null,"error":{"name":"E","message":"Missing or invalid credentials"}}""", status));
        Assert.Contains("Missing or invalid credentials", (await FailsAsync(errorId, () => OpenAsync(fake))).Message);
        await using var wrong = new FakeServer(_ => FakeAnswer.Json("""{"message":"no route"}""", 404));
        await FailsAsync("ServerError", () => OpenAsync(wrong));
    }

    [Fact]
    public async Task A_job_is_watched_by_looking_at_it()
    {
        var statuses = new Queue<string>(["pending", "pending", "running", "running", "completed"]);
        await using var fake = Play(_ => FakeAnswer.Json($$"""{"data":{"id":"j","type":"export","status":"{{(statuses.Count > 1 ? statuses.Dequeue() : statuses.Peek())}}"},"error":null}"""));
        await using var server = await OpenAsync(fake, new FastTime(200));
        var events = new List<string>();
        await foreach (var batch in server.WatchEventsAsync(new EventQuery { Ids = ["j"] }, Token).WithCancellation(Token))
        {
            events.AddRange(batch.Select(item => item.Event));
            if (events.Contains("completed"))
            {
                break;
            }
        }

        Assert.Equal(["active", "completed"], events);
    }

    [Fact]
    public async Task A_workspace_key_says_for_whom_it_asks()
    {
        await using var fake = Play(_ => Missing);
        await using var server = await ConnectAsync(fake, JobServerKind.FifthElement, options => options with { User = "anna@example.com" });
        Assert.Equal("anna@example.com", fake.Requests[0].Headers["x-user-identifier"]);
        Assert.StartsWith("/v1/api/jobs/", fake.Requests[0].Target);
    }

    [Fact]
    public async Task What_the_server_lacks_is_an_error_before_anything_is_sent()
    {
        await using var fake = Play(_ => Missing);
        await using var server = await OpenAsync(fake);
        fake.Forget();
        await FailsAsync("NotSupported", () => server.JobsAsync("jobs", JobState.Failed));
        await FailsAsync("NotSupported", () => server.CountJobsAsync(new JobQuery { Queue = "jobs" }, Token));
        await FailsAsync("NotSupported", () => server.GetQueuesAsync(new QueueQuery(), Token).ListAsync());
        await FailsAsync("NotSupported", () => server.ChangeAsync("jobs", "1", new JobChange.Remove()));
        await FailsAsync("NotSupported", () => server.WatchEventsAsync(new EventQuery(), Token).ListAsync());
        await FailsAsync("NotSupported", () => server.ChangeMatchingJobsAsync(new JobQuery { Queue = "jobs" }, new JobChange.Retry(), Token).ListAsync());
        Assert.Empty(fake.Requests);
    }
}
