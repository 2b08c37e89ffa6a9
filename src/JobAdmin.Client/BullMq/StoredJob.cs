namespace JobAdmin.Client.BullMq;

/// <summary>A job as Redis has it, until the next one is read.</summary>
/// <param name="id">The id.</param>
/// <param name="state">The state that it was found in.</param>
/// <param name="score">Its score there, where that says more than the order.</param>
/// <param name="bytes">What the slices stand in.</param>
/// <param name="values">The values of <see cref="Fields"/>.</param>
/// <param name="log">The lines of its log.</param>
/// <param name="children">Its children; null when it has none.</param>
internal readonly ref struct StoredJob(ReadOnlySpan<byte> id, JobState state, ReadOnlySpan<byte> score, ReadOnlySpan<byte> bytes, ReadOnlySpan<Slice> values, ReadOnlySpan<Slice> log, JobChildren? children)
{
    /// <summary>Places of the fields: those of <see cref="JobRows.Fields"/>, and what stands behind them.</summary>
    public const int Name = 0, Timestamp = 1, ProcessedOn = 2, FinishedOn = 3, FailedReason = 4, Progress = 5, AttemptsMade = 6, OldAttemptsMade = 7, AttemptsStarted = 8, Stalled = 9,
        Priority = 10, ProcessedBy = 12, Parent = 13, Scheduler = 14, Deduplication = 15, DeferredFailure = 16, Options = 17, Data = 18, ReturnValue = 19, StackTrace = 20, Count = 21;

    /// <summary>The fields.</summary>
    public static readonly FieldNames Fields = new([.. JobRows.Fields, "data", "returnvalue", "stacktrace"]);

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly ReadOnlySpan<Slice> values = values, log = log;

    public ReadOnlySpan<byte> Id { get; } = id;

    public JobState State { get; } = state;

    public ReadOnlySpan<byte> Score { get; } = score;

    public JobChildren? Children { get; } = children;

    /// <summary>How many lines its log has.</summary>
    public int LogLines => log.Length;

    /// <summary>A value, empty when there is none.</summary>
    /// <param name="field">The field's place.</param>
    public ReadOnlySpan<byte> this[int field] => values[field].Of(bytes);

    public bool Has(int field) => !values[field].IsMissing;

    /// <summary>How many attempts were made.</summary>
    public int Attempts => JobValues.Count(Number(AttemptsMade) ?? Number(OldAttemptsMade)) ?? 0;

    /// <summary>A field that is a number; null where it is none.</summary>
    public long? Number(int field) => JobValues.TryNumber(this[field], out var number) ? number : null;

    /// <summary>A field that is a time.</summary>
    public DateTimeOffset? Time(int field) => Number(field) is { } milliseconds ? JobRows.FromMilliseconds(milliseconds) : null;

    /// <summary>A line of its log.</summary>
    public ReadOnlySpan<byte> LogLine(int line) => log[line].Of(bytes);
}
