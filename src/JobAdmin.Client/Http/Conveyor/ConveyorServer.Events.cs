using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http.Conveyor;

internal sealed partial class ConveyorServer
{
    protected override bool EventsTellAll => true;

    public override IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchEventsAsync(EventQuery query, CancellationToken cancellationToken)
    {
        Require(JobServerCapabilities.Events, "report events");
        RequireFromNow(query);
        return StreamAsync(query, cancellationToken);
    }

    /// <summary>The server's stream. It has no ids and no heartbeat: silence is normal, and what happened during a break can't be known.</summary>
    private async IAsyncEnumerable<IReadOnlyList<JobEvent>> StreamAsync(EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var queue in query.Queues)
        {
            await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        }

        var path = query.Queues.Count == 1 ? $"{Queue(query.Queues[0])}/events" : "events";
        await foreach (var batch in new EventStream(Api, path, "watch events") { Resumes = beyond.Contains("resume-events") }.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var events = batch.SelectMany(item => Read(item, query))
                .Where(item => (query.Queues.Count == 0 || query.Queues.Contains(item.Queue)) && (query.Ids is not { Count: > 0 } ids || item.Id is null || ids.Contains(item.Id)))
                .ToArray();
            // What failed, and what was cancelled, says why only when the job is asked.
            await EachAsync(events.Length, async (i, token) => events[i] = await WithReasonAsync(events[i], token).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
            if (events.Length > 0)
            {
                yield return events;
            }
        }
    }

    private IEnumerable<JobEvent> Read(StreamEvent item, EventQuery query)
    {
        if (item.Type is null)
        {
            return (query.Queues.Count > 0 ? query.Queues : [""]).Select(queue => new JobEvent { Queue = queue, Event = "gap", Time = Api.Time.GetUtcNow(), Server = this });
        }

        try
        {
            using var document = JsonDocument.Parse(item.Data, new JsonDocumentOptions { MaxDepth = 1000 });
            var json = document.RootElement;
            var data = json.Field("data");
            var type = json.Text("type") ?? item.Type;
            if (type == "connected" || json.Text("queueName", "queue") is not { } queue)
            {
                return [];
            }

            var word = type[(type.IndexOf(':') + 1)..];
            if (type == "gap")
            {
                return [new JobEvent { Queue = queue, Event = "gap", Missed = data?.Integer("missed"), Time = json.Time("timestamp") ?? Api.Time.GetUtcNow(), Server = this }];
            }

            return
            [
                new JobEvent
                {
                    Queue = queue, Event = word, Id = json.Text("jobId", "id"), Name = data?.Text("jobName") is { } name and not AllNames ? name : null,
                    Time = json.Time("timestamp") ?? Api.Time.GetUtcNow(), FailedReason = word == "failed" ? data?.Text("reason", "failedReason") : null,
                    ReturnValue = word == "completed" ? data?.Field("returnvalue")?.GetRawText() : null, Progress = word == "progress" ? data?.GetRawText() : null, Server = this,
                    EventId = json.Text("eventId"), Previous = json.Text("prev"),
                },
            ];
        }
        catch (JsonException)
        {
            WireLog.Note($"{Api.Endpoint} sent an event that is not JSON; it was left out.");
            return [];
        }
    }

    private async Task<JobEvent> WithReasonAsync(JobEvent item, CancellationToken cancellationToken)
    {
        if (item is not { Id: { } id, Event: "failed" or "cancelled", FailedReason: null })
        {
            return item;
        }

        try
        {
            var job = await GetJobAsync(item.Queue, id, JobParts.None, cancellationToken).ConfigureAwait(false);
            return new JobEvent
            {
                // A cancelled job is reported when it is asked for and again when it has ended, as a failure.
                Queue = item.Queue, Id = id, Event = job is { State: JobState.Failed } ? "failed" : item.Event, Name = job?.Name, Time = item.Time,
                FailedReason = job?.FailedReason, Server = this,
            };
        }
        catch (JobServerException e)
        {
            WireLog.Note($"Why job {id} of {item.Queue} failed could not be read: {e.Message}");
            return item;
        }
    }
}
