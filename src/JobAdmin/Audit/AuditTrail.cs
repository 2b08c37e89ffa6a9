using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Audit;

/// <summary>What one command writes down of its changes: a pair of lines for each queue, on connections that have an audit file.</summary>
/// <remarks>Changes begin and end on the pipeline thread; counts come from any.</remarks>
internal sealed class AuditTrail(PSCmdlet cmdlet)
{
    private readonly object gate = new();
    private readonly Dictionary<QueueReference, AuditEntry> current = [];
    private SortedDictionary<string, object?>? parameters;
    private AuditEntry? last;

    /// <summary>The error of an audit file that can't be written.</summary>
    public static JobServerException NotWritten(string path, string why) => new("AuditNotWritten", JobErrorKind.InvalidState,
        $"The audit file '{path}' can't be written: {why.TrimEnd('.')}.", "No change is made without its line. Make the file writable, or name another with Connect-JobServer -AuditPath or $env:JOBADMIN_AUDIT.") { Target = path };

    /// <summary>The file of a path as the user gave it.</summary>
    /// <param name="cmdlet">The cmdlet, for its drives.</param>
    /// <param name="given">The path.</param>
    public static string Resolve(PSCmdlet cmdlet, string given)
    {
        if (!Path.IsPathFullyQualified(given) && !given.StartsWith('~'))
        {
            throw NotWritten(given, "it has no folder, and the current one changes");
        }

        return cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(given);
    }

    /// <summary>Sees whether a file can be written; it is made when it isn't there.</summary>
    /// <returns>Its full path.</returns>
    public static string Open(PSCmdlet cmdlet, string given)
    {
        var path = Resolve(cmdlet, given);
        Append(path, []);
        return path;
    }

    /// <summary>Appends a line.</summary>
    public static void Append(string path, ReadOnlySpan<byte> line)
    {
        try
        {
            AuditFile.Append(path, line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw NotWritten(path, e.Message);
        }
    }

    /// <summary>Writes, where that is wanted, that a change begins. The change must not be made when this fails.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="which">Which of its jobs; null where they are named, or where the queue itself is meant.</param>
    /// <param name="reason">Why, in the user's words.</param>
    public void Begin(QueueReference queue, AuditFilter? which, string? reason)
    {
        if (queue.Server.Connection.AuditPath is not { Length: > 0 } path)
        {
            return;
        }

        lock (gate)
        {
            if (current.TryGetValue(queue, out var running) && !running.HasEnded && which is null)
            {
                return;
            }

            if (running is { HasEnded: false })
            {
                running.End("completed", null);
            }

            var entry = new AuditEntry(Resolve(cmdlet, path), cmdlet.MyInvocation.MyCommand.Name, parameters ??= BoundText.Of(cmdlet), queue, which, reason);
            entry.Begin();
            last = current[queue] = entry;
        }
    }

    /// <summary>Counts what became of a job.</summary>
    public void Count(JobOutcome outcome)
    {
        if (last is not null)
        {
            var status = outcome.Status.ToString();
            Count(outcome.Server is { } server ? new QueueReference(server, outcome.Queue) : null, char.ToLowerInvariant(status[0]) + status[1..], 1, outcome.Id);
        }
    }

    /// <summary>Counts what became of jobs, or of a queue.</summary>
    public void Count(QueueReference? queue, string outcome, long number = 1, string? id = null)
    {
        lock (gate)
        {
            var entry = queue is { } given && current.TryGetValue(given, out var found) ? found : last;
            entry?.Count(outcome, number, id);
        }
    }

    /// <summary>Writes that a change of a queue has ended.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="error">What it failed with; null when it did not.</param>
    public void End(QueueReference queue, Exception? error)
    {
        lock (gate)
        {
            if (current.TryGetValue(queue, out var entry) && !entry.HasEnded)
            {
                entry.End(error is null ? "completed" : "failed", error);
            }
        }
    }

    /// <summary>Writes that all that has not ended has.</summary>
    /// <param name="result"><c>completed</c>, <c>stopped</c> or <c>failed</c>.</param>
    /// <param name="error">What it failed with.</param>
    public void EndAll(string result, Exception? error)
    {
        lock (gate)
        {
            foreach (var entry in current.Values.Where(entry => !entry.HasEnded))
            {
                entry.End(result, error);
            }
        }
    }
}
