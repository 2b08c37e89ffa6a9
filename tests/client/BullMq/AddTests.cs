using JobAdmin.Client.Tests.Parity;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>New jobs are what BullMQ's own library would have made of them.</summary>
public sealed class AddTests(Bench bench) : ParityTest(bench)
{
    private const long Then = 1_763_829_000_123;
    private const string Fixed = """{"timestamp":1763829000123}""";

    public static TheoryData<string> Full => Versions.Full;

    [Theory, MemberData(nameof(Full))]
    public Task Plain(string lib) => SameAsync(lib, new NewJob { Name = "welcome", Data = """{"to":"a@b.c","n":1.50}""" },
        new { name = "welcome", data = new { to = "a@b.c", n = 1.5 } }, dataMayDiffer: true);

    [Theory, MemberData(nameof(Full))]
    public Task With_an_id_of_its_own(string lib) => SameAsync(lib, new NewJob { Name = "job", Id = "order-7 é/#" }, new { name = "job", opts = new { jobId = "order-7 é/#" } });

    [Theory, MemberData(nameof(Full))]
    public Task Last_in_first_out(string lib) => SameAsync(lib, new NewJob { Name = "job", Lifo = true }, new { name = "job", opts = new { lifo = true } });

    [Theory, MemberData(nameof(Full))]
    public Task With_a_priority(string lib) => SameAsync(lib, new NewJob { Name = "job", Priority = 3 }, new { name = "job", opts = new { priority = 3 } });

    [Theory, MemberData(nameof(Full))]
    public Task With_all_that_can_be_set(string lib) => SameAsync(lib,
        new NewJob
        {
            Name = "job", Priority = 7, Attempts = 5, Backoff = new JobBackoff("exponential", TimeSpan.FromSeconds(2)), KeepCompleted = new JobKeep(100),
            KeepFailed = new JobKeep(5, TimeSpan.FromDays(1)), Id = "whole", Options = """{"keepLogs":10,"stackTraceLimit":3,"failParentOnFailure":true}""",
        },
        new
        {
            name = "job",
            opts = new
            {
                attempts = 5, priority = 7, removeOnComplete = 100, removeOnFail = new { age = 86400, count = 5 }, jobId = "whole", keepLogs = 10, stackTraceLimit = 3,
                failParentOnFailure = true, backoff = new { type = "exponential", delay = 2000 },
            },
        });

    [Theory, MemberData(nameof(Full))]
    public Task Delayed(string lib) => SameAsync(lib, new NewJob { Name = "job", Delay = TimeSpan.FromMinutes(5), Priority = 2, Options = Fixed },
        new { name = "job", opts = new { priority = 2, delay = 300_000, timestamp = Then } });

    [Theory, MemberData(nameof(Full))]
    public Task Deduplicated_until_it_finishes(string lib) => SameAsync(lib, new NewJob { Name = "job", DeduplicationId = "once" }, new { name = "job", opts = new { deduplication = new { id = "once" } } });

    [Theory, MemberData(nameof(Full))]
    public Task Deduplicated_for_a_time(string lib) => SameAsync(lib, new NewJob { Name = "job", DeduplicationId = "once", DeduplicationTtl = TimeSpan.FromMinutes(1) },
        new { name = "job", opts = new { deduplication = new { id = "once", ttl = 60_000 } } });

    [Theory, MemberData(nameof(Full))]
    public async Task A_second_one_under_the_same_deduplication_id(string lib)
    {
        var job = new NewJob { Name = "job", DeduplicationId = "once" };
        await CompareAsync(lib, lab => lab.AddAsync(opts: new { deduplication = new { id = "once" } }),
            async server =>
            {
                var outcome = (await server.AddAsync("emails", job)).Single();
                Assert.Equal((JobOutcomeStatus.AlreadyExists, "1"), (outcome.Status, outcome.Id));
            },
            lab => lab.AddAsync(opts: new { deduplication = new { id = "once" } }), reference: Versions.ScriptsFor(lib), work: Succeed);
    }

    [Theory, MemberData(nameof(Full))]
    public async Task The_same_id_twice_is_one_job(string lib)
    {
        var job = new NewJob { Name = "job", Id = "a", Data = """{"n":2}""" };
        await CompareAsync(lib, lab => lab.AddAsync(new { n = 1 }, new { jobId = "a" }),
            async server =>
            {
                var outcome = (await server.AddAsync("emails", job)).Single();
                Assert.Equal((JobOutcomeStatus.AlreadyExists, "a", null), (outcome.Status, outcome.Id, outcome.NewId));
            },
            lab => lab.AddAsync(new { n = 2 }, new { jobId = "a" }), reference: Versions.ScriptsFor(lib), work: Succeed);
    }

    [Theory, MemberData(nameof(Full))]
    public Task In_a_paused_queue(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("pause");
        },
        server => server.AddAsync("emails", new NewJob { Name = "late" }, new NewJob { Name = "urgent", Priority = 1 }),
        async lab =>
        {
            await lab.AddAsync(name: "late");
            await lab.AddAsync(opts: new { priority = 1 }, name: "urgent");
        },
        reference: Versions.ScriptsFor(lib));

    [Theory, MemberData(nameof(Full))]
    public async Task In_a_paused_queue_that_its_own_library_resumes_nothing_is_lost(string lib)
    {
        await using var lab = Bench.Lab(lib);
        await lab.AddAsync();
        await lab.DoAsync("pause");
        await (await lab.ServerAsync()).AddAsync(lab.Queue, new NewJob { Name = "late" });
        await lab.DoAsync("resume");
        Assert.Equal(["1 job attempt 0 ok", "2 late attempt 0 ok"], await WorkAsync(lab, lib, lab.Queue, Succeed));
    }

    [Theory, InlineData("bullmq5"), InlineData("bullmq")]
    public Task In_a_queue_that_is_at_its_concurrency(string lib) => CompareAsync(lib,
        async lab =>
        {
            await lab.AddAsync();
            await lab.DoAsync("setConcurrency", new { args = new[] { 1 } });
            await lab.DoAsync("take");
        },
        server => server.AddAsync("emails", new NewJob { Name = "job" }),
        lab => lab.AddAsync());

    [Theory, MemberData(nameof(Full))]
    public Task Many_at_once_keep_their_order(string lib) => CompareAsync(lib, lab => lab.AddAsync(),
        async server =>
        {
            var outcomes = await server.AddAsync("emails", [.. Enumerable.Range(0, 1200).Select(n => new NewJob { Name = "job", Priority = n % 3, Data = $$"""{"n":{{n}}}""" })]);
            Assert.All(outcomes, o => Assert.Equal(JobOutcomeStatus.Added, o.Status));
            Assert.Equal(Enumerable.Range(2, 1200).Select(n => $"{n}"), outcomes.Select(o => o.NewId));
        },
        lab => lab.DoAsync("addBulk", new { jobs = Enumerable.Range(0, 1200).Select(n => n % 3 == 0 ? (object)new { name = "job", data = new { n } } : new { name = "job", data = new { n }, opts = new { priority = n % 3 } }) }),
        reference: Versions.ScriptsFor(lib));

    [Fact]
    public async Task A_queue_comes_into_being_with_its_first_job()
    {
        await using var lab = Bench.Lab(queue: "brand-new");
        var server = await lab.ServerAsync();
        Assert.Equal("1", (await server.AddAsync("brand-new", new NewJob { Name = "first" })).Single().NewId);
        Assert.Equal(1, (await server.QueueAsync("brand-new")).Waiting);
        Assert.Equal(["1 first attempt 0 ok"], await WorkAsync(lab, "bullmq", "brand-new", Succeed));
    }

    [Fact]
    public async Task A_big_job_and_its_neighbours()
    {
        await using var lab = Bench.Lab();
        var big = $$"""{"blob":"{{new string('x', 10_000_000)}}"}""";
        var outcomes = await (await lab.ServerAsync()).AddAsync(lab.Queue, new NewJob { Name = "a" }, new NewJob { Name = "b", Data = big }, new NewJob { Name = "c", Data = big });
        Assert.Equal(["1", "2", "3"], outcomes.Select(o => o.NewId));
        Assert.Equal(big, (string?)await lab.Db.HashGetAsync(lab.Base + "3", "data"));
    }

    [Theory]
    [InlineData("42", null, null, "whole numbers")]
    [InlineData("0:7", null, null, "whole numbers")]
    [InlineData("a:b", null, null, "colon")]
    [InlineData(null, 2097152L, null, "priority")]
    [InlineData(null, -1L, null, "priority")]
    [InlineData(null, null, """{"deduplication":{}}""", "no id")]
    [InlineData(null, null, """{"sizeLimit":1}""", "size limit")]
    [InlineData(null, null, """{"failParentOnFailure":true,"removeDependencyOnFailure":true}""", "Only one")]
    [InlineData(null, null, """{"backoff":{"type":"fixed","delay":1,"jitter":2}}""", "jitter")]
    public async Task What_BullMQ_refuses_is_refused_and_the_rest_goes_on(string? id, long? priority, string? options, string reason)
    {
        await using var lab = Bench.Lab();
        var outcomes = await (await lab.ServerAsync()).AddAsync(lab.Queue, new NewJob { Name = "bad", Id = id, Priority = priority, Options = options }, new NewJob { Name = "good" });
        Assert.Equal([JobOutcomeStatus.Refused, JobOutcomeStatus.Added], outcomes.Select(o => o.Status));
        Assert.Contains(reason, outcomes[0].Message);
        Assert.Equal(["good"], (await (await lab.ServerAsync()).ListAsync(new JobQuery { Queue = lab.Queue })).Select(j => j.Name));
    }

    [Fact]
    public async Task An_older_or_foreign_layout_is_left_alone()
    {
        await using var four = Bench.Lab("bullmq4");
        await four.FailedAsync();
        var error = await ErrorOfAsync(async () => await (await four.ServerAsync()).AddAsync(four.Queue, new NewJob { Name = "job" }));
        Assert.Equal("NotSupported", error.ErrorId);
        await using var classic = Bench.Lab("bull");
        await classic.AddAsync();
        error = await ErrorOfAsync(async () => await (await classic.ServerAsync()).AddAsync(classic.Queue, new NewJob { Name = "job" }));
        Assert.Equal("UnsupportedLayout", error.ErrorId);
    }

    private async Task SameAsync(string lib, NewJob ours, object theirs, bool dataMayDiffer = false)
    {
        await CompareAsync(lib, lab => lab.AddAsync(),
            async server =>
            {
                var outcome = (await server.AddAsync("emails", ours)).Single();
                Assert.Equal((JobOutcomeStatus.Added, ours.Id ?? "2"), (outcome.Status, outcome.NewId));
                Assert.False(dataMayDiffer && outcome.Message is not null);
            },
            lab => lab.DoAsync("add", theirs), reference: Versions.ScriptsFor(lib), work: Succeed, skip: dataMayDiffer ? [":2"] : []);
    }
}
