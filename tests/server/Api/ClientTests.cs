using System.Diagnostics;
using System.Reflection;
using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>The pages' own clients in other languages, call for call, and our own client by way of both pages.</summary>
public sealed class ClientTests(Bench bench) : ServerTest(bench)
{
    [Theory]
    [InlineData("node", "client.mjs")]
    [InlineData("python3", "client.py")]
    public async Task The_clients_of_the_pages_do_their_work(string program, string script)
    {
        await using var lab = Bench.Lab(queue: "deep-research");
        await lab.DoAsync("seed", new { failed = 3, completed = 2, waiting = 1 });
        await using var served = await Served.StartAsync(lab);
        if (program == "python3")
        {
            Assert.SkipUnless((await RunAsync(program, "-c", "import requests")).Length == 0, "python3 has no requests");
        }

        Assert.Equal(
            """{"failed":3,"listed":3,"errors":["boom","Bad Request","Not Found","Not Found","Unauthorized"],"success":true,"same":true,"said":"Job queued for retry","queues":["deep-research"],"added":"delayed","to":"b@example.org","retried":2,"removed":2,"meta":[4,0,100]}""",
            await RunAsync(program, Script(script), Root(served), Served.Admin, lab.Queue));
        Assert.Equal(4, (await lab.IdsAsync("wait")).Length);
    }

    [Fact]
    public async Task The_script_of_the_first_page_retries_all_that_failed()
    {
        await using var lab = Bench.Lab(queue: "deep-research");
        await lab.DoAsync("seed", new { failed = 5, active = 2 });
        await using var served = await Served.StartAsync(lab);
        Assert.SkipUnless((await RunAsync("jq", "-n", "1")) == "1" && (await RunAsync("curl", "--version")).StartsWith("curl", StringComparison.Ordinal), "curl or jq is not on this machine");
        Assert.Equal("2\n" + string.Join('\n', Enumerable.Repeat("Job queued for retry", 5)), await RunAsync("bash", Script("retry-failed.sh"), Root(served), Served.Admin, lab.Queue));
        Assert.Equal((0, 5), ((await lab.IdsAsync("failed")).Length, (await lab.IdsAsync("wait")).Length));
    }

    [Fact]
    public async Task The_second_pages_listener_hears_what_happens_to_its_job()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("startWorker");
        await using var served = await Served.StartAsync(lab, options => options with { Keys = [] });
        Assert.SkipUnless((await RunAsync("node", "--experimental-eventsource", "-p", "typeof EventSource")) == "function", "node has no EventSource");
        Assert.Equal("""{"seen":["job:waiting","job:active","job:failed no luck"],"id":true,"job":"mine"}""",
            await RunAsync("node", "--no-warnings", "--experimental-eventsource", Script("events.mjs"), Root(served), lab.Queue));
        await lab.DoAsync("stopWorker");
    }

    private static string Root(Served served) => served.Address.GetLeftPart(UriPartial.Authority);

    private static string Script(string name) => Path.Combine(typeof(ClientTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "ClientsFolder").Value!, name);

    /// <summary>What a program wrote, errors behind the rest; a missing one skips the test.</summary>
    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not on this machine");
            throw;
        }

        using (process)
        {
            var errors = process.StandardError.ReadToEndAsync(Ct);
            var output = await process.StandardOutput.ReadToEndAsync(Ct);
            return output.TrimEnd() + await errors;
        }
    }

    [Fact]
    public async Task Our_client_does_its_work_by_way_of_the_second_page()
    {
        await using var lab = Bench.Lab();
        await lab.DoAsync("seed", new { failed = 4, completed = 1, waiting = 2, delayed = 1 });
        await using var served = await Served.StartAsync(lab);
        await using var server = await ConnectAsync(served, JobServerKind.Conveyor);
        Assert.True(server.Connection.Capabilities.HasFlag(JobServerCapabilities.Workers));
        var queue = await server.QueueAsync("emails");
        Assert.Equal((4, 1, 2, 1), (queue.Failed, queue.Completed, queue.Waiting, queue.Delayed));
        var failed = await server.ListAsync(new JobQuery { Queue = "emails", States = [JobState.Failed], Parts = JobParts.All });
        Assert.Equal((await lab.IdsAsync("failed")).Order(), failed.Select(job => job.Id).Order());
        Assert.All(failed, job => Assert.Equal("boom", job.FailedReason));
        Assert.Equal(JobOutcomeStatus.Retried, Assert.Single(await server.RetryAsync("emails", failed[0].Id)).Status);
        Assert.Equal(JobOutcomeStatus.SkippedWrongState, Assert.Single(await server.RetryAsync("emails", failed[0].Id)).Status);
        Assert.Equal(JobOutcomeStatus.NotFound, Assert.Single(await server.RetryAsync("emails", "nope")).Status);
        // Many in one request, and what became of each.
        var outcomes = await server.RetryAsync("emails", failed[0].Id, failed[1].Id, "nope", failed[2].Id);
        Assert.Equal([JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.Retried, JobOutcomeStatus.NotFound, JobOutcomeStatus.Retried], outcomes.Select(outcome => outcome.Status));
        Assert.Equal(failed[2].Id, outcomes[3].Id);
        Assert.Equal(1, await ((IJobBulk)server).RetryAllAsync("emails", JobState.Failed, Ct));
        Assert.Equal(JobOutcomeStatus.Added, Assert.Single(await server.AddAsync("emails", new NewJob { Name = "new", Delay = TimeSpan.FromHours(1) })).Status);
        Assert.True(await server.SetPausedAsync("emails", true, null, false, Ct));
        Assert.True((await server.QueueAsync("emails")).IsPaused);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var watching = Task.Run(async () =>
        {
            await foreach (var batch in server.WatchEventsAsync(new EventQuery { Queues = ["emails"] }, stop.Token))
            {
                if (batch.FirstOrDefault(e => e.Event == "waiting") is { } found)
                {
                    return found;
                }
            }

            return null;
        }, Ct);
        await UntilAsync(async () =>
        {
            await lab.AddAsync();
            return watching.IsCompleted;
        }, "an event");
        Assert.Equal("emails", (await watching)!.Queue);
    }

    [Fact]
    public async Task Our_client_does_its_work_by_way_of_the_first_page()
    {
        await using var lab = Bench.Lab(queue: "deep-research");
        await lab.DoAsync("seed", new { failed = 3, waiting = 2 });
        await using var served = await Served.StartAsync(lab);
        await using var server = await ConnectAsync(served, JobServerKind.BioAgents);
        var failed = await server.ListAsync(new JobQuery { Queue = "deep-research", States = [JobState.Failed] });
        Assert.Equal(3, failed.Count);
        Assert.Equal(JobOutcomeStatus.Retried, Assert.Single(await server.RetryAsync("deep-research", failed[0].Id)).Status);
        Assert.Equal((2, 3), ((await server.QueueAsync("deep-research")).Failed, (await server.QueueAsync("deep-research")).Waiting));
    }

    private static Task<IJobServer> ConnectAsync(Served served, JobServerKind kind) => Servers.ConnectAsync(new JobServerOptions
    {
        Name = "served", Kind = kind, Address = served.Address, Password = new Secret(Served.Admin), Timeout = TimeSpan.FromSeconds(20),
    });
}
