using System.Diagnostics;
using System.Reflection;
using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>Scripts of other languages, and our own client by way of both pages.</summary>
public sealed class ClientTests(Bench bench) : ServerTest(bench)
{
    [Theory]
    [InlineData("node", "client.mjs")]
    [InlineData("python3", "client.py")]
    public async Task Scripts_do_their_work(string program, string script)
    {
        await using var lab = Bench.Lab(queue: "deep-research");
        await lab.DoAsync("seed", new { failed = 3, waiting = 1 });
        await using var served = await Served.StartAsync(lab);
        var folder = typeof(ClientTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "ClientsFolder").Value!;
        var start = new ProcessStartInfo(program, [Path.Combine(folder, script), served.Address.GetLeftPart(UriPartial.Authority), Served.Admin, lab.Queue]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not on this machine");
        }

        var errors = process!.StandardError.ReadToEndAsync(Ct);
        var output = await process.StandardOutput.ReadToEndAsync(Ct);
        Assert.True("""{"failed":3,"reason":"boom","success":true,"queues":["deep-research"],"added":"delayed","retried":2}""" == output.Trim(), output + await errors);
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
        Assert.Equal(3, await ((IJobBulk)server).RetryAllAsync("emails", JobState.Failed, Ct));
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
