using System.Globalization;
using System.Text;
using JobAdmin.Client.Tests.Faults;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Fuzz;

/// <summary>Events with any fields and values are seen, each once.</summary>
public sealed class EventFuzzTests(Bench bench)
{
    [Fact]
    public async Task Events_of_a_stream()
    {
        await using var lab = bench.Lab();
        await lab.DoAsync("counts");
        var server = await lab.ServerAsync();
        var (random, count) = (new Random(21), Effort.Count(2_000, 60_000));
        var mutator = new Mutator(random);
        string[] words = ["event", "jobId", "name", "prev", "failedReason", "returnvalue", "data", "delay", "completed", "delayed", "1700000000000", "null", "{\"a\":1}"];
        await lab.Db.KeyDeleteAsync(lab.Base + "events");
        for (var at = 0; at < count; at += 500)
        {
            await Task.WhenAll(Enumerable.Range(at, 500).Select(_ =>
            {
                var fields = Enumerable.Range(0, 2 * random.Next(1, 6)).Select(_ => (object)(random.Next(3) == 0 ? mutator.Mutate(Encoding.UTF8.GetBytes(words[random.Next(words.Length)])) : Encoding.UTF8.GetBytes(words[random.Next(words.Length)])));
                return lab.Db.ExecuteAsync("XADD", [lab.Base + "events", "*", .. fields]);
            }));
        }

        var seen = 0;
        await foreach (var batch in server.WatchEventsAsync(new EventQuery { Queues = ["emails"], From = "start" }, Ct))
        {
            Assert.DoesNotContain(batch, e => e.IsGap);
            if ((seen += batch.Count) >= count)
            {
                break;
            }
        }

        Assert.Equal(count, seen);
        Effort.Report("fuzz, events of a stream", string.Create(CultureInfo.InvariantCulture, $"{count} inputs, each seen once"));
    }
}
