using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Mcrit;

/// <summary>The answers of a running MCRIT server, and the samples of its page.</summary>
public sealed class McritReplayTests
{
    private const string Finished = "6b026af62b06cb74123c2ae1";
    private static readonly FakeAnswer Missing = FakeAnswer.Json("""{"title":"404 Not Found"}""", 404);

    private static FakeServer Play(params string[] names) => Replay.Start("mcrit", ["15-stats", .. names], Missing);

    [Fact]
    public async Task The_recorded_list_is_told_apart_by_state()
    {
        await using var fake = Play();
        fake.Handler = request => request.Target.StartsWith("/jobs?", StringComparison.Ordinal) ? Capture.Load("mcrit/01-list").Answer : Capture.Load("mcrit/15-stats").Answer;
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit);
        var jobs = await server.JobsAsync("jobs");
        var states = jobs.ToLookup(job => job.State, job => job.Name);
        Assert.Equal(["updateMinHashes"], states[JobState.Active]);
        Assert.Equal(["getMatchesForSampleVs", "getMatchesForSampleVs", "getMatchesForSampleVs", "updateMinHashesForSample"], states[JobState.Waiting]);
        Assert.Equal(["combineMatchesToCross"], states[JobState.WaitingChildren]);
        Assert.Equal(["addBinarySample"], states[JobState.Failed]);
        Assert.Equal(["getMatchesForSample"], states[JobState.Completed]);
        Assert.Equal(["getUniqueBlocks"], states[JobState.Cancelled]);
        Assert.Equal(9, jobs.Count);
        var child = jobs.Single(job => job.Id == "6b026af62b06cb74123c2aec");
        Assert.Equal(("6b026af62b06cb74123c2af0", "jobs"), (child.ParentId, child.ParentQueue));
        Assert.Equal(25, jobs.Single(job => job.State == JobState.Active).Progress);
        Assert.Equal(1, jobs.Single(job => job.Name == "updateMinHashesForSample").AttemptsMade);
        Assert.All(fake.Requests, request => Assert.Equal("application/json", request.Headers["Accept"]));
    }

    [Fact]
    public async Task A_failed_job_has_its_reason_and_parameters()
    {
        await using var fake = Play();
        fake.Handler = request => Capture.Load(request.Target.StartsWith("/jobs?", StringComparison.Ordinal) ? "mcrit/07-state-failed" : "mcrit/15-stats").Answer;
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit);
        var job = Assert.Single(await server.JobsAsync("jobs", JobState.Failed));
        Assert.StartsWith("Traceback (most recent call last):", job.FailedReason);
        Assert.Equal((3, 3, "failed"), (job.AttemptsMade, job.Attempts, job.RawState));
        Assert.Equal("""{"0": "x.exe"}""", job.GetDataText());
        Assert.Equal("/jobs?start=0&limit=1000&state=failed", fake.Requests[^1].Target);
    }

    [Fact]
    public async Task Statistics_are_summed_and_given_by_method()
    {
        await using var fake = Play("16-stats-refresh");
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit);
        var queue = Assert.Single(await server.GetQueuesAsync(new QueueQuery(), Token).ListAsync());
        Assert.Equal((5, 1, 1, 1, 1), (queue.Waiting, queue.Active, queue.Completed, queue.Failed, queue.GetCounts().Cancelled));
        var counts = await ((IJobNameCounts)server).GetCountsByNameAsync("jobs", true, Token);
        Assert.Equal(7, counts.Count);
        Assert.Equal((3, 0), (counts.Single(one => one.Name == "getMatchesForSampleVs").Waiting, counts.Single(one => one.Name == "getMatchesForSampleVs").Failed));
        Assert.Equal("/jobs/stats?with_refresh=true", fake.Requests[^1].Target);
    }

    [Fact]
    public async Task A_finished_job_and_its_result()
    {
        await using var fake = Play("17-get-finished", "18-get-unknown", "21-result");
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit);
        var jobs = await server.GetJobsByIdAsync("jobs", [Finished, "507f1f77bcf86cd799439011", "not hex"], JobParts.ReturnValue, Token);
        Assert.Equal(["6b026af62b06cb74123c2ae3", null, null], jobs.Select(job => job?.ResultId));
        Assert.Equal(3, jobs[0]!.GetReturnValue()!.Value.GetProperty("matches").GetProperty("functions").GetArrayLength());
        Assert.Equal(100, jobs[0]!.Progress);
        var result = await ((IJobResults)server).GetResultOfJobAsync("jobs", Finished, false, Token);
        Assert.Equal(("6b026af62b06cb74123c2ae3", true), (result.ResultId, result.HasValue));
        await FailsAsync("JobNotFound", () => ((IJobResults)server).GetResultOfJobAsync("jobs", "507f1f77bcf86cd799439011", false, Token));
    }

    [Fact]
    public async Task Recorded_deletions_are_understood()
    {
        await using var fake = Play("29-delete-one", "30-delete-unknown", "32-delete-method");
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit);
        var outcomes = await server.ChangeJobsAsync("jobs", ["6b026af62b06cb74123c2aef", "507f1f77bcf86cd799439011", "../stats", ""], new JobChange.Remove(), Token);
        Assert.Equal([JobOutcomeStatus.Removed, JobOutcomeStatus.NotFound, JobOutcomeStatus.Refused, JobOutcomeStatus.Refused], outcomes.Select(outcome => outcome.Status));
        var steps = await server.ClearQueueAsync(new ClearQuery { Queue = "jobs", Filter = new JobFilter { Names = ["getMatchesForSampleVs"] } }, force: true, Token).ListAsync();
        Assert.Equal(2, steps[^1].Done);
        Assert.Equal(["DELETE /jobs/507f1f77bcf86cd799439011", "DELETE /jobs/6b026af62b06cb74123c2aef", "DELETE /jobs?method=getMatchesForSampleVs"],
            fake.Requests.Where(request => request.Method == "DELETE").Select(request => request.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_token_and_a_user_are_sent_and_their_want_is_told()
    {
        await using var closed = new FakeServer(_ => Capture.Load("mcrit/50-auth-missing").Answer);
        var error = await FailsAsync("AccessDenied", () => ConnectAsync(closed, JobServerKind.Mcrit));
        Assert.Contains("API token required: Please provide an auth token", error.Message);
        await using var fake = Play();
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit, options => options with { User = "lab" });
        Assert.Equal((Key, "lab"), (fake.Requests[0].Headers["apitoken"], fake.Requests[0].Headers["username"]));
    }

    [Fact]
    public async Task The_page_s_own_samples_are_read_as_well()
    {
        const string Job = """
            "job_id": "507f1f77bcf86cd799439011", "method": "addBinarySample", "state": "finished", "created": "2024-01-15T10:30:00", "finished": "2024-01-15T10:31:00"
            """;
        await using var fake = new FakeServer(request => FakeAnswer.Json(request.Path switch
        {
            "/jobs/stats" => """{ "status": "successful", "data": { "total_jobs": 150, "finished": 140, "processing": 5, "failed": 5 } }""",
            "/jobs" => $$"""{ "status": "successful", "data": [ { {{Job}} } ] }""",
            _ => $$"""{ "status": "successful", "data": { {{Job}}, "parameters": {}, "result_id": "507f191e810c19729de860ea" } }""",
        }));
        await using var server = await ConnectAsync(fake, JobServerKind.Mcrit);
        var queue = (await server.GetQueuesAsync(new QueueQuery(), Token).ListAsync())[0];
        Assert.Equal((5, 140, 5), (queue.Active, queue.Completed, queue.Failed));
        Assert.Null(queue.Waiting);
        var job = Assert.Single(await server.GetJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Completed] }, Token).FlatAsync());
        Assert.Equal(("507f1f77bcf86cd799439011", "addBinarySample", JobState.Completed, "finished"), (job.Id, job.Name, job.State, job.RawState));
        Assert.Equal(Utc("2024-01-15T10:31:00Z"), job.FinishedOn);
        var one = (await server.GetJobsByIdAsync("jobs", ["507f1f77bcf86cd799439011"], JobParts.Data, Token))[0]!;
        Assert.Equal(("507f191e810c19729de860ea", "{}"), (one.ResultId, one.GetDataText()));
        await server.JobsAsync("jobs", JobState.Active);
        Assert.EndsWith("state=processing", fake.Requests[^1].Target);
    }
}
