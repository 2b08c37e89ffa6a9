using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Conveyor;

/// <summary>Lists that change while they are read.</summary>
public sealed partial class ConveyorServerTests
{
    [Theory]
    [InlineData("failed", false)]
    [InlineData("failed", true)]
    [InlineData("waiting", false)]
    [InlineData("waiting", true)]
    public async Task Every_job_comes_once_in_either_order(string state, bool oldestFirst)
    {
        for (var n = 0; n < 1234; n++)
        {
            conveyor.Add("a", $"j{n}", state, At(n), At(n));
        }

        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var query = new JobQuery { Queue = "a", States = [Enum.Parse<JobState>(state, true)], OldestFirst = oldestFirst };
        var ids = (await server.GetJobsAsync(query, Token).FlatAsync()).Select(job => job.Id);
        var expected = Enumerable.Range(0, 1234).Select(n => $"j{n}");
        Assert.Equal(oldestFirst ? expected : expected.Reverse(), ids);
        Assert.All(fake.Requests.Where(request => request["end"] is not null), request => Assert.InRange(int.Parse(request["end"]!) - int.Parse(request["start"]!), 1, 1000));
    }

    [Fact]
    public async Task Only_as_much_is_read_as_is_wanted()
    {
        conveyor.Add("a", "x", "failed", At(0), At(1));
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        fake.Forget();
        Assert.Single(await server.GetJobsAsync(new JobQuery { Queue = "a", States = [JobState.Failed], First = 2, Skip = 0 }, Token).FlatAsync());
        Assert.Equal("/api/queues/a/jobs?state=failed&start=0&end=2", fake.Requests[^1].Target);
        Assert.Empty(await server.GetJobsAsync(new JobQuery { Queue = "a", First = 0 }, Token).FlatAsync());
    }

    [Fact]
    public async Task Jobs_that_are_worked_off_while_the_list_is_read_hide_no_others()
    {
        for (var n = 0; n < 2000; n++)
        {
            conveyor.Add("a", $"j{n}", "waiting", At(n));
        }

        var reads = 0;
        conveyor.OnList = () =>
        {
            if (++reads > 1)
            {
                // Workers take the first hundred that wait.
                conveyor["a"].Where(job => job.State == "waiting").Take(100).ToList().ForEach(job => job.State = "active");
            }
        };
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var ids = (await server.GetJobsAsync(new JobQuery { Queue = "a", States = [JobState.Waiting], OldestFirst = true }, Token).FlatAsync()).Select(job => job.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        var left = conveyor["a"].Where(job => job.State == "waiting").Select(job => job.Id);
        Assert.Empty(left.Except(ids));
    }

    [Fact]
    public async Task New_failures_push_none_out_of_a_list_from_its_end()
    {
        for (var n = 0; n < 1500; n++)
        {
            conveyor.Add("a", $"j{n}", "failed", At(n), At(n));
        }

        var reads = 0;
        conveyor.OnList = () =>
        {
            for (var i = 0; i < 3 && ++reads > 3 && reads < 20; i++)
            {
                conveyor.Add("a", $"new{reads}", "failed", At(9000 + reads), At(9000 + reads));
            }
        };
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var ids = (await server.GetJobsAsync(new JobQuery { Queue = "a", States = [JobState.Failed], OldestFirst = true }, Token).FlatAsync()).Select(job => job.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 1500).Select(n => $"j{n}"), ids.Where(id => id.StartsWith('j')));
    }

    [Theory]
    [InlineData(1, 3, 1500)]
    [InlineData(1, 3, 1)]
    [InlineData(2, 100, 1500)]
    [InlineData(1, 700, 300)]
    public async Task New_failures_before_the_first_page_push_none_out_of_it(int rounds, int each, int count)
    {
        for (var n = 0; n < count; n++)
        {
            conveyor.Add("a", $"j{n}", "failed", At(n), At(n));
        }

        var reads = 0;
        conveyor.OnList = () =>
        {
            // After they were counted, and before any of them is read.
            if (++reads > 1 && reads <= rounds + 1)
            {
                for (var i = 0; i < each; i++)
                {
                    conveyor.Add("a", $"new{reads}-{i}", "failed", At(9000 + reads), At(9000 + reads));
                }
            }
        };
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var ids = (await server.GetJobsAsync(new JobQuery { Queue = "a", States = [JobState.Failed], OldestFirst = true }, Token).FlatAsync()).Select(job => job.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Equal(Enumerable.Range(0, count).Select(n => $"j{n}"), ids.Where(id => id.StartsWith('j')));
        Assert.All(fake.Requests.Where(request => request["end"] is not null), request => Assert.InRange(int.Parse(request["end"]!) - int.Parse(request["start"]!), 1, 1000));
        reads = 0;
        var first = await server.GetJobsAsync(new JobQuery { Queue = "a", States = [JobState.Failed], OldestFirst = true, First = 1 }, Token).FlatAsync();
        Assert.Equal("j0", Assert.Single(first).Id);
    }

    [Theory]
    [InlineData("waiting", true)]
    [InlineData("waiting", false)]
    [InlineData("failed", true)]
    [InlineData("failed", false)]
    public async Task As_many_that_come_as_go_hide_no_others(string state, bool oldestFirst)
    {
        for (var n = 0; n < 1500; n++)
        {
            conveyor.Add("a", $"j{n}", state, At(n), At(n));
        }

        var reads = 0;
        conveyor.OnList = () =>
        {
            // Their number stays as it is.
            if (++reads is > 2 and < 20)
            {
                conveyor["a"].Where(job => job.State == state).Take(70).ToList().ForEach(job => job.State = "active");
                for (var i = 0; i < 70; i++)
                {
                    conveyor.Add("a", $"new{reads}-{i}", state, At(9000 + reads), At(9000 + reads));
                }
            }
        };
        await using var fake = conveyor.Start();
        await using var server = await OpenAsync(fake);
        var query = new JobQuery { Queue = "a", States = [Enum.Parse<JobState>(state, true)], OldestFirst = oldestFirst };
        var ids = (await server.GetJobsAsync(query, Token).FlatAsync()).Select(job => job.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.Empty(conveyor["a"].Where(job => job.State == state && job.Id.StartsWith('j')).Select(job => job.Id).Except(ids));
    }

    [Fact]
    public async Task A_gateway_that_finds_no_server_does_not_say_that_a_job_is_gone()
    {
        conveyor.Add("a", "1", "failed", At(0));
        var lost = false;
        await using var fake = new FakeServer(request => lost && request.Target.Contains("/jobs/", StringComparison.Ordinal)
            ? FakeAnswer.Json("""{"error":{"code":404,"message":"no route and no healthy upstream"}}""", 404) : conveyor.Answer(request));
        await using var server = await OpenAsync(fake);
        Assert.Null((await server.GetJobsByIdAsync("a", ["2"], JobParts.None, Token))[0]);
        lost = true;
        await FailsAsync("ServerError", () => server.GetJobsByIdAsync("a", ["1"], JobParts.None, Token));
        Assert.NotEqual(JobOutcomeStatus.NotFound, (await server.ChangeAsync("a", "1", new JobChange.Retry())).Status);
    }
}
