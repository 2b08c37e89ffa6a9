using System.Text.Json;

namespace JobAdmin;

/// <summary>How a scheduler is.</summary>
public enum JobSchedulerState
{
    /// <summary>Not known, or the server does not say.</summary>
    Unknown = 0,
    /// <summary>Its next job is there and waits for its time.</summary>
    Scheduled,
    /// <summary>Its next job is due: it waits for a worker.</summary>
    Due,
    /// <summary>A worker has its job and makes the next one.</summary>
    Running,
    /// <summary>Its limit or its end has been reached: it fires no more.</summary>
    Ended,
    /// <summary>Its next job is gone, so nothing will make another one: setting it anew mends it.</summary>
    Stuck,
    /// <summary>A repeatable job of BullMQ 4 or early 5: shown, not changed.</summary>
    Legacy,
}

/// <summary>A scheduler as it was when it was read.</summary>
public sealed class JobScheduler
{
    private JsonField data, options;

    /// <summary>The queue that it adds jobs to.</summary>
    public required string Queue { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The name of its jobs.</summary>
    public string Name { get; init; } = "";

    /// <summary>How it is.</summary>
    public JobSchedulerState State { get; init; }

    /// <summary>The cron pattern; null when it runs by an interval.</summary>
    public string? Pattern { get; init; }

    /// <summary>The time zone of the pattern; null for the workers' own.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The interval; null when it runs by a pattern.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>How far its runs lie behind full intervals.</summary>
    public TimeSpan? Offset { get; init; }

    /// <summary>How often it may run in all; null for no bound.</summary>
    public long? Limit { get; init; }

    /// <summary>When it begins; null for at once.</summary>
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? EndDate { get; init; }

    /// <summary>How many jobs it has made.</summary>
    public long? IterationCount { get; init; }

    /// <summary>When it runs next, as the server has noted it.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>The next runs that can be told from here, as many as were asked for.</summary>
    public IReadOnlyList<DateTimeOffset> NextRuns { get; init; } = [];

    /// <summary>The id of the job of its next run; null when there is none.</summary>
    public string? NextJobId { get; init; }

    /// <summary>What an operator should know of it; null when all is well.</summary>
    public string? Problem { get; init; }

    /// <summary>The name of the connection it came from.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    internal ReadOnlyMemory<byte>? RawData { get => data.Raw; init => data = new(value); }

    internal ReadOnlyMemory<byte>? RawOptions { get => options.Raw; init => options = new(value); }

    /// <summary>The data of its jobs.</summary>
    /// <returns>The JSON, or null when there is none or it is not JSON.</returns>
    public JsonElement? GetData() => data.Parse();

    /// <summary>The data of its jobs as stored.</summary>
    /// <returns>The text, or null when there is none.</returns>
    public string? GetDataText() => data.Text;

    /// <summary>The options of its jobs.</summary>
    /// <returns>The JSON, or null when there are none.</returns>
    public JsonElement? GetOptions() => options.Parse();

    /// <summary>The options of its jobs as stored.</summary>
    /// <returns>The text, or null when there are none.</returns>
    public string? GetOptionsText() => options.Text;

    /// <summary>The scheduler in words: <c>scheduler nightly in queue reports</c>.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => $"scheduler {Id} in queue {Queue}";
}

/// <summary>What a scheduler shall be like. All of it counts: what is null is not set.</summary>
public sealed record JobSchedulerSettings
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The name of its jobs; null for the id.</summary>
    public string? Name { get; init; }

    /// <summary>The cron pattern.</summary>
    public string? Pattern { get; init; }

    /// <summary>The time zone of the pattern.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The interval.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>How far its runs lie behind full intervals.</summary>
    public TimeSpan? Offset { get; init; }

    /// <summary>How often it may run in all.</summary>
    public long? Limit { get; init; }

    /// <summary>When it begins.</summary>
    public DateTimeOffset? StartDate { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset? EndDate { get; init; }

    /// <summary>The data of its jobs as JSON text.</summary>
    public string Data { get; init; } = "{}";

    /// <summary>The options of its jobs as JSON text, in the server's own names.</summary>
    public string Options { get; init; } = "{}";
}
