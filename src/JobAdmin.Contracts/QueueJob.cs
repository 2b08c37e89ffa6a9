using System.Text.Json;

namespace JobAdmin;

/// <summary>One job as it was when it was read. Times are absolute with offset zero, durations are <see cref="TimeSpan"/>.</summary>
/// <remarks>Fields follow BullMQ's job hash; a server that lacks one leaves it null. Data, options, return value, stack trace and log are there only when asked for.</remarks>
public sealed class QueueJob
{
    // Most listings read none of these, and a listing may be of millions.
    private Content? content;

    /// <summary>The queue that holds the job.</summary>
    public required string Queue { get; init; }

    /// <summary>The job's id, opaque.</summary>
    public required string Id { get; init; }

    /// <summary>The job's name; empty when the hash has none.</summary>
    public string Name { get; init; } = "";

    /// <summary>The state when it was read.</summary>
    public JobState State { get; init; }

    /// <summary>The state in the server's own word.</summary>
    public string? RawState { get; init; }

    /// <summary>Progress: a number (per cent by custom), or JSON text, or null when the job reported none.</summary>
    public object? Progress { get; init; }

    /// <summary>Attempts made so far.</summary>
    public int AttemptsMade { get; init; }

    /// <summary>Attempts allowed; null when not read.</summary>
    public int? Attempts { get; init; }

    /// <summary>Attempts started so far (BullMQ 5 and later), stalls included.</summary>
    public int? AttemptsStarted { get; init; }

    /// <summary>How often the job stalled.</summary>
    public int StalledCount { get; init; }

    /// <summary>Priority: 0 is none, 1 goes first.</summary>
    public long Priority { get; init; }

    /// <summary>When the job was added.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>When a worker last took it.</summary>
    public DateTimeOffset? ProcessedOn { get; init; }

    /// <summary>When it finished.</summary>
    public DateTimeOffset? FinishedOn { get; init; }

    /// <summary>When a delayed job becomes due.</summary>
    public DateTimeOffset? DelayUntil { get; init; }

    /// <summary>The delay it was added with; zero when none.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Why it failed, in the worker's words.</summary>
    public string? FailedReason { get; init; }

    /// <summary>A reason with which the next worker fails the job without running it (set by Stop-Job), or null.</summary>
    public string? DeferredFailure { get; init; }

    /// <summary>The name of the worker that took it, when it has one.</summary>
    public string? ProcessedBy { get; init; }

    /// <summary>The id of its flow parent.</summary>
    public string? ParentId { get; init; }

    /// <summary>The queue of its flow parent.</summary>
    public string? ParentQueue { get; init; }

    /// <summary>The scheduler that produced it.</summary>
    public string? SchedulerId { get; init; }

    /// <summary>Its deduplication id.</summary>
    public string? DeduplicationId { get; init; }

    /// <summary>The id of the job that this one repeats (servers that make a new job for a retry).</summary>
    public string? OriginalId { get; init; }

    /// <summary>The id under which the result is kept (servers that keep results apart).</summary>
    public string? ResultId { get; init; }

    /// <summary>The group it belongs to (servers with groups).</summary>
    public string? GroupId { get; init; }

    /// <summary>Stack traces, newest last; null when not read.</summary>
    public IReadOnlyList<string>? StackTrace { get; init; }

    /// <summary>Log lines, oldest first; null when not read.</summary>
    public IReadOnlyList<string>? Log { get; init; }

    /// <summary>What could not be read of the job, in words; null when all could.</summary>
    public string? Problem { get; private set; }

    /// <summary>The name of the connection it came from.</summary>
    public string? Connection => Server?.Connection.Name;

    /// <summary>How long it ran, or has run so far when it is active.</summary>
    public TimeSpan? Duration =>
        ProcessedOn is not { } start ? null
        : FinishedOn is { } end ? (end >= start ? end - start : TimeSpan.Zero)
        : State == JobState.Active ? DateTimeOffset.UtcNow - start : null;

    internal IJobServer? Server { get; init; }

    internal ReadOnlyMemory<byte>? RawData
    {
        get => content?.Data.Raw;
        init
        {
            if (value is not null)
            {
                (content ??= new Content()).Data = new(value);
            }
        }
    }

    internal ReadOnlyMemory<byte>? RawOptions
    {
        get => content?.Options.Raw;
        init
        {
            if (value is not null)
            {
                (content ??= new Content()).Options = new(value);
            }
        }
    }

    internal ReadOnlyMemory<byte>? RawReturnValue
    {
        get => content?.ReturnValue.Raw;
        init
        {
            if (value is not null)
            {
                (content ??= new Content()).ReturnValue = new(value);
            }
        }
    }

    /// <summary>The job's data, parsed at the first call.</summary>
    /// <returns>The JSON, or null when it was not read or is not JSON (see <see cref="GetDataText"/>).</returns>
    public JsonElement? GetData() => content?.Data.Parse();

    /// <summary>The job's data as stored.</summary>
    /// <returns>The text, or null when it was not read.</returns>
    public string? GetDataText() => content?.Data.Text;

    /// <summary>The job's options, parsed at the first call. BullMQ's short names are as stored.</summary>
    /// <returns>The JSON, or null when it was not read or is not JSON.</returns>
    public JsonElement? GetOptions() => content?.Options.Parse();

    /// <summary>The job's options as stored.</summary>
    /// <returns>The text, or null when it was not read.</returns>
    public string? GetOptionsText() => content?.Options.Text;

    /// <summary>The job's return value, parsed at the first call.</summary>
    /// <returns>The JSON, or null when there is none, it was not read or it is not JSON.</returns>
    public JsonElement? GetReturnValue() => content?.ReturnValue.Parse();

    /// <summary>The job's return value as stored.</summary>
    /// <returns>The text, or null when there is none or it was not read.</returns>
    public string? GetReturnValueText() => content?.ReturnValue.Text;

    internal QueueJob WithProblem(string problem)
    {
        Problem = problem;
        return this;
    }

    /// <summary>The job in words: <c>job 42 in queue emails</c>.</summary>
    /// <returns>The words.</returns>
    public override string ToString() => $"job {Id} in queue {Queue}";

    private sealed class Content
    {
        public JsonField Data, Options, ReturnValue;
    }
}
