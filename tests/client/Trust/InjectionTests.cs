using JobAdmin.Client.Tests.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Trust;

/// <summary>A name, an id, a prefix or a filter is what it says and nothing else: no other key, no other route, no Lua, no header.</summary>
public sealed class InjectionTests(Bench bench)
{
    private static readonly string[] Hostile =
    [
        "..", "../", "../../admin", "..%2f..%2fadmin", "%2e%2e%2f", "%2f", "/", "\\..\\", "*", "?", "[a-z]*", ":", "emails:", ":emails", "a:b", "meta", "emails:meta", "events", "1:lock",
        "x\r\nFLUSHALL\r\n", "x\r\nX-Admin: 1", "x\nX", "\0", "a\0b", "' or 1=1 --", "\"]] return redis.call('FLUSHALL') --[[", "]]..redis.call('FLUSHALL')..[[", "%00", "?force=true", "#frag",
        "a&queue=other", "a;b", "{emails}", "$(reboot)", "\u202e", "1 2", " ", "wait", "__proto__", "constructor", "~", "a?b#c%", "１",
    ];

    [Fact]
    public async Task Nothing_on_Redis_is_reached_by_the_name_of_something_else()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("seed", new { failed = 2, waiting = 2, delayed = 1 });
        await lab.DoAsync("seed", new { queue = "other", failed = 1 });
        var server = await lab.ServerAsync();
        var before = await Keyspace.ReadAsync(lab.Db);
        foreach (var text in Hostile)
        {
            // As an id: it is not there, whatever key it is the name of.
            foreach (var change in (JobChange[])[new JobChange.Remove(), new JobChange.Retry(), new JobChange.Promote(), new JobChange.Stop(text), new JobChange.Edit(Data: "{}")])
            {
                var outcome = Assert.Single(await server.ChangeAsync("emails", change, text));
                Assert.True(outcome.Status is JobOutcomeStatus.NotFound or JobOutcomeStatus.Refused, $"'{text}' {change}: {outcome.Status} {outcome.Message}");
            }

            Assert.Null(await server.JobAsync("emails", text, JobParts.All));
            await ((IJobLogs)server).GetLogAsync("emails", text, 0, 5, false, Ct);

            // As a queue: there is none.
            foreach (var act in (Func<Task>[])
            [
                () => server.RetryAsync(text, "1"), () => server.ListAsync(new JobQuery { Queue = text }), () => server.SetPausedAsync(text, true, null, true, Ct),
                () => server.ClearAsync(text, force: true, states: JobState.Failed), () => server.RemoveQueueAsync(text, true, Ct).RunAsync(), () => server.CountJobsAsync(new JobQuery { Queue = text }, Ct),
                () => ((IJobFailures)server).GetFailuresAsync(text, new JobFilter(), null, Ct),
            ])
            {
                Assert.NotNull(await ErrorOfAsync(act));
            }

            // As a filter: a text to look for. Brackets and stars mean what they do everywhere.
            foreach (var filter in (JobFilter[])[new() { Names = [JobWildcardText(text)] }, new() { Reasons = [JobWildcardText(text)] }, new() { ReasonKinds = [text] }])
            {
                Assert.Empty(await server.ListAsync(new JobQuery { Queue = "emails", Filter = filter }));
            }

            // As a prefix: another one, with nothing under it.
            if (text.Length > 0)
            {
                await using var elsewhere = await ConnectAsync(lab.Options() with { Prefix = text });
                Assert.Empty(await elsewhere.QueuesAsync());
            }
        }

        Keyspace.AssertSame(before, await Keyspace.ReadAsync(lab.Db), "hostile names");
        Assert.Equal(1, await server.CountJobsAsync(new JobQuery { Queue = "other", States = [JobState.Failed] }, Ct));
    }

    [Theory]
    [InlineData(JobServerKind.BioAgents), InlineData(JobServerKind.Conveyor), InlineData(JobServerKind.Openinary), InlineData(JobServerKind.FifthElement), InlineData(JobServerKind.Mcrit)]
    public async Task A_path_stays_in_its_route(JobServerKind kind)
    {
        // The server gives its own list of queues and one failed job for whatever is asked.
        await using var fake = new FakeServer(request => FakeAnswer.Json(request.Path.EndsWith("/config", StringComparison.Ordinal) ? """{"data":{"readOnly":false,"authRequired":false}}"""
            : """{"data":[],"jobs":[],"counts":{},"queue":"chat","total":0,"limit":1,"offset":0,"count":0}"""));
        IJobServer server;
        try
        {
            server = await HttpTest.ConnectAsync(fake, kind, o => o with { Address = new Uri(fake.Address, "base/") });
        }
        catch (JobServerException)
        {
            return;
        }

        await using (server)
        {
            fake.Forget();
            foreach (var text in Hostile)
            {
                foreach (var act in (Func<Task>[])
                [
                    () => server.GetJobsByIdAsync("chat", [text], JobParts.None, Ct), () => server.ChangeJobsAsync("chat", [text], new JobChange.Retry(), Ct),
                    () => server.ChangeJobsAsync("chat", [text], new JobChange.Remove(), Ct), () => server.GetJobsByIdAsync(text, ["1"], JobParts.None, Ct),
                    () => server.SetPausedAsync(text, true, null, true, Ct),
                ])
                {
                    try
                    {
                        await act();
                    }
                    catch (JobServerException)
                    {
                        // Refused, in our words.
                    }
                }
            }

            Assert.All(fake.Requests, request =>
            {
                Assert.StartsWith("/base/", request.Target, StringComparison.Ordinal);
                var segments = request.Path.Split('/');
                Assert.DoesNotContain(segments, s => Uri.UnescapeDataString(s) is "." or "..");
                Assert.DoesNotContain("FLUSHALL\r", request.Target, StringComparison.Ordinal);
                Assert.DoesNotContain('#', request.Target);
                Assert.DoesNotContain(request.Headers.Keys, h => h.Equals("X-Admin", StringComparison.OrdinalIgnoreCase) || h.Equals("X", StringComparison.Ordinal));
                Assert.DoesNotContain(segments[^1], (string[])["admin"], StringComparer.Ordinal);
            });
        }
    }

    [Theory, InlineData("a\r\nX-Admin: 1"), InlineData("a\nb"), InlineData("a\0b")]
    public async Task A_key_does_not_become_a_header_of_its_own(string key)
    {
        await using var fake = new FakeServer(_ => FakeAnswer.Json("""{"counts":{},"jobs":[],"queue":"chat"}"""));
        var error = await Record.ExceptionAsync(async () => await (await HttpTest.ConnectAsync(fake, JobServerKind.BioAgents, o => o with { Password = new Secret(key) })).DisposeAsync());
        Assert.True(error is null or JobServerException, $"{error}");
        Assert.DoesNotContain(key, error?.ToString() ?? "", StringComparison.Ordinal);
        Assert.All(fake.Requests, request => Assert.DoesNotContain(request.Headers.Keys, h => h.Equals("X-Admin", StringComparison.OrdinalIgnoreCase)));
    }

    // The signs of a pattern stand for themselves.
    private static string JobWildcardText(string text) => string.Concat(text.Select(c => c is '*' or '?' or '[' or ']' or '`' ? $"`{c}" : $"{c}"));
}
