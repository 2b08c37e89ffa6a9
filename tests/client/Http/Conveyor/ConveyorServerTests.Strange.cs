using System.Text;
using JobAdmin.Client.Tests.Http.Fakes;
using static JobAdmin.Client.Tests.Http.HttpTest;

namespace JobAdmin.Client.Tests.Http.Conveyor;

// Answers that no server of the kind gives, and what stands before one may.
public sealed partial class ConveyorServerTests
{
    [Fact]
    public async Task A_stream_that_can_t_be_unpacked_is_taken_up_again()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        var streams = 0;
        var broken = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nno gzip at all");
        await using var fake = new FakeServer(request => request.Path != "/api/queues/a/events" ? conveyor.Answer(request)
            : Interlocked.Increment(ref streams) < 3 ? FakeAnswer.Html() with { Raw = broken }
            : FakeAnswer.Events(async (write, token) =>
            {
                await write("event: job:waiting\ndata: {\"type\":\"job:waiting\",\"queueName\":\"a\",\"jobId\":\"j\"}\n\n");
                await Task.Delay(Timeout.Infinite, token);
            }));
        await using var server = await ConnectAsync(fake, JobServerKind.Conveyor, time: new FastTime(20));
        var events = new List<JobEvent>();
        await foreach (var batch in server.WatchEventsAsync(new EventQuery { Queues = ["a"] }, Token).WithCancellation(Token))
        {
            events.AddRange(batch);
            if (events.Any(item => !item.IsGap))
            {
                break;
            }
        }

        Assert.Equal(["gap", "gap", "waiting"], events.Select(item => item.Event));
    }

    [Fact]
    public async Task Numbers_and_names_of_no_sense_are_no_faults_of_ours()
    {
        conveyor.Add("a", "w", "waiting", At(0));
        conveyor.Workers = true;
        await using var fake = new FakeServer(request => request.Path switch
        {
            "/api/workers" => FakeAnswer.Json("""{"data":[{"id":"1","id":"2","startedAt":1e300,"concurrency":1e300,"activeCount":"x"}]}"""),
            "/api/queues/a/metrics" => FakeAnswer.Json("""{"data":[{"periodStart":null,"completedCount":1,"totalProcessMs":1e300,"minProcessMs":-5,"maxProcessMs":"9e99"}]}"""),
            _ => conveyor.Answer(request),
        });
        await using var server = await ConnectAsync(fake, JobServerKind.Conveyor);
        var worker = Assert.Single(await ((IJobWorkers)server).GetWorkersAsync("a", Token));
        Assert.Equal(("2", null, null), (worker.Fields!["id"], worker.Concurrency, worker.Age));
        var point = Assert.Single(await ((IJobMetrics)server).GetMetricsAsync(new JobMetricQuery { Queue = "a" }, Token));
        Assert.Equal((1L, null, null, null), (point.Completed, point.AverageDuration, point.MinDuration, point.MaxDuration));
    }
}
