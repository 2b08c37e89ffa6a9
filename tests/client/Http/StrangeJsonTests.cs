using System.Text.Json.Nodes;
using JobAdmin.Client.Http;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http;

/// <summary>JSON of the right shape with wrong values in it: whatever it makes of a command, it is no exception of .NET and no endless loop.</summary>
public sealed class StrangeJsonTests
{
    private static readonly string?[] Values =
    [
        null, "\"x\"", "\"\"", "5", "-1", "1e300", "1e-300", "99999999999999999999", "true", "[]", "{}", "[null]", "[[1]]", "{\"$date\":{\"$date\":5}}", "{\"$oid\":null}", "\"\\ud800\"",
        "\"9999-12-31T23:59:59.999Z\"", "\"0001-01-01T00:00:00+14:00\"", "\"NaN\"", "[\"\\ud800\",{}]", "{\"\\ud800\":1}",
    ];

    [Theory]
    [InlineData(JobServerKind.BioAgents)]
    [InlineData(JobServerKind.Conveyor)]
    [InlineData(JobServerKind.Openinary)]
    [InlineData(JobServerKind.FifthElement)]
    [InlineData(JobServerKind.Mcrit)]
    public async Task No_value_in_an_answer_is_a_fault_of_ours(JobServerKind kind)
    {
        var id = new string('a', 24);
        var (api, queue) = Api(kind, ref id);
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var strange = false;
            await using var fake = new FakeServer(request =>
            {
                var answer = api.Answer(request);
                return strange && answer.Type == "application/json" && answer.Stream is null ? answer with { Body = Spoil(answer.Body, random) } : answer;
            });
            var server = await ConnectAsync(fake, kind, options => options with { ServerTimeZone = seed % 2 == 0 ? TimeZoneInfo.Utc : null });
            strange = true;
            foreach (var (name, call) in Calls(server, queue, id))
            {
                try
                {
                    await call().WaitAsync(TimeSpan.FromSeconds(20), Token);
                }
                catch (JobServerException)
                {
                    // In our words.
                }
                catch (Exception e)
                {
                    Assert.Fail($"{name}, seed {seed}: {e}");
                }
            }
        }
    }

    private static (IFakeApi, string) Api(JobServerKind kind, ref string id)
    {
        const string At = "2026-01-01T00:00:00.000Z";
        switch (kind)
        {
            case JobServerKind.BioAgents:
                var bio = new FakeBioAgents();
                bio["chat"].AddRange([new FakeJob(id, "failed", 1704110400000), new FakeJob("other", "active", 1704110400000)]);
                return (bio, "chat");
            case JobServerKind.Openinary:
                var openinary = new FakeOpeninary();
                openinary.Jobs.AddRange([new FakeVideo(id, "error", 1), new FakeVideo("other", "pending", 2)]);
                return (openinary, SingleQueueServer.QueueName);
            case JobServerKind.Mcrit:
                var mcrit = new FakeMcrit();
                id = mcrit.Add("getMatchesForSample", "failed", "2026-01-01T00:00:00");
                mcrit.Add("index", "finished", "2026-01-01T00:00:00", "2026-01-01T00:00:01");
                return (mcrit, SingleQueueServer.QueueName);
            case JobServerKind.FifthElement:
                return (new FakeFifthElement(), SingleQueueServer.QueueName);
            default:
                var conveyor = new FakeConveyor { Workers = true };
                conveyor.Add("chat", id, "failed", At, At);
                conveyor.Add("chat", "other", "waiting", At);
                return (conveyor, "chat");
        }
    }

    private static IEnumerable<(string, Func<Task>)> Calls(HttpJobServer server, string queue, string id)
    {
        yield return ("queues", () => server.GetQueuesAsync(new QueueQuery(), Token).ListAsync());
        yield return ("queue", () => server.GetQueuesAsync(new QueueQuery { Names = [queue] }, Token).ListAsync());
        yield return ("jobs", async () => Show((await server.GetJobsAsync(new JobQuery { Queue = queue, Parts = JobParts.All }, Token).ListAsync()).SelectMany(static page => page)));
        yield return ("failed", () => server.GetJobsAsync(new JobQuery { Queue = queue, States = [JobState.Failed], OldestFirst = true, First = 5 }, Token).ListAsync());
        yield return ("count", () => server.CountJobsAsync(new JobQuery { Queue = queue }, Token));
        yield return ("ids", async () => Show((await server.GetJobsByIdAsync(queue, [id, "other"], JobParts.All, Token)).OfType<QueueJob>()));
        yield return ("retry", async () => Assert.Equal(2, (await server.ChangeJobsAsync(queue, [id, "other"], new JobChange.Retry(), Token)).Count));
        yield return ("remove", () => server.ChangeJobsAsync(queue, [id], new JobChange.Remove(), Token));
        yield return ("stop", () => server.ChangeJobsAsync(queue, [id], new JobChange.Stop("r"), Token));
        yield return ("clear", () => server.ClearQueueAsync(new ClearQuery { Queue = queue, States = [JobState.Failed] }, false, Token).ListAsync());
        yield return ("test", () => server.TestAsync(Token));
        if (server is IJobWorkers workers)
        {
            yield return ("workers", () => workers.GetWorkersAsync(null, Token));
        }

        if (server is IJobResults results)
        {
            yield return ("result", () => results.GetResultOfJobAsync(queue, id, false, Token));
        }

        if (server is IJobNameCounts names)
        {
            yield return ("names", () => names.GetCountsByNameAsync(queue, false, Token));
        }

        if (server is IJobSearch search)
        {
            yield return ("search", () => search.FindJobsAsync(new JobSearch { Text = "x12345", Field = JobSearchField.Data }, Token).ListAsync());
        }

        if (server is IJobProducer producer)
        {
            yield return ("add", () => producer.AddJobsAsync(queue, [new NewJob { Name = "n", Id = "given" }], Token));
            yield return ("flow", () => ((IJobFlows)server).GetFlowAsync(queue, id, 3, JobParts.All, Token));
            yield return ("flows", () => ((IJobFlows)server).GetFlowParentsAsync(null, Token).ListAsync());
            yield return ("groups", () => ((IJobGroups)server).GetGroupsAsync(queue, Token));
            yield return ("metrics", () => ((IJobMetrics)server).GetMetricsAsync(new JobMetricQuery { Queue = queue }, Token));
            yield return ("sparklines", () => ((IJobMetrics)server).GetSparklinesAsync([queue], Token));
            yield return ("pause", () => server.SetPausedAsync(queue, true, null, false, Token));
            yield return ("retry all", () => ((IJobBulk)server).RetryAllAsync(queue, JobState.Failed, Token));
        }
    }

    private static void Show(IEnumerable<QueueJob> jobs)
    {
        foreach (var job in jobs)
        {
            _ = (job.GetDataText(), job.GetReturnValueText(), job.ToString(), job.Duration);
        }
    }

    /// <summary>Puts a strange value in the place of one, or two, anywhere in a document.</summary>
    private static string Spoil(string body, Random random)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(body);
        }
        catch (System.Text.Json.JsonException)
        {
            return body;
        }

        for (var times = random.Next(0, 3); times > 0; times--)
        {
            var places = new List<(JsonNode Parent, object Key)>();
            Collect(root, places);
            if (places.Count == 0)
            {
                return body;
            }

            var (parent, key) = places[random.Next(places.Count)];
            var value = Values[random.Next(Values.Length)];
            var node = value is null ? null : JsonNode.Parse(value);
            switch (parent, key)
            {
                case (JsonObject map, string name) when random.Next(6) == 0:
                    map.Remove(name);
                    break;
                case (JsonObject map, string name):
                    map[name] = node;
                    break;
                case (JsonArray list, int at):
                    list[at] = node;
                    break;
            }
        }

        return root!.ToJsonString();
    }

    private static void Collect(JsonNode? node, List<(JsonNode, object)> places)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    places.Add((map, name));
                    Collect(value, places);
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    places.Add((list, i));
                    Collect(list[i], places);
                }

                break;
        }
    }
}
