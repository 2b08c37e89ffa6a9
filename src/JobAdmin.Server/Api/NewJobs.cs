using System.Text.Json;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>Adding a job. Options are looked at one by one, since workers would stumble over a wrong one long after the caller has gone.</summary>
internal sealed class NewJobs(RedisGateway gateway)
{
    public const long PriorityAtMost = Client.BullMq.NewJobOptions.PriorityLimit;
    public const long DelayAtMost = 100L * 366 * 24 * 3600 * 1000;

    private static readonly string[] KeepFields = ["age", "count", "limit"];

    public IEnumerable<ApiRoute> Routes =>
    [
        new("POST", "/api/queues/{name}/jobs", AccessRole.Operator, "Add a new job", AddAsync)
        {
            Tag = "Jobs", Body = "NewJob", Answer = "JobAnswer", Success = 201, Changes = true,
        },
    ];

    private async Task AddAsync(ApiCall call)
    {
        var queue = call.Queue;
        var body = await call.BodyAsync().ConfigureAwait(false);
        BodyFields.Only(body, "", "name", "data", "opts");
        if (BodyFields.Text(body, "name") is not { Length: > 0 and <= ApiCall.NameLength } name)
        {
            throw ApiFault.Bad($"name must be a string of 1 to {ApiCall.NameLength} characters");
        }

        var opts = BodyFields.Map(body, "opts");
        Check(opts);
        var data = body!.Value.TryGetProperty("data", out var given) ? given.GetRawText() : "{}";
        var job = new NewJob { Name = name, Data = data, Id = BodyFields.Text(opts, "jobId") is { } id ? ApiCall.JobId(id) : null, Options = opts?.GetRawText() };
        if (job.Id is not null && Client.BullMq.BullMqServer.IsKeyOfQueue(job.Id))
        {
            throw ApiFault.Bad($"'{job.Id}' can't be a job's id: the queue has a key of that name");
        }

        var outcome = (await call.Queues.For<IJobProducer>(queue).AddJobsAsync(queue, [job], call.Stop).ConfigureAwait(false))[0];
        call.AuditIds = [outcome.Id];
        call.Count(outcome);
        JobChanges.Require(outcome, "add");
        gateway.NoteQueue(queue);
        await JobChanges.WriteChangedAsync(call, outcome.NewId ?? outcome.Id, name, 201).ConfigureAwait(false);
    }

    private static void Check(JsonElement? opts)
    {
        BodyFields.Only(opts, "opts.", "priority", "delay", "attempts", "jobId", "lifo", "backoff", "removeOnComplete", "removeOnFail", "timestamp", "keepLogs",
            "sizeLimit", "stackTraceLimit", "deduplication", "group");
        BodyFields.Number(opts, "priority", 0, PriorityAtMost);
        BodyFields.Number(opts, "delay", 0, DelayAtMost);
        BodyFields.Number(opts, "attempts", 0, int.MaxValue);
        BodyFields.Flag(opts, "lifo");
        BodyFields.Number(opts, "timestamp", 0, 253402300799999);
        BodyFields.Number(opts, "keepLogs", 0, int.MaxValue);
        BodyFields.Number(opts, "sizeLimit", 0, int.MaxValue);
        BodyFields.Number(opts, "stackTraceLimit", 0, int.MaxValue);
        Keep(opts, "removeOnComplete");
        Keep(opts, "removeOnFail");
        if (BodyFields.Field(opts, "backoff") is { ValueKind: JsonValueKind.Object } backoff)
        {
            BodyFields.Only(backoff, "opts.backoff.", "type", "delay", "jitter");
            _ = BodyFields.Text(backoff, "type") ?? throw ApiFault.Bad("opts.backoff.type must be a string");
            BodyFields.Number(backoff, "delay", 0, DelayAtMost);
        }
        else
        {
            BodyFields.Number(opts, "backoff", 0, DelayAtMost);
        }

        if (BodyFields.Map(opts, "deduplication") is { } deduplication)
        {
            BodyFields.Only(deduplication, "opts.deduplication.", "id", "ttl", "extend", "replace", "keepLastIfActive");
            _ = BodyFields.Text(deduplication, "id") is { Length: > 0 and <= ApiCall.IdLength } ? "" : throw ApiFault.Bad("opts.deduplication.id must be a string");
            BodyFields.Number(deduplication, "ttl", 0, DelayAtMost);
            BodyFields.Flag(deduplication, "extend");
            BodyFields.Flag(deduplication, "replace");
            BodyFields.Flag(deduplication, "keepLastIfActive");
        }

        if (BodyFields.Map(opts, "group") is { } group)
        {
            _ = BodyFields.Text(group, "id") ?? throw ApiFault.Bad("opts.group.id must be a string");
        }
    }

    private static void Keep(JsonElement? opts, string name)
    {
        switch (BodyFields.Field(opts, name)?.ValueKind)
        {
            case null or JsonValueKind.True or JsonValueKind.False:
                break;
            case JsonValueKind.Object:
                var keep = BodyFields.Map(opts, name);
                BodyFields.Only(keep, $"opts.{name}.", KeepFields);
                Array.ForEach(KeepFields, field => BodyFields.Number(keep, field, 0, DelayAtMost));
                break;
            default:
                BodyFields.Number(opts, name, 0, int.MaxValue);
                break;
        }
    }
}
