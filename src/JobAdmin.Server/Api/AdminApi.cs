using System.Text.Json;
using JobAdmin.Server.Json;
using JobAdmin.Server.Security;

namespace JobAdmin.Server.Api;

/// <summary>The first page: jobs of one queue, one job, and the retry of a failed one.</summary>
internal sealed class AdminApi(Hosting.ServerOptions options)
{
    public const string Unnamed = "deep-research";
    private const int Sorted = 1000;

    // These four are there from the start, whether any job has been added to them or not.
    private static readonly string[] Fixed = ["chat", Unnamed, "paper-generation", "file-process"];

    private static readonly string[] Statuses = ["all", "active", "waiting", "completed", "failed", "delayed"];

    private static readonly JobState[] Listed = [JobState.Active, JobState.Waiting, JobState.Completed, JobState.Failed, JobState.Delayed];

    private static readonly ApiParameter QueueParameter = new("queue", "string", "The queue") { Default = Unnamed };

    public IEnumerable<ApiRoute> Routes =>
    [
        new("GET", "/api/admin/jobs", AccessRole.Reader, "List jobs of a queue, newest first", ListAsync)
        {
            Tag = "Admin", Answer = "AdminJobList",
            Parameters =
            [
                QueueParameter,
                new("status", "string", "Which jobs") { Default = "all", Words = Statuses },
                new("limit", "integer", "How many at the most") { Default = 50 },
            ],
        },
        new("GET", "/api/admin/jobs/{id}", AccessRole.Reader, "Get one job", GetAsync) { Tag = "Admin", Answer = "AdminJob", Parameters = [QueueParameter] },
        new("POST", "/api/admin/jobs/{id}/retry", AccessRole.Operator, "Retry a failed job", RetryAsync)
        {
            Tag = "Admin", Answer = "AdminRetry", Parameters = [QueueParameter], Changes = true,
        },
    ];

    private static string Queue(ApiCall call)
    {
        var queue = call.Query("queue") is { Length: > 0 } named ? named : Unnamed;
        // No such name can be a queue's, so it is not found.
        return call.AuditQueue = queue.Length <= ApiCall.NameLength && !queue.Contains(':') && call.Queues.Allows(queue) ? queue : throw ApiFault.NoQueue(queue);
    }

    private async Task ListAsync(ApiCall call)
    {
        var queue = Queue(call);
        var status = call.Word("status", "all", Statuses);
        var limit = (int)call.Number("limit", 50, 0, options.MaxList);
        JobState[] states = status == "all" ? Listed : [Enum.Parse<JobState>(status, ignoreCase: true)];
        JobCounts counts;
        var empty = false;
        try
        {
            counts = (await call.Queues.QueueAsync(queue, call.Stop).ConfigureAwait(false)).GetCounts();
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound" && Fixed.Contains(queue))
        {
            (counts, empty) = (new JobCounts(), true);
        }

        var newest = limit <= Sorted && !empty;
        var stored = newest ? await NewestStoredAsync(call, queue, states, limit).ConfigureAwait(false) : null;
        var sorted = newest && stored is null ? await NewestAsync(call, queue, states, limit).ConfigureAwait(false) : [];
        await using var json = new JsonStream(call);
        var writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteStartObject("counts");
        foreach (var (name, count) in new[] { ("waiting", counts.Waiting), ("active", counts.Active), ("completed", counts.Completed), ("failed", counts.Failed),
            ("delayed", counts.Delayed), ("paused", counts.Paused) })
        {
            writer.WriteNumber(name, count ?? 0);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("jobs");
        if (stored is not null)
        {
            await stored.WriteAsync(json, limit).ConfigureAwait(false);
        }

        // In pieces, since the data of one job may be large.
        foreach (var ids in sorted.Chunk(100))
        {
            foreach (var job in await call.Queues.JobsAsync(queue, ids, JobParts.Data, call.Stop).ConfigureAwait(false))
            {
                if (job is not null && (states.Contains(job.State) || job.State == JobState.Paused && states.Contains(JobState.Waiting)))
                {
                    AdminJobs.Write(writer, job);
                    await json.PauseAsync().ConfigureAwait(false);
                }
            }
        }

        if (limit > Sorted && !empty)
        {
            await WriteLongAsync(call, json, queue, states, limit).ConfigureAwait(false);
        }

        writer.WriteEndArray();
        writer.WriteString("queue", queue);
        writer.WriteEndObject();
        await json.EndAsync().ConfigureAwait(false);
    }

    /// <summary>The jobs that were added last; null where they are too large to be sorted here, or there is no lane to read them.</summary>
    private static async Task<StoredAdminJobs?> NewestStoredAsync(ApiCall call, string queue, JobState[] states, int limit)
    {
        var jobs = new StoredAdminJobs();
        foreach (var state in limit > 0 ? states : [])
        {
            using var page = await call.Queues.StoredAsync(new JobQuery { Queue = queue, States = [state], First = limit }, null, call.Stop).ConfigureAwait(false);
            if (page is null || !jobs.TryAdd(page))
            {
                return null;
            }
        }

        return jobs;
    }

    /// <summary>The ids of the jobs that were added last.</summary>
    private static async Task<string[]> NewestAsync(ApiCall call, string queue, JobState[] states, int limit)
    {
        var jobs = new List<(string Id, DateTimeOffset? Added)>();
        foreach (var state in limit > 0 ? states : [])
        {
            await foreach (var page in call.Queues.JobsAsync(new JobQuery { Queue = queue, States = [state], First = limit }, call.Stop).ConfigureAwait(false))
            {
                jobs.AddRange(page.Select(job => (job.Id, job.Timestamp)));
            }
        }

        return [.. jobs.OrderByDescending(job => job.Added).Take(limit).Select(job => job.Id)];
    }

    /// <summary>A list too long to be sorted here: state by state, the newest of each first.</summary>
    private static async Task WriteLongAsync(ApiCall call, JsonStream json, string queue, JobState[] states, int limit)
    {
        await foreach (var page in call.Queues.JobsAsync(new JobQuery { Queue = queue, States = states, First = limit, Parts = JobParts.Data }, call.Stop).ConfigureAwait(false))
        {
            foreach (var job in page)
            {
                AdminJobs.Write(json.Writer, job);
                await json.PauseAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<QueueJob> JobAsync(ApiCall call, string queue, JobParts parts)
    {
        try
        {
            if (await call.Queues.JobAsync(queue, call.Id, parts, call.Stop).ConfigureAwait(false) is { } job)
            {
                return job;
            }
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound" && Fixed.Contains(queue))
        {
            // A queue that is empty so far.
        }

        throw new ApiFault(404, "NOT_FOUND", "Job not found");
    }

    private static async Task GetAsync(ApiCall call)
    {
        var job = await JobAsync(call, Queue(call), JobParts.Data).ConfigureAwait(false);
        await call.JsonAsync(writer => AdminJobs.Write(writer, job)).ConfigureAwait(false);
    }

    private static async Task RetryAsync(ApiCall call)
    {
        var queue = Queue(call);
        var job = await JobAsync(call, queue, JobParts.None).ConfigureAwait(false);
        if (job.State != JobState.Failed)
        {
            throw ApiFault.Bad($"Cannot retry job in state '{AdminJobs.Word(job.State)}'");
        }

        var outcome = (await call.Queues.For(queue).ChangeJobsAsync(queue, [job.Id], new JobChange.Retry(), call.Stop).ConfigureAwait(false))[0];
        call.Count(outcome);
        JobChanges.Require(outcome, "retry", '\'', _ => new ApiFault(404, "NOT_FOUND", "Job not found"));
        await call.JsonAsync(writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("success", true);
            writer.WriteString("jobId", job.Id);
            writer.WriteString("message", "Job queued for retry");
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
