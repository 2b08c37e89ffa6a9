namespace JobAdmin;

/// <summary>A server that gives part of a job's log, so that a long one need not be read in full.</summary>
public interface IJobLogs
{
    /// <summary>Lines of a job's log.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="id">The job's id.</param>
    /// <param name="skip">Lines to leave out: at the beginning, or at the end when <paramref name="fromEnd"/>.</param>
    /// <param name="count">Lines at the most.</param>
    /// <param name="fromEnd">Whether the lines are counted from the end. They come oldest first all the same.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The lines and how many there are in all; null when there is no such job.</returns>
    Task<JobLogPage?> GetLogAsync(string queue, string id, long skip, int count, bool fromEnd, CancellationToken cancellationToken);
}

/// <summary>Part of a job's log.</summary>
/// <param name="First">The number of the first line, from 1.</param>
/// <param name="Lines">The lines, oldest first.</param>
/// <param name="Total">How many lines there are.</param>
public sealed record JobLogPage(long First, IReadOnlyList<string> Lines, long Total);

/// <summary>One line of a job's log.</summary>
public sealed class JobLogLine
{
    /// <summary>The queue.</summary>
    public required string Queue { get; init; }

    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>The number of the line, from 1.</summary>
    public long Number { get; init; }

    /// <summary>The line.</summary>
    public required string Text { get; init; }

    /// <summary>The name of the connection it came from.</summary>
    public string? Connection => Server?.Connection.Name;

    internal IJobServer? Server { get; init; }

    /// <summary>The line.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => Text;
}
