using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Mcrit;

/// <summary>What the client makes of MCRIT's traps, its dangerous deletion before all.</summary>
public sealed class McritServerTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private readonly FakeMcrit mcrit = new();

    private static Task<HttpJobServer> OpenAsync(FakeServer fake, TimeZoneInfo? zone = null, TimeProvider? time = null) =>
        ConnectAsync(fake, JobServerKind.Mcrit, options => options with { ServerTimeZone = zone }, time);

    private static Task<List<BulkProgress>> ClearAsync(IJobServer server, JobFilter filter, params JobState[] states) =>
        server.ClearQueueAsync(new ClearQuery { Queue = "jobs", States = states, Filter = filter }, false, Token).ListAsync();

    private IEnumerable<string> Left => mcrit.Jobs.Select(job => (string)job["_id"]!["$oid"]!);

    [Fact]
    public async Task A_deletion_without_a_filter_is_refused_and_not_sent()
    {
        mcrit.Add("a", "failed", "2026-11-22T05:00:00");
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        await FailsAsync("FilterRequired", () => ClearAsync(server, new JobFilter()));
        await FailsAsync("FilterRequired", () => ClearAsync(server, new JobFilter { Names = ["*"] }));
        await FailsAsync("FilterRequired", () => ClearAsync(server, new JobFilter { Names = [] }));
        await FailsAsync("InvalidState", () => ClearAsync(server, new JobFilter { After = DateTimeOffset.UnixEpoch }));
        await ClearAsync(server, new JobFilter { Names = [""] , Before = DateTimeOffset.UtcNow });
        Assert.DoesNotContain(fake.Requests, request => request.Method == "DELETE");
        Assert.Single(mcrit.Jobs);
    }

    [Theory]
    [InlineData("2026-07-01T10:00:00.900Z", "2026-07-01T12%3A00%3A00")]
    [InlineData("2026-12-01T10:00:00+05:00", "2026-12-01T06%3A00%3A00")]
    [InlineData("2026-10-25T01:30:00Z", "2026-10-25T01%3A59%3A00")]
    [InlineData("2026-10-25T01:30:00Z", "2026-10-25T00%3A59%3A00", "Europe/Dublin")]
    [InlineData("2026-03-29T01:30:00Z", "2026-03-29T02%3A30%3A00", "Europe/Dublin")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00%3A00%3A00", "UTC")]
    public async Task A_date_is_sent_in_the_server_s_time_and_in_the_one_form_it_reads(string before, string sent, string zone = "Europe/Berlin")
    {
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake, TimeZoneInfo.FindSystemTimeZoneById(zone));
        await ClearAsync(server, new JobFilter { Before = DateTimeOffset.Parse(before, System.Globalization.CultureInfo.InvariantCulture) });
        var target = fake.Requests.Single(request => request.Method == "DELETE").Target;
        Assert.StartsWith("/jobs?created_before=", target);
        Assert.Equal(sent[..16], target["/jobs?created_before=".Length..][..16]);
        Assert.Matches("^/jobs\\?created_before=\\d{4}-\\d\\d-\\d\\dT\\d\\d%3A\\d\\d%3A\\d\\d$", target);
    }

    [Fact]
    public async Task Times_are_the_server_s_own_whatever_zone_they_name()
    {
        var summer = mcrit.Add("a", "failed", "2026-07-01T12:00:00");
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake, Berlin);
        Assert.Equal(Utc("2026-07-01T10:00:00Z"), (await server.GetJobsByIdAsync("jobs", [summer], JobParts.None, Token))[0]!.Timestamp);
        Assert.Empty(server.Connection.Warnings);
        await using var unsaid = await OpenAsync(fake);
        Assert.Contains("local times", Assert.Single(unsaid.Connection.Warnings));
        Assert.Equal("MCRIT 1.4.2", unsaid.Connection.ServerVersion);
    }

    /// <summary>In Dublin winter is the saving time, as .NET sees it.</summary>
    [Theory]
    [InlineData("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T01:30:00Z")]
    [InlineData("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z")]
    [InlineData("Europe/Dublin", "2026-10-25T00:30:00", "2026-10-24T23:30:00Z")]
    [InlineData("Europe/Dublin", "2026-10-25T01:30:00", "2026-10-25T01:30:00Z")]
    [InlineData("Europe/Dublin", "2026-03-29T00:30:00", "2026-03-29T00:30:00Z")]
    [InlineData("Europe/Dublin", "2026-03-29T01:30:00", "2026-03-29T01:30:00Z")]
    [InlineData("Europe/Dublin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z")]
    public async Task Times_on_the_days_when_clocks_change(string zone, string local, string utc)
    {
        var job = mcrit.Add("a", "failed", local);
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake, TimeZoneInfo.FindSystemTimeZoneById(zone));
        Assert.Equal(Utc(utc), (await server.GetJobsByIdAsync("jobs", [job], JobParts.None, Token))[0]!.Timestamp);
    }

    [Fact]
    public async Task By_method_and_age()
    {
        var old = mcrit.Add("match", "finished", "2026-11-01T00:00:00", "2026-11-02T00:00:00");
        var other = mcrit.Add("import", "finished", "2026-11-01T00:00:00", "2026-11-02T00:00:00");
        var late = mcrit.Add("match", "finished", "2026-11-01T00:00:00", "2026-11-20T00:00:00");
        var failed = mcrit.Add("match", "failed", "2026-11-01T00:00:00");
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        var before = Utc("2026-11-10T00:00:00Z");
        Assert.Equal(1, (await ClearAsync(server, new JobFilter { Names = ["MATCH"], Before = before }, JobState.Completed))[^1].Done);
        Assert.Equal([other, late, failed], Left);
        Assert.Equal("DELETE /jobs?method=match&finished_before=2026-11-10T00%3A00%3A00", fake.Requests.Last(request => request.Method == "DELETE").ToString());
        // A state that the server's own deletion can't mean is cleared job by job.
        Assert.Equal(1, (await ClearAsync(server, new JobFilter { Before = before }, JobState.Failed))[^1].Done);
        Assert.Equal([other, late], Left);
        Assert.Equal($"DELETE /jobs/{failed}", fake.Requests.Last(request => request.Method == "DELETE").ToString());
        Assert.Equal(1, (await ClearAsync(server, new JobFilter { Names = ["imp*"] }))[^1].Done);
        Assert.Equal([late], Left);
        Assert.Equal(0, (await ClearAsync(server, new JobFilter { Names = ["none*"] }))[^1].Done);
        Assert.Equal("/jobs/stats", fake.Requests[^1].Path);
        Assert.NotEqual(old, late);
    }

    [Fact]
    public async Task Jobs_that_were_cancelled_or_are_active_are_not_deleted_with_others()
    {
        mcrit.Add("match", "finished", "2026-11-01T00:00:00", "2026-11-02T00:00:00");
        var cancelled = mcrit.Add("match", "terminated", "2026-11-01T00:00:00", "2026-11-02T00:00:00");
        mcrit.Jobs[^1]["finished_at"] = mcrit.Jobs[0]["finished_at"]!.DeepClone();
        var active = mcrit.Add("import", "in_progress", "2026-11-01T00:00:00");
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        var before = new JobFilter { Before = Utc("2026-11-10T00:00:00Z") };
        Assert.Equal(1, (await ClearAsync(server, before, JobState.Completed))[^1].Done);
        Assert.Equal([cancelled, active], Left);
        await FailsAsync("InvalidState", () => ClearAsync(server, before));
        Assert.Equal([cancelled, active], Left);
        Assert.Equal(1, (await ClearAsync(server, before, JobState.Completed, JobState.Cancelled))[^1].Done);
        Assert.Equal([active], Left);
        Assert.Equal("DELETE /jobs?finished_before=2026-11-10T00%3A00%3A00", fake.Requests.Last(request => request.Method == "DELETE").ToString());
        Assert.Equal(1, (await server.ClearQueueAsync(new ClearQuery { Queue = "jobs", Filter = before }, force: true, Token).ListAsync())[^1].Done);
        Assert.Empty(Left);
        Assert.Equal("DELETE /jobs?created_before=2026-11-10T00%3A00%3A00", fake.Requests[^1].ToString());
    }

    [Fact]
    public async Task A_short_page_after_the_filter_is_not_the_end()
    {
        for (var n = 0; n < 2100; n++)
        {
            mcrit.Add(n % 2 == 0 ? "match" : "import", n % 3 == 0 ? "failed" : "finished", "2026-11-01T00:00:00", parameters: n == 5 ? """{"0": "needle"}""" : "{}");
        }

        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        Assert.Equal(700, (await server.JobsAsync("jobs", JobState.Failed)).Count);
        Assert.Equal(350, (await server.GetJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Failed], Filter = new JobFilter { Names = ["mat*"] } }, Token).FlatAsync()).Count);
        Assert.EndsWith("method=match&state=failed", fake.Requests[^1].Target);
        Assert.Equal(1400, await server.CountJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Completed] }, Token));
        var found = Assert.Single(await ((IJobSearch)server).FindJobsAsync(new JobSearch { Text = "needle", Field = JobSearchField.Data, Parts = JobParts.Data }, Token).FlatAsync());
        Assert.Equal("import", found.Name);
        Assert.DoesNotContain("filter", fake.Requests[^1].Target);
        Assert.Single(await ((IJobSearch)server).FindJobsAsync(new JobSearch { Text = "NEEDLE", Field = JobSearchField.Data }, Token).FlatAsync());
        await FailsAsync("NotSupported", () => ((IJobSearch)server).FindJobsAsync(new JobSearch { Text = "ATCH", Field = JobSearchField.Name }, Token).FlatAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    [InlineData(1000)]
    public async Task Jobs_that_are_deleted_while_the_list_is_read_hide_no_others(int atOnce)
    {
        for (var n = 0; n < 3500; n++)
        {
            mcrit.Add("match", "finished", "2026-11-01T00:00:00");
        }

        var given = new HashSet<string>();
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        var doubles = 0;
        await foreach (var page in server.GetJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Completed], PageSize = 1000 }, Token))
        {
            doubles += page.Count(job => !given.Add(job.Id));
            // As a pipeline to Remove-Job does.
            Assert.Equal(Math.Min(atOnce, page.Count), (await server.ChangeJobsAsync("jobs", [.. page.Take(atOnce).Select(job => job.Id)], new JobChange.Remove(), Token)).Count(outcome => outcome.Succeeded));
        }

        Assert.Equal((3500, 0), (given.Count, doubles));
    }

    [Fact]
    public async Task Digits_are_found_by_the_server_itself()
    {
        for (var n = 0; n < 1200; n++)
        {
            mcrit.Add("match", "finished", "2026-11-01T00:00:00", parameters: n is 3 or 1100 ? """{"0": "AB20241122cd"}""" : "{}");
        }

        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        Assert.Equal(2, (await ((IJobSearch)server).FindJobsAsync(new JobSearch { Text = "b20241122C", Field = JobSearchField.Data }, Token).FlatAsync()).Count);
        Assert.EndsWith("/jobs?start=0&limit=0&filter=20241122", fake.Requests[^1].Target);
    }

    [Fact]
    public async Task Waiting_for_workers_and_for_others_are_told_apart()
    {
        var first = mcrit.Add("match", "queued", "2026-11-01T00:00:00");
        var second = mcrit.Add("combine", "queued", "2026-11-01T00:00:00", waitsFor: first);
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        Assert.Equal(first, Assert.Single(await server.JobsAsync("jobs", JobState.Waiting)).Id);
        Assert.Equal(second, Assert.Single(await server.JobsAsync("jobs", JobState.WaitingChildren)).Id);
        Assert.Equal(1, await server.CountJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Waiting] }, Token));
        Assert.Equal(2, await server.CountJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.Waiting, JobState.WaitingChildren] }, Token));
        Assert.Equal([second], (await server.GetJobsAsync(new JobQuery { Queue = "jobs", States = [JobState.WaitingChildren], First = 1 }, Token).FlatAsync()).Select(job => job.Id));
    }

    [Fact]
    public async Task A_server_that_can_t_read_does_not_say_that_a_result_is_gone()
    {
        var broken = false;
        await using var fake = new FakeServer(request => broken ? FakeAnswer.Json("""{"title":"500 Internal Server Error"}""", 500) : mcrit.Answer(request));
        await using var server = await OpenAsync(fake);
        broken = true;
        await FailsAsync("ServerError", () => ((IJobResults)server).GetResultAsync("507f1f77bcf86cd799439011", false, Token));
    }

    [Fact]
    public async Task Results_by_their_own_id()
    {
        var id = mcrit.Add("match", "finished", "2026-11-01T00:00:00");
        var pending = mcrit.Add("match", "queued", "2026-11-01T00:00:00");
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        var results = (IJobResults)server;
        var resultId = (await server.GetJobsByIdAsync("jobs", [id], JobParts.None, Token))[0]!.ResultId!;
        Assert.Equal(id, (await results.GetResultAsync(resultId, true, Token)).GetValue()!.Value.GetProperty("of").GetString());
        Assert.Equal($"/results/{resultId}?compact=true", fake.Requests[^1].Target);
        Assert.Equal(id, (await results.GetJobOfResultAsync(resultId, JobParts.None, Token))!.Id);
        Assert.False((await results.GetResultOfJobAsync("jobs", pending, true, Token)).HasValue);
        await FailsAsync("ResultNotFound", () => results.GetResultAsync("507f1f77bcf86cd799439011", false, Token));
        fake.Forget();
        await FailsAsync("ResultNotFound", () => results.GetJobOfResultAsync("../jobs", JobParts.None, Token));
        Assert.Empty(fake.Requests);
        Assert.Contains((await server.GetJobsAsync(new JobQuery { Queue = "jobs", Parts = JobParts.ReturnValue }, Token).FlatAsync()), job => job.GetReturnValueText() is not null);
    }

    [Fact]
    public async Task What_the_server_lacks_is_an_error_before_anything_is_sent()
    {
        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake);
        fake.Forget();
        await FailsAsync("NotSupported", () => server.ChangeAsync("jobs", "6b026af62b06cb74123c2aef", new JobChange.Retry()));
        await FailsAsync("NotSupported", () => server.ChangeAsync("jobs", "6b026af62b06cb74123c2aef", new JobChange.Stop("x")));
        await FailsAsync("NotSupported", () => server.SetPausedAsync("jobs", true, null, false, Token));
        await FailsAsync("NotSupported", () => server.JobsAsync("jobs", JobState.Delayed).ContinueWith(_ => server.RemoveQueueAsync("jobs", true, Token).ListAsync(), Token).Unwrap());
        Assert.Empty(fake.Requests);
        await using var reader = await ConnectAsync(fake, JobServerKind.Mcrit, options => options with { ReadOnly = true });
        await FailsAsync("ReadOnlyConnection", () => ClearAsync(reader, new JobFilter { Names = ["a"] }));
        await FailsAsync("ReadOnlyConnection", () => reader.ChangeAsync("jobs", "6b026af62b06cb74123c2aef", new JobChange.Remove()));
    }

    [Fact]
    public async Task Jobs_that_run_and_then_vanish_from_sight_are_followed_up()
    {
        var id = mcrit.Add("match", "in_progress", "2026-11-01T00:00:00");
        for (var n = 0; n < 300; n++)
        {
            mcrit.Add("import", "queued", "2026-11-01T00:00:00");
        }

        await using var fake = mcrit.Start();
        await using var server = await OpenAsync(fake, time: new FastTime(20));
        await using var watched = server.WatchEventsAsync(new EventQuery { PollInterval = TimeSpan.FromSeconds(1) }, Token).GetAsyncEnumerator(Token);
        var next = watched.MoveNextAsync();
        await Task.Delay(200, Token);
        lock (mcrit.Jobs)
        {
            var job = mcrit.Jobs[0];
            job["finished_at"] = new System.Text.Json.Nodes.JsonObject { ["$date"] = "2026-11-01T00:01:00Z" };
            job["state_word"] = "finished";
        }

        Assert.True(await next);
        Assert.Equal((id, "completed", "in_progress"), (watched.Current[0].Id, watched.Current[0].Event, watched.Current[0].Previous));
    }

    [Fact]
    public async Task Errors_in_XML_are_told_as_such()
    {
        await using var fake = new FakeServer(request => request.Path == "/jobs/stats" ? mcrit.Answer(request) : new FakeAnswer(500, "<error/>", "application/xml"));
        await using var server = await OpenAsync(fake);
        Assert.Contains("application/xml (status 500) instead of JSON", (await FailsAsync("ServerError", () => server.JobsAsync("jobs", JobState.Failed))).Message);
    }
}
