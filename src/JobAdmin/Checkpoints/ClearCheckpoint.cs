namespace JobAdmin.Checkpoints;

/// <summary>How far the clearing of queues has come, so that another run goes on with what was meant at first: not with what has come since.</summary>
/// <remarks>What was deleted is not there any more, so nothing is noted of single jobs. How many were meant is, for -Max.</remarks>
internal sealed class ClearCheckpoint(string path, CheckpointHeader run) : CheckpointRun(path, run)
{
    private readonly Dictionary<string, long> open = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> cleared = new(StringComparer.Ordinal);

    /// <summary>The queues that have been begun, and not been cleared whole.</summary>
    public IReadOnlyCollection<string> Open => open.Keys;

    /// <summary>How many jobs of the queues that have been cleared were deleted.</summary>
    public long Deleted => cleared.Values.Sum();

    /// <inheritdoc/>
    public override bool HasOpen => open.Count > 0;

    /// <inheritdoc/>
    protected override string Sum => open.Count == 0 ? $"{Deleted:N0} jobs" : $"{Deleted:N0} jobs and a part of {open.Values.Sum():N0}";

    /// <summary>Whether a queue has been cleared.</summary>
    public bool IsCleared(string queue) => cleared.ContainsKey(queue);

    /// <summary>Says that a queue is about to be cleared. The first time counts.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="matched">How many jobs are meant, by what is there now.</param>
    /// <returns>How many of them earlier runs deleted.</returns>
    public long Begin(string queue, long matched)
    {
        if (!open.ContainsKey(queue))
        {
            Write(new CheckpointLine { Queue = queue, Matched = matched }, lasting: true);
        }

        return Gone(queue, matched);
    }

    /// <summary>How many of the jobs that were meant of a queue that has not been cleared whole are gone.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="left">How many are there now.</param>
    public long Gone(string queue, long left) => Math.Max(0, open[queue] - left);

    /// <summary>Says that a queue has been cleared.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="deleted">How many of its jobs were deleted, in all runs.</param>
    public void End(string queue, long deleted) => Write(new CheckpointLine { Queue = queue, Deleted = deleted }, lasting: false);

    /// <inheritdoc/>
    protected override void Take(CheckpointLine line)
    {
        if (line is { Queue: { } next, Matched: { } matched })
        {
            open[next] = matched;
        }
        else if (line is { Queue: { } queue, Deleted: { } deleted })
        {
            cleared[queue] = open.Remove(queue) ? deleted : throw new InvalidDataException($"it ends queue '{queue}', which was not begun");
        }
        else
        {
            throw Stranger();
        }
    }
}
