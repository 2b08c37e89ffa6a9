using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Filters on ids and data run on the server, and what they let through is right.</summary>
public sealed class FilterTests(Bench bench)
{
    [Fact]
    public async Task By_data()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync(new { user = new { id = 42, email = "ann@example.com" } });
        await lab.AddAsync(new { user = new { id = 7, email = "bob+x@example.com" }, id = 42 });
        await lab.AddAsync(new { note = "Größe <\"5\">", user = "42" }, new { delay = 100_000 });
        await lab.AddAsync(new { user = new { id = 42 } }, new { priority = 3 });
        var server = await lab.ServerAsync();
        async Task<string> Found(params JobDataMatch[] data) =>
            string.Join(' ', (await server.IdsAsync(new JobQuery { Queue = lab.Queue, Filter = new JobFilter { Data = data } })).Order());
        Assert.Equal("1 4", await Found(new JobDataMatch("user.id", "42")));
        Assert.Equal("1", await Found(new JobDataMatch("user.id", "42"), new JobDataMatch("user.email", "*")));
        Assert.Equal("2", await Found(new JobDataMatch("user.email", "BOB+x@*")));
        Assert.Equal("3", await Found(new JobDataMatch("note", "größe <\"?\">")));
        Assert.Equal("1 2", await Found(new JobDataMatch("example.com")));
        Assert.Equal("", await Found(new JobDataMatch("user.id", "43")));
        Assert.Equal(2, await server.CountJobsAsync(new JobQuery { Queue = lab.Queue, Filter = new JobFilter { Data = [new JobDataMatch("user.id", "42")] } }, Ct));
    }

    [Fact]
    public async Task By_data_in_a_change_of_all_that_match()
    {
        await using var lab = bench.Lab();
        foreach (var user in new[] { 1, 2, 1 })
        {
            await lab.FailedAsync(data: new { user });
        }

        var server = await lab.ServerAsync();
        var query = new JobQuery { Queue = lab.Queue, States = [JobState.Failed], Filter = new JobFilter { Data = [new JobDataMatch("user", "1")] } };
        Assert.Equal(["1", "3"], (await server.ChangeMatchingJobsAsync(query, new JobChange.Retry(), Ct).RunAsync()).Select(o => o.Id));
        Assert.Equal(["2"], await lab.IdsAsync("failed"));
    }

    [Fact]
    public async Task By_id()
    {
        await using var lab = bench.Lab();
        foreach (var jobId in new[] { "mail-1", "mail-2", "Mail-é", "other" })
        {
            await lab.AddAsync(opts: new { jobId });
        }

        var server = await lab.ServerAsync();
        async Task<string> Found(params string[] ids) =>
            string.Join(' ', (await server.IdsAsync(new JobQuery { Queue = lab.Queue, Filter = new JobFilter { Ids = ids } })).Order(StringComparer.Ordinal));
        Assert.Equal("Mail-é mail-1 mail-2", await Found("mail-*"));
        Assert.Equal("Mail-é mail-1", await Found("mail-é", "*1"));
        Assert.Equal("other", await Found("OTHER"));
    }

    [Fact]
    public async Task Huge_data_are_looked_at_in_small_pages()
    {
        await using var lab = bench.Lab();
        await lab.AddAsync(new { small = true });
        for (var n = 0; n < 4; n++)
        {
            var big = new string('x', 3_000_000) + n;
            await lab.Db.HashSetAsync(lab.Base + $"big{n}", [new("name", "big"), new("timestamp", 1), new("data", $"{{\"text\":\"{big}\"}}")]);
            await lab.Db.SortedSetAddAsync(lab.Base + "failed", $"big{n}", n + 1);
        }

        var server = await lab.ServerAsync();
        var query = new JobQuery { Queue = lab.Queue, States = [JobState.Failed], Filter = new JobFilter { Data = [new JobDataMatch("text", "*x2")] } };
        Assert.Equal(["big2"], await server.IdsAsync(query));
    }
}
