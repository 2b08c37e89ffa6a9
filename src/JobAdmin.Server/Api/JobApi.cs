using System.Text.Json;
using JobAdmin.Client.BullMq;
using JobAdmin.Server.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>The second page's jobs: lists, one job, and changes of one job.</summary>
internal sealed class JobApi
{
    private const int PageAtMost = 1000, PageUnlessSaid = 100;
    private const int ChildrenNamed = 100;
    private const string CancelReason = "Job cancelled";

    public static IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/queues/{name}/jobs", AccessRole.Reader, "List jobs with pagination", ListAsync)
        {
            Tag = "Jobs", Answer = "JobPage",
            Parameters =
            [
                new("state", "string", "Job state to filter by") { Default = "waiting", Words = DashboardJobs.Words },
                new("start", "integer", "Where the page begins") { Default = 0 },
                new("end", "integer", "Where the page ends, itself left out: at most 1000 behind start") { Default = PageUnlessSaid },
            ],
        },
        new("GET", "/api/queues/{name}/jobs/{id}", AccessRole.Reader, "Job detail", GetAsync) { Tag = "Jobs", Answer = "JobAnswer" },
        new("GET", "/api/queues/{name}/jobs/{id}/children", AccessRole.Reader, "List child jobs", ChildrenAsync) { Tag = "Jobs", Answer = "JobList" },
        new("POST", "/api/queues/{name}/jobs/{id}/retry", AccessRole.Operator, "Retry a single failed or completed job", RetryAsync)
        {
            Tag = "Jobs", Answer = "RetriedOne", Changes = true,
        },
        new("POST", "/api/queues/{name}/jobs/{id}/promote", AccessRole.Operator, "Promote a single delayed job to waiting", PromoteAsync)
        {
            Tag = "Jobs", Answer = "PromotedOne", Changes = true,
        },
        new("POST", "/api/queues/{name}/jobs/{id}/cancel", AccessRole.Operator, "Ask that an active job runs no further attempt", CancelAsync)
        {
            Tag = "Jobs", Answer = "CancelledOne", Changes = true,
        },
        new("PATCH", "/api/queues/{name}/jobs/{id}", AccessRole.Operator, "Edit job payload or priority", EditAsync)
        {
            Tag = "Jobs", Body = "EditBody", Answer = "JobAnswer", Changes = true,
        },
        new("DELETE", "/api/queues/{name}/jobs/{id}", AccessRole.Admin, "Remove a job", RemoveAsync)
        {
            Tag = "Jobs", Answer = "RemovedOne", Changes = true,
            Parameters = [new("keepChildren", "boolean", "Whether the children of a flow parent stay") { Default = false }],
        },
    ];

    private static async Task ListAsync(ApiCall call)
    {
        var queue = call.Queue;
        var word = call.Word("state", "waiting", DashboardJobs.Words);
        var start = call.Number("start", 0, 0, int.MaxValue);
        var end = call.Number("end", 0, 0, int.MaxValue);
        end = end == 0 ? start + PageUnlessSaid : end;
        if (end < start || end - start > PageAtMost)
        {
            throw ApiFault.Bad($"end must be at least start, and at most {PageAtMost} more");
        }

        var ended = word is "completed" or "failed";
        var query = new JobQuery
        {
            Queue = queue, States = DashboardJobs.States[word], OldestFirst = !ended, Skip = start, First = end - start, Parts = DashboardJobs.Parts, PageSize = PageAtMost / 2,
        };
        await using var json = new JsonStream(call);
        using (var stored = end > start ? await call.Queues.StoredAsync(query, ChildrenNamed, call.Stop).ConfigureAwait(false) : null)
        {
            if (stored is not null)
            {
                await WriteStoredAsync(call, json, stored).ConfigureAwait(false);
                if (!stored.IsBroken)
                {
                    await EndAsync(json, stored.Total, start, end).ConfigureAwait(false);
                    return;
                }

                query = query with { Skip = stored.Reached, First = end - start - stored.Given };
            }
        }

        await ListOnAsync(call, json, query, start, end).ConfigureAwait(false);
    }

    /// <summary>Writes a page of jobs as they are stored, as far as they come.</summary>
    private static async Task WriteStoredAsync(ApiCall call, JsonStream json, StoredPage stored)
    {
        var jobs = new StoredJobs(call.Queue, call.Queues.Prefix);
        Begin(json);
        while (WriteSome())
        {
            await json.PauseAsync().ConfigureAwait(false);
        }

        bool WriteSome()
        {
            while (!json.IsFull)
            {
                if (!stored.TryRead(out var job))
                {
                    return false;
                }

                jobs.Write(json.Writer, job, job.Children is { } children ? call.Queues.Visible(children) : null);
            }

            return true;
        }
    }

    /// <summary>Writes a page of jobs, or the rest of one, by way of the client's listings.</summary>
    private static async Task ListOnAsync(ApiCall call, JsonStream json, JobQuery query, long start, long end)
    {
        var total = call.Queues.For(query.Queue).CountJobsAsync(new JobQuery { Queue = query.Queue, States = query.States }, call.Stop);
        await using var pages = (query.First > 0 ? call.Queues.JobsAsync(query, call.Stop) : NoJobs()).GetAsyncEnumerator(call.Stop);
        // Both at once, and both waited for: neither's error is lost.
        var first = pages.MoveNextAsync().AsTask();
        await Task.WhenAll(first, total).ConfigureAwait(false);
        Begin(json);
        for (var more = await first.ConfigureAwait(false); more; more = await pages.MoveNextAsync().ConfigureAwait(false))
        {
            await WriteAsync(call, json, pages.Current).ConfigureAwait(false);
        }

        await EndAsync(json, await total.ConfigureAwait(false), start, end).ConfigureAwait(false);
    }

    private static void Begin(JsonStream json)
    {
        if (!json.HasBegun)
        {
            json.Writer.WriteStartObject();
            json.Writer.WriteStartArray("data");
        }
    }

    private static async Task EndAsync(JsonStream json, long total, long start, long end)
    {
        json.Writer.WriteEndArray();
        WriteMeta(json.Writer, total, start, end);
        json.Writer.WriteEndObject();
        await json.EndAsync().ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<IReadOnlyList<QueueJob>> NoJobs()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    /// <summary>Writes where a page stands.</summary>
    public static void WriteMeta(Utf8JsonWriter writer, long total, long start, long end)
    {
        writer.WriteStartObject("meta");
        writer.WriteNumber("total", total);
        writer.WriteNumber("start", start);
        writer.WriteNumber("end", end);
        writer.WriteEndObject();
    }

    /// <summary>Writes jobs of one queue with their children.</summary>
    public static async Task WriteAsync(ApiCall call, JsonStream json, IReadOnlyList<QueueJob> jobs)
    {
        var children = await call.Queues.ChildrenAsync(jobs[0].Queue, [.. jobs.Select(static job => job.Id)], ChildrenNamed, call.Stop).ConfigureAwait(false);
        for (var i = 0; i < jobs.Count; i++)
        {
            DashboardJobs.Write(json.Writer, jobs[i], children[i]);
            await json.PauseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Answers with jobs that are at hand, of any queues.</summary>
    public static async Task WriteListAsync(ApiCall call, IEnumerable<QueueJob> jobs, Action<Utf8JsonWriter>? meta = null)
    {
        await using var json = new JsonStream(call);
        json.Writer.WriteStartObject();
        json.Writer.WriteStartArray("data");
        foreach (var group in jobs.GroupBy(static job => job.Queue))
        {
            await WriteAsync(call, json, [.. group]).ConfigureAwait(false);
        }

        json.Writer.WriteEndArray();
        meta?.Invoke(json.Writer);
        json.Writer.WriteEndObject();
        await json.EndAsync().ConfigureAwait(false);
    }

    /// <summary>Answers with one job and all that is known of it.</summary>
    public static async Task WriteJobAsync(ApiCall call, QueueJob job, int status = 200)
    {
        var children = (await call.Queues.ChildrenAsync(job.Queue, [job.Id], 1000, call.Stop).ConfigureAwait(false))[0];
        await call.DataAsync(writer => DashboardJobs.Write(writer, job, children), status).ConfigureAwait(false);
    }

    private static async Task<QueueJob> JobAsync(ApiCall call, JobParts parts) =>
        await call.Queues.JobAsync(call.Queue, call.Id, parts, call.Stop).ConfigureAwait(false) ?? throw ApiFault.NoJob(call.Id);

    private static async Task GetAsync(ApiCall call) => await WriteJobAsync(call, await JobAsync(call, JobParts.All).ConfigureAwait(false)).ConfigureAwait(false);

    private static async Task ChildrenAsync(ApiCall call)
    {
        var job = await JobAsync(call, JobParts.None).ConfigureAwait(false);
        var children = (await call.Queues.ChildrenAsync(job.Queue, [job.Id], PageAtMost, call.Stop).ConfigureAwait(false))[0];
        var found = new List<QueueJob>();
        foreach (var group in children.Named.Where(child => child.Queue is not null && call.Queues.Allows(child.Queue)).GroupBy(static child => child.Queue!))
        {
            found.AddRange((await call.Queues.JobsAsync(group.Key, [.. group.Select(static child => child.Id)], JobParts.All, call.Stop).ConfigureAwait(false)).OfType<QueueJob>());
        }

        await WriteListAsync(call, found.OrderBy(static child => child.Timestamp)).ConfigureAwait(false);
    }

    private static async Task<JobOutcome> ChangeAsync(ApiCall call, JobChange change)
    {
        var (queue, id) = (call.Queue, call.Id);
        var outcome = (await call.Queues.For(queue).ChangeJobsAsync(queue, [id], change, call.Stop).ConfigureAwait(false))[0];
        call.Count(outcome);
        return outcome;
    }

    private static async Task RetryAsync(ApiCall call)
    {
        JobChanges.Require(await ChangeAsync(call, new JobChange.Retry()).ConfigureAwait(false), "retry");
        await call.DoneAsync("retried").ConfigureAwait(false);
    }

    private static async Task PromoteAsync(ApiCall call)
    {
        JobChanges.Require(await ChangeAsync(call, new JobChange.Promote()).ConfigureAwait(false), "promote");
        await call.DoneAsync("promoted").ConfigureAwait(false);
    }

    /// <summary>As the page has it for active jobs alone. What waits is kept from running by way of the bulk change.</summary>
    private static async Task CancelAsync(ApiCall call)
    {
        var job = await JobAsync(call, JobParts.None).ConfigureAwait(false);
        if (job.State != JobState.Active)
        {
            throw ApiFault.Bad($"Cannot cancel job in state \"{DashboardJobs.Word(job.State)}\"");
        }

        JobChanges.Require(await ChangeAsync(call, new JobChange.Stop(CancelReason)).ConfigureAwait(false), "cancel");
        await call.DoneAsync("cancelled").ConfigureAwait(false);
    }

    private static async Task EditAsync(ApiCall call)
    {
        var body = await call.BodyAsync().ConfigureAwait(false);
        BodyFields.Only(body, "", "data", "opts");
        var opts = BodyFields.Map(body, "opts");
        BodyFields.Only(opts, "opts.", "priority", "delay");
        var data = body!.Value.TryGetProperty("data", out var given) ? given.GetRawText() : null;
        var delay = BodyFields.Number(opts, "delay", 0, NewJobs.DelayAtMost);
        var edit = new JobChange.Edit(data, BodyFields.Number(opts, "priority", 0, NewJobs.PriorityAtMost), delay is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
        if (edit is { Data: null, Priority: null, Delay: null })
        {
            throw ApiFault.Bad("The body changes nothing: it takes data, opts.priority and opts.delay");
        }

        var outcome = await ChangeAsync(call, edit).ConfigureAwait(false);
        if (outcome is { Status: JobOutcomeStatus.SkippedWrongState or JobOutcomeStatus.Locked, PreviousState: JobState.Active })
        {
            throw ApiFault.Bad("Cannot edit active jobs");
        }

        JobChanges.Require(outcome, "edit");
        await JobChanges.WriteChangedAsync(call, call.Id, "", 200).ConfigureAwait(false);
    }

    private static async Task RemoveAsync(ApiCall call)
    {
        var keep = call.Flag("keepChildren");
        if (!keep)
        {
            await call.Queues.RequireOwnChildrenAsync(call.Queue, [call.Id], call.Stop).ConfigureAwait(false);
        }

        var outcome = await ChangeAsync(call, new JobChange.Remove(keep)).ConfigureAwait(false);
        JobChanges.Require(outcome, "remove");
        await call.DoneAsync("removed").ConfigureAwait(false);
    }
}
