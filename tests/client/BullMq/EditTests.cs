using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Changed jobs are what BullMQ's own library would have made of them.</summary>
public sealed class EditTests(Bench bench) : ParityTest(bench)
{
    public static TheoryData<string> Full => Versions.Full;

    public static TheoryData<string> All => Versions.All;

    [Theory, MemberData(nameof(All))]
    public Task Data_of_a_waiting_job(string lib) => CompareAsync(lib, lab => lab.AddAsync(new { n = 1 }),
        server => EditedAsync(server, new JobChange.Edit(Data: """{"n":2}""")), lab => lab.DoAsync("updateData", new { id = "1", args = new[] { new { n = 2 } } }), work: Succeed);

    [Theory, MemberData(nameof(All))]
    public Task Data_of_a_failed_job(string lib) => CompareAsync(lib, lab => lab.FailedAsync(),
        server => EditedAsync(server, new JobChange.Edit(Data: """{"n":2}""")), lab => lab.DoAsync("updateData", new { id = "1", args = new[] { new { n = 2 } } }));

    [Theory, MemberData(nameof(All))]
    public Task Progress(string lib) => CompareAsync(lib, lab => lab.AddAsync(),
        server => EditedAsync(server, new JobChange.Edit(Progress: """{"step":"half"}""")), lab => lab.DoAsync("updateProgress", new { id = "1", args = new[] { new { step = "half" } } }));

    [Theory, MemberData(nameof(Full))]
    public Task A_waiting_job_gets_a_priority(string lib) => CompareAsync(lib, SeveralAsync,
        server => EditedAsync(server, new JobChange.Edit(Priority: 2)), lab => lab.DoAsync("changePriority", new { id = "1", args = new[] { new { priority = 2 } } }),
        reference: Versions.ScriptsFor(lib), work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public Task A_prioritized_job_loses_its_priority(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { priority = 5 });
            await lab.AddAsync();
        },
        server => EditedAsync(server, new JobChange.Edit(Priority: 0)), lab => lab.DoAsync("changePriority", new { id = "1", args = new[] { new { priority = 0 } } }),
        reference: Versions.ScriptsFor(lib), work: Succeed);

    [Theory, MemberData(nameof(Full))]
    public Task A_waiting_job_of_a_paused_queue_gets_a_priority(string lib) => CompareAsync(lib,
        async lab =>
        {
            await SeveralAsync(lab);
            await lab.DoAsync("pause");
        },
        server => EditedAsync(server, new JobChange.Edit(Priority: 2)), lab => lab.DoAsync("changePriority", new { id = "1", args = new[] { new { priority = 2 } } }),
        reference: Versions.ScriptsFor(lib));

    [Theory, MemberData(nameof(Full))]
    public Task A_delayed_job_becomes_due_now(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync(opts: new { delay = 3_600_000 });
            await lab.AddAsync();
        },
        server => EditedAsync(server, new JobChange.Edit(Delay: TimeSpan.Zero)), lab => lab.DoAsync("changeDelay", new { id = "1", args = new[] { 0 } }),
        reference: Versions.ScriptsFor(lib), work: Succeed, skip: [":marker"]);

    [Fact]
    public async Task A_delayed_job_is_put_off()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync(opts: new { delay = 1000 });
        var before = DateTimeOffset.UtcNow;
        await EditedAsync(await lab.ServerAsync(), new JobChange.Edit(Delay: TimeSpan.FromHours(2)));
        var job = (await (await lab.ServerAsync()).JobAsync(lab.Queue, "1"))!;
        Assert.InRange(job.DelayUntil!.Value, before.AddHours(2).AddSeconds(-1), DateTimeOffset.UtcNow.AddHours(2));
        Assert.Equal(TimeSpan.FromHours(2), job.Delay);
    }

    [Fact]
    public async Task Everything_at_once()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync(opts: new { delay = 3_600_000 });
        await EditedAsync(await lab.ServerAsync(), new JobChange.Edit("""{"fixed":true}""", 4, TimeSpan.Zero, "50"));
        Assert.Equal(["1 job attempt 0 ok"], await WorkAsync(lab, "bullmq", lab.Queue, Succeed));
        var job = (await (await lab.ServerAsync()).JobAsync(lab.Queue, "1", JobParts.Data))!;
        Assert.Equal(("""{"fixed":true}""", 4L, 50), (job.GetDataText(), job.Priority, job.Progress));
    }

    [Fact]
    public async Task What_runs_or_is_gone_or_is_not_delayed_is_left_as_it_is()
    {
        await using var lab = Bench.Lab();
        await lab.AddAsync();
        await lab.DoAsync("take");
        await lab.AddAsync();
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        var outcomes = await server.ChangeAsync(lab.Queue, new JobChange.Edit("{}", Delay: TimeSpan.FromSeconds(1)), "1", "2", "none");
        Assert.Equal([JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.SkippedWrongState, JobOutcomeStatus.NotFound], outcomes.Select(o => o.Status));
        Assert.Equal([JobState.Active, JobState.Waiting, JobState.Unknown], outcomes.Select(o => o.PreviousState));
        Assert.Contains("worker", outcomes[0].Message);
        Assert.Contains("not delayed", outcomes[1].Message);
        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "after the refusal");
    }

    [Fact]
    public async Task What_is_no_priority_or_not_known_to_BullMQ_4_is_refused()
    {
        await using var lab = Bench.Lab("bullmq4");
        await lab.FailedAsync();
        var server = await lab.ServerAsync();
        Assert.Equal("NotSupported", (await ErrorOfAsync(() => server.ChangeAsync(lab.Queue, new JobChange.Edit(Priority: 1), "1"))).ErrorId);
        Assert.Equal("InvalidPriority", (await ErrorOfAsync(() => server.ChangeAsync(lab.Queue, new JobChange.Edit(Priority: 1L << 21), "1"))).ErrorId);
    }

    private static async Task SeveralAsync(Lab lab)
    {
        await lab.AddAsync();
        await lab.AddAsync();
        await lab.AddAsync(opts: new { priority = 2 });
        await lab.AddAsync(opts: new { priority = 1 });
    }

    private static async Task EditedAsync(IJobServer server, JobChange.Edit edit) =>
        Assert.Equal(JobOutcomeStatus.Updated, (await server.ChangeAsync("emails", edit, "1")).Single().Status);
}
