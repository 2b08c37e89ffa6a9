using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Reading;

/// <summary>Filters give what a look at every job would give, wherever they are evaluated.</summary>
public sealed class FilterTests(Bench bench)
{
    private static readonly DateTimeOffset Epoch = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    public static TheoryData<string> Kinds => ["failed", "completed", "delayed", "wait"];

    [Theory, MemberData(nameof(Kinds))]
    public async Task Random_patterns_match_as_they_do_here(string state)
    {
        await using var lab = bench.Lab();
        var random = new Random(5);
        string Text(string alphabet, int most) => string.Concat(Enumerable.Range(0, random.Next(most)).Select(_ => alphabet[random.Next(alphabet.Length)]));
        await lab.JobsAsync(state, Enumerable.Range(1, 400).Select(n => ($"{n}", 1_700_000_000_000d + (n % 50), Text("abAB. -é[`%", 6), (string?)Text("abAB\n.(É*?", 8))));
        var server = await lab.ServerAsync();
        var query = new JobQuery { Queue = "emails", States = [state == "wait" ? JobState.Waiting : Enum.Parse<JobState>(state, ignoreCase: true)] };
        var all = await server.ListAsync(query);
        Assert.Equal(400, all.Count);
        for (var round = 0; round < 60; round++)
        {
            var names = Enumerable.Range(0, random.Next(3)).Select(_ => Pattern(random)).ToList();
            var reasons = Enumerable.Range(0, names.Count == 0 ? 1 : random.Next(2)).Select(_ => Pattern(random)).ToList();
            var expected = all.Where(j => (names.Count == 0 || names.Any(p => new JobWildcard(p).IsMatch(j.Name)))
                && (reasons.Count == 0 || reasons.Any(p => new JobWildcard(p).IsMatch(j.FailedReason)))).Select(j => j.Id).ToList();
            var filtered = query with { Filter = new JobFilter { Names = names, Reasons = reasons }, OldestFirst = false };
            var what = $"names {string.Join(" or ", names)}; reasons {string.Join(" or ", reasons)}";
            Assert.True(expected.SequenceEqual(await server.IdsAsync(filtered)), what);
            Assert.True(expected.Count == await server.CountJobsAsync(filtered, Ct), what);
            Assert.Equal(expected.Skip(3).Take(5), await server.IdsAsync(filtered with { Skip = 3, First = 5 }));
        }
    }

    [Theory, InlineData("failed"), InlineData("completed")]
    public async Task Times_of_finished_jobs(string state)
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync(state, Enumerable.Range(0, 1000).Select(n => ($"j{n}", 1_700_000_000_000d + n, "job", (string?)null)));
        var server = await lab.ServerAsync();
        foreach (var (after, before) in (IEnumerable<(int?, int?)>)[(100, 300), (null, 10), (990, null), (500, 500), (0, 1000), (300, 100), (null, -5), (2000, null)])
        {
            var filter = new JobFilter { After = after is { } a ? Epoch.AddMilliseconds(a) : null, Before = before is { } b ? Epoch.AddMilliseconds(b) : null };
            var query = new JobQuery { Queue = "emails", States = [Enum.Parse<JobState>(state, ignoreCase: true)], Filter = filter, OldestFirst = true };
            var expected = Enumerable.Range(0, 1000).Where(n => n >= (after ?? 0) && n < (before ?? 1000)).Select(n => $"j{n}").ToList();
            Assert.Equal(expected, await server.IdsAsync(query));
            Assert.Equal(expected.AsEnumerable().Reverse(), await server.IdsAsync(query with { OldestFirst = false, PageSize = 33 }));
            Assert.Equal(expected.Count, await server.CountJobsAsync(query, Ct));
            Assert.Equal(Math.Min(7, expected.Count), await server.CountJobsAsync(query with { First = 7 }, Ct));
        }
    }

    [Fact]
    public async Task Times_of_jobs_that_have_not_finished_are_those_they_were_added_at()
    {
        await using var lab = bench.Lab();
        foreach (var state in (string[])["wait", "delayed", "prioritized", "waiting-children", "active"])
        {
            await lab.JobsAsync(state, Enumerable.Range(0, 50).Select(n => ($"{state}{n}", 5e15 + n, "job", (string?)null)));
            for (var n = 0; n < 50; n++)
            {
                await lab.Db.ExecuteAsync("HSET", $"{lab.Base}{state}{n}", "timestamp", 1_700_000_000_000 + n);
            }
        }

        var server = await lab.ServerAsync();
        var filter = new JobFilter { After = Epoch.AddMilliseconds(10), Before = Epoch.AddMilliseconds(20) };
        var ids = await server.IdsAsync(new JobQuery { Queue = "emails", Filter = filter });
        Assert.Equal(50, ids.Count);
        Assert.All(ids, id => Assert.InRange(int.Parse(id[^2..], System.Globalization.CultureInfo.InvariantCulture), 10, 19));
    }

    [Fact]
    public async Task Changes_of_all_that_match_touch_nothing_else()
    {
        await using var lab = bench.Lab();
        await lab.JobsAsync("failed", Enumerable.Range(1, 900).Select(n => ($"{n}", 1_700_000_000_000d + n, n % 2 == 0 ? "Mail" : "sms", (string?)(n % 3 == 0 ? "Timeout ü 5s" : "refused"))));
        var server = await lab.ServerAsync();
        var query = new JobQuery { Queue = "emails", States = [JobState.Failed], First = 100, Filter = new JobFilter { Names = ["mail"], Reasons = ["timeout Ü ?s"] } };
        var outcomes = await server.ChangeMatchingJobsAsync(query, new JobChange.Remove(), Ct).RunAsync();
        // Oldest first, as many as asked for.
        Assert.Equal(Enumerable.Range(1, 100).Select(n => $"{6 * n}"), outcomes.Select(o => o.Id));
        outcomes = await server.ChangeMatchingJobsAsync(query with { First = null }, new JobChange.Remove(), Ct).RunAsync();
        Assert.Equal(50, outcomes.Count);
        Assert.Equal(750, (await server.QueueAsync("emails")).Failed);
        Assert.Empty(await server.ChangeMatchingJobsAsync(query, new JobChange.Retry(), Ct).RunAsync());
    }

    private static string Pattern(Random random)
    {
        string[] pieces = ["*", "?", "a", "A", "b", "[ab]", "`*", "`?", "é", "É", ".", "[a-c]", " ", "%", "*"];
        return string.Concat(Enumerable.Range(0, 1 + random.Next(5)).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
