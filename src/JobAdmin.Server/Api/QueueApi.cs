using System.Text.Json;
using JobAdmin.Server.Hosting;
using JobAdmin.Server.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>The second page's queues: what they hold, and changes of a whole queue. All of these work in slices and end early when the caller hangs up.</summary>
internal sealed class QueueApi(RedisGateway gateway)
{
    private const string AllNames = "__all__";
    private const long GraceAtMost = 10L * 365 * 24 * 3600 * 1000;
    private static readonly JobState[] Drained = [JobState.Waiting, JobState.Prioritized, JobState.Delayed];
    private static readonly string[] Cleanable = [.. DashboardJobs.Words.Where(static word => word != "active")];

    public IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/queues", AccessRole.Reader, "List all queues", ListAsync) { Answer = "QueueList" },
        new("GET", "/api/queues/{name}", AccessRole.Reader, "Queue detail: job counts and paused job names", GetAsync) { Answer = "QueueDetail" },
        new("POST", "/api/queues/{name}/pause", AccessRole.Operator, "Pause a queue", call => PauseAsync(call, true))
        {
            Body = "PauseBody", BodyOptional = true, Answer = "Paused", Changes = true,
        },
        new("POST", "/api/queues/{name}/resume", AccessRole.Operator, "Resume a queue", call => PauseAsync(call, false))
        {
            Body = "PauseBody", BodyOptional = true, Answer = "Resumed", Changes = true,
        },
        new("POST", "/api/queues/{name}/drain", AccessRole.Admin, "Drain all waiting and delayed jobs", DrainAsync) { Answer = "Drained", Changes = true },
        new("POST", "/api/queues/{name}/clean", AccessRole.Admin, "Remove jobs in a given state older than a grace period", CleanAsync)
        {
            Body = "CleanBody", Answer = "Removed", Changes = true,
        },
        new("POST", "/api/queues/{name}/retry", AccessRole.Operator, "Retry all failed or completed jobs", RetryAsync)
        {
            Body = "RetryBody", Answer = "Retried", Changes = true,
        },
        new("POST", "/api/queues/{name}/promote", AccessRole.Operator, "Promote all delayed jobs to waiting", PromoteAsync) { Answer = "Promoted", Changes = true },
        new("DELETE", "/api/queues/{name}", AccessRole.Admin, "Obliterate a queue", ObliterateAsync)
        {
            Answer = "Obliterated", Changes = true,
            Parameters = [new("force", "boolean", "Also when workers have some of its jobs") { Default = false }],
        },
        new("GET", "/api/queues/{name}/groups", AccessRole.Reader, "List distinct groups with active and waiting counts", GroupsAsync) { Answer = "GroupList" },
    ];

    private static async Task ListAsync(ApiCall call)
    {
        var queues = await call.Queues.QueuesAsync(call.Stop).ConfigureAwait(false);
        await call.DataAsync(writer =>
        {
            writer.WriteStartArray();
            foreach (var queue in queues)
            {
                DashboardJobs.WriteQueue(writer, queue);
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task GetAsync(ApiCall call)
    {
        var queue = await call.Queues.QueueAsync(call.Queue, call.Stop).ConfigureAwait(false);
        await call.DataAsync(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("name", queue.Name);
            DashboardJobs.WriteCounts(writer, queue);
            writer.WriteStartArray("pausedNames");
            if (queue.IsPaused == true)
            {
                writer.WriteStringValue(AllNames);
            }

            writer.WriteEndArray();
            writer.WriteString("version", queue.Version);
            writer.WriteStartArray("warnings");
            foreach (var warning in queue.Warnings)
            {
                writer.WriteStringValue(warning);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task PauseAsync(ApiCall call, bool pause)
    {
        var body = await call.BodyAsync().ConfigureAwait(false);
        if (BodyFields.Text(body, "jobName") is { } name && name != AllNames)
        {
            throw ApiFault.Bad("BullMQ pauses whole queues, not the jobs of one name: leave jobName out");
        }

        var queue = call.Queue;
        await call.Queues.For(queue).SetPausedAsync(queue, pause, null, force: false, call.Stop).ConfigureAwait(false);
        await call.DataAsync(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString(pause ? "paused" : "resumed", AllNames);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task DrainAsync(ApiCall call)
    {
        await ClearAsync(call, Drained, null).ConfigureAwait(false);
        await call.DoneAsync("drained").ConfigureAwait(false);
    }

    private static async Task CleanAsync(ApiCall call)
    {
        var body = await call.BodyAsync().ConfigureAwait(false);
        var state = BodyFields.Word(body, "state", Cleanable) ?? throw ApiFault.Bad($"state must be one of {string.Join(", ", Cleanable)}");
        var grace = BodyFields.Number(body, "grace", 0, GraceAtMost) ?? 0;
        // Redis's clock, by which the jobs are dated more or less.
        DateTimeOffset? before = grace == 0 ? null : (await call.Queues.For<IJobClock>(call.Queue).GetTimeAsync(call.Stop).ConfigureAwait(false)).AddMilliseconds(-grace);
        await ClearAsync(call, DashboardJobs.States[state], before).ConfigureAwait(false);
        await call.DoneAsync("removed", call.Counts.GetValueOrDefault("removed")).ConfigureAwait(false);
    }

    private static async Task ClearAsync(ApiCall call, IReadOnlyList<JobState> states, DateTimeOffset? before)
    {
        var queue = call.Queue;
        if (call.Queues.IsBounded)
        {
            await RequireNoForeignChildrenAsync(call, queue, states).ConfigureAwait(false);
        }

        var query = new ClearQuery { Queue = queue, States = states, Filter = new JobFilter { Before = before } };
        await foreach (var progress in call.Queues.For(queue).ClearQueueAsync(query, force: false, call.Stop).ConfigureAwait(false))
        {
            call.Counts["removed"] = progress.Done;
        }
    }

    /// <summary>A parent that is deleted may take its children along, wherever they are.</summary>
    private static async Task RequireNoForeignChildrenAsync(ApiCall call, string queue, IReadOnlyList<JobState> states)
    {
        await foreach (var page in call.Queues.JobsAsync(new JobQuery { Queue = queue, States = states }, call.Stop).ConfigureAwait(false))
        {
            var ids = page.Select(job => job.Id).ToList();
            var children = await call.Queues.ChildrenAsync(queue, ids, 0, call.Stop).ConfigureAwait(false);
            await call.Queues.RequireOwnChildrenAsync(queue, [.. ids.Where((_, i) => children[i].Total > 0)], call.Stop).ConfigureAwait(false);
        }
    }

    private static async Task RetryAsync(ApiCall call)
    {
        var body = await call.BodyAsync().ConfigureAwait(false);
        var state = BodyFields.Word(body, "state", "failed", "completed") ?? throw ApiFault.Bad("state must be \"failed\" or \"completed\"");
        await ChangeAllAsync(call, state == "failed" ? JobState.Failed : JobState.Completed, new JobChange.Retry(BodyFields.Flag(body, "resetAttempts") ?? false)).ConfigureAwait(false);
        await call.DoneAsync("retried", call.Counts.GetValueOrDefault("retried")).ConfigureAwait(false);
    }

    private static async Task PromoteAsync(ApiCall call)
    {
        await ChangeAllAsync(call, JobState.Delayed, new JobChange.Promote()).ConfigureAwait(false);
        await call.DoneAsync("promoted", call.Counts.GetValueOrDefault("promoted")).ConfigureAwait(false);
    }

    private static async Task ChangeAllAsync(ApiCall call, JobState state, JobChange change)
    {
        var queue = call.Queue;
        JobServerException? fault = null;
        await foreach (var outcomes in call.Queues.For(queue).ChangeMatchingJobsAsync(new JobQuery { Queue = queue, States = [state] }, change, call.Stop).ConfigureAwait(false))
        {
            foreach (var outcome in outcomes)
            {
                call.Count(outcome);
                fault ??= outcome.Fault;
            }
        }

        // A number alone would say that it was all.
        Exception? left = call.Counts.ContainsKey("unknown") ? ApiFault.Unsure() : call.Counts.ContainsKey("notChanged") ? ApiFault.Away() : fault;
        await (left is null ? Task.CompletedTask : Task.FromException(left)).ConfigureAwait(false);
    }

    private async Task ObliterateAsync(ApiCall call)
    {
        var queue = call.Queue;
        var force = call.Flag("force");
        if (call.Queues.IsBounded)
        {
            await RequireNoForeignChildrenAsync(call, queue, []).ConfigureAwait(false);
        }

        await foreach (var progress in call.Queues.For(queue).RemoveQueueAsync(queue, force, call.Stop).ConfigureAwait(false))
        {
            call.Counts["removed"] = progress.Done;
        }

        gateway.ForgetNames();
        await call.DoneAsync("obliterated").ConfigureAwait(false);
    }

    /// <summary>BullMQ has no groups (BullMQ Pro keeps them out of sight), so there are none to list.</summary>
    private static async Task GroupsAsync(ApiCall call)
    {
        await call.Queues.QueueAsync(call.Queue, call.Stop).ConfigureAwait(false);
        await call.DataAsync(static writer =>
        {
            writer.WriteStartArray();
            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }
}
