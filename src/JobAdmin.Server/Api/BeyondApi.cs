using System.Text.Json;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>What this server has beyond the pages: what a caller may do, workers, and jobs by a list of ids, read or changed.</summary>
internal sealed class BeyondApi(ServerOptions options, KeyRing keys)
{
    public const int IdsAtMost = 1000;
    private const int ReasonAtMost = 1000;
    private static readonly string[] Actions = ["retry", "promote", "remove", "stop"];

    public IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/config", AccessRole.None, "Whether the server is read-only and wants a key", ConfigAsync) { Tag = "Server", Answer = "Config", NeedsQueues = false },
        new("GET", "/api/capabilities", AccessRole.Reader, "What the server has beyond the page, and what this key may do", CapabilitiesAsync)
        {
            Tag = "Server", Answer = "Capabilities", NeedsQueues = false,
        },
        new("GET", "/api/workers", AccessRole.Reader, "Connected workers", WorkersAsync)
        {
            Tag = "Server", Answer = "WorkerList", Parameters = [new("queue", "string", "The queue they work on")],
        },
        new("POST", "/api/queues/{name}/jobs/lookup", AccessRole.Reader, "Get jobs by a list of ids; those that aren't there are null", LookupAsync)
        {
            Tag = "Jobs", Body = "IdsBody", Answer = "JobList",
        },
        new("POST", "/api/queues/{name}/jobs/bulk", AccessRole.Operator, "Retry, promote, remove or stop jobs by a list of ids; one outcome each, in order", BulkAsync)
        {
            Tag = "Jobs", Body = "BulkBody", Answer = "OutcomeList", Changes = true,
        },
    ];

    private async Task ConfigAsync(ApiCall call) => await call.DataAsync(writer =>
    {
        writer.WriteStartObject();
        writer.WriteBoolean("readOnly", options.ReadOnly);
        writer.WriteBoolean("authRequired", !keys.IsEmpty);
        writer.WriteEndObject();
    }).ConfigureAwait(false);

    private async Task CapabilitiesAsync(ApiCall call) => await call.DataAsync(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("server", "JobAdmin.Server");
        writer.WriteString("version", typeof(BeyondApi).Assembly.GetName().Version?.ToString(3));
        writer.WriteString("key", call.Key.Name);
        writer.WriteString("role", call.Key.Role.ToString().ToLowerInvariant());
        writer.WriteBoolean("readOnly", options.ReadOnly);
        writer.WriteStartArray("has");
        foreach (var word in new[] { "workers", "lookup", "bulk", "stop", "resume-events", "gap-events" })
        {
            writer.WriteStringValue(word);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("lacks");
        foreach (var word in new[] { "pause-name", "groups" })
        {
            writer.WriteStringValue(word);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("limits");
        writer.WriteNumber("page", 1000);
        writer.WriteNumber("ids", IdsAtMost);
        writer.WriteNumber("body", options.MaxBody);
        writer.WriteNumber("requestsPerSecond", options.RateLimit);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }).ConfigureAwait(false);

    private static async Task WorkersAsync(ApiCall call)
    {
        var queue = call.Query("queue") is { Length: > 0 } named ? ApiCall.QueueName(named) : null;
        var workers = await call.Queues.WorkersAsync(queue, call.Stop).ConfigureAwait(false);
        await call.DataAsync(writer =>
        {
            writer.WriteStartArray();
            foreach (var worker in workers)
            {
                writer.WriteStartObject();
                writer.WriteString("id", worker.Id);
                writer.WriteString("name", worker.Name);
                writer.WriteString("queueName", worker.Queue);
                writer.WriteString("host", worker.Host);
                DashboardJobs.Time(writer, "startedAt", worker.Started);
                DashboardJobs.Time(writer, "lastSeenAt", worker.LastSeen);
                writer.WriteBoolean("isRunning", true);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task LookupAsync(ApiCall call)
    {
        var queue = call.Queue;
        var body = await call.BodyAsync().ConfigureAwait(false);
        BodyFields.Only(body, "", "ids");
        var ids = BodyFields.Ids(body, "ids", IdsAtMost);
        _ = await call.Queues.QueueAsync(queue, call.Stop).ConfigureAwait(false);
        await using var json = new JsonStream(call);
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("data");
        foreach (var part in ids.Chunk(100))
        {
            var jobs = await call.Queues.JobsAsync(queue, part, JobParts.All, call.Stop).ConfigureAwait(false);
            var children = await call.Queues.ChildrenAsync(queue, part, 100, call.Stop).ConfigureAwait(false);
            for (var i = 0; i < jobs.Count; i++)
            {
                if (jobs[i] is { } job)
                {
                    DashboardJobs.Write(json.Writer, job, children[i]);
                }
                else
                {
                    json.Writer.WriteNullValue();
                }

                await json.PauseAsync().ConfigureAwait(false);
            }
        }

        json.Writer.WriteEndArray();
        json.Writer.WriteEndObject();
        await json.EndAsync().ConfigureAwait(false);
    }

    private static async Task BulkAsync(ApiCall call)
    {
        var queue = call.Queue;
        var body = await call.BodyAsync().ConfigureAwait(false);
        BodyFields.Only(body, "", "action", "ids", "resetAttempts", "keepChildren", "reason");
        var action = BodyFields.Word(body, "action", Actions) ?? throw ApiFault.Bad($"action must be one of {string.Join(", ", Actions)}");
        var ids = BodyFields.Ids(body, "ids", IdsAtMost);
        var keep = BodyFields.Flag(body, "keepChildren") ?? false;
        if (action == "remove")
        {
            // Roles go by what is done, not by the path.
            _ = call.Key.Role >= AccessRole.Admin ? true : throw ApiFault.Forbidden("This key may not remove jobs");
            await (keep ? Task.CompletedTask : call.Queues.RequireOwnChildrenAsync(queue, ids, call.Stop)).ConfigureAwait(false);
        }

        JobChange change = action switch
        {
            "retry" => new JobChange.Retry(BodyFields.Flag(body, "resetAttempts") ?? false),
            "promote" => new JobChange.Promote(),
            "remove" => new JobChange.Remove(keep),
            _ => new JobChange.Stop(BodyFields.Text(body, "reason") switch
            {
                null or "" => "Job cancelled",
                { Length: > ReasonAtMost } => throw ApiFault.Bad($"reason must be a string of at most {ReasonAtMost} characters"),
                var reason => reason,
            }),
        };
        call.AuditIds = ids;
        var outcomes = await call.Queues.For(queue).ChangeJobsAsync(queue, ids, change, call.Stop).ConfigureAwait(false);
        foreach (var outcome in outcomes)
        {
            call.Count(outcome);
        }

        await call.DataAsync(writer =>
        {
            writer.WriteStartArray();
            foreach (var outcome in outcomes)
            {
                writer.WriteStartObject();
                writer.WriteString("id", outcome.Id);
                writer.WriteString("status", outcome.Status.ToString());
                writer.WriteBoolean("ok", outcome.Succeeded);
                writer.WriteString("previousState", outcome.PreviousState == JobState.Unknown ? null : DashboardJobs.Word(outcome.PreviousState));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }
}
