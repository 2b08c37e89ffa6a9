using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests;

/// <summary>Short ways to our client, for tests that read like sentences.</summary>
internal static class Servers
{
    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static Task<IJobServer> ConnectAsync(JobServerOptions options) => new JobServerFactory().ConnectAsync(options, Ct);

    public static Task<IReadOnlyList<JobOutcome>> RetryAsync(this IJobServer server, string queue, params string[] ids) =>
        server.ChangeJobsAsync(queue, ids, new JobChange.Retry(), Ct);

    public static Task<IReadOnlyList<JobOutcome>> ChangeAsync(this IJobServer server, string queue, JobChange change, params string[] ids) =>
        server.ChangeJobsAsync(queue, ids, change, Ct);

    public static Task<IReadOnlyList<JobOutcome>> AddAsync(this IJobServer server, string queue, params NewJob[] jobs) => ((IJobProducer)server).AddJobsAsync(queue, jobs, Ct);

    public static async Task<List<QueueJob>> ListAsync(this IJobServer server, JobQuery query)
    {
        var all = new List<QueueJob>();
        await foreach (var page in server.GetJobsAsync(query, Ct))
        {
            Assert.NotEmpty(page);
            all.AddRange(page);
        }

        return all;
    }

    public static async Task<List<string>> IdsAsync(this IJobServer server, JobQuery query) => [.. (await server.ListAsync(query)).Select(j => j.Id)];

    public static async Task<List<JobQueueInfo>> QueuesAsync(this IJobServer server, params string[] names)
    {
        var all = new List<JobQueueInfo>();
        await foreach (var queue in server.GetQueuesAsync(new QueueQuery { Names = names }, Ct))
        {
            all.Add(queue);
        }

        return all;
    }

    public static async Task<JobQueueInfo> QueueAsync(this IJobServer server, string name) => Assert.Single(await server.QueuesAsync(name));

    public static async Task<QueueJob?> JobAsync(this IJobServer server, string queue, string id, JobParts parts = JobParts.None) =>
        Assert.Single(await server.GetJobsByIdAsync(queue, [id], parts, Ct));

    public static async Task<BulkProgress> RunAsync(this IAsyncEnumerable<BulkProgress> slices)
    {
        var last = default(BulkProgress);
        await foreach (var progress in slices)
        {
            last = progress;
        }

        return last;
    }

    public static async Task<List<JobOutcome>> RunAsync(this IAsyncEnumerable<IReadOnlyList<JobOutcome>> slices)
    {
        var all = new List<JobOutcome>();
        await foreach (var slice in slices)
        {
            all.AddRange(slice);
        }

        return all;
    }

    public static Task<BulkProgress> ClearAsync(this IJobServer server, string queue, JobFilter? filter = null, long? max = null, bool force = false, params JobState[] states) =>
        server.ClearQueueAsync(new ClearQuery { Queue = queue, States = states, Filter = filter ?? new JobFilter(), Max = max }, force, Ct).RunAsync();

    /// <summary>The error that an attempt ends in.</summary>
    public static Task<JobServerException> ErrorOfAsync(Func<Task> attempt) => Assert.ThrowsAsync<JobServerException>(attempt);

    /// <summary>A node of a flow as BullMQ's library takes it, with its name for its id.</summary>
    public static object Node(string id, string queueName, params object[] children) => new { name = id, queueName, opts = new { jobId = id }, children };

    /// <summary>How often Redis has run a command, within scripts too, for whichever database.</summary>
    public static async Task<long> CallsAsync(this IDatabase db, string command)
    {
        var line = ((string)(await db.ExecuteAsync("INFO", "commandstats"))!).Split('\n').FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split("calls=")[1].Split(',')[0], CultureInfo.InvariantCulture);
    }
}
