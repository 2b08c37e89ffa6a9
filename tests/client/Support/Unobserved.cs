using System.Collections.Concurrent;

namespace JobAdmin.Client.Tests;

/// <summary>Errors of tasks that nobody looked at: in a user's session they would vanish, or end it.</summary>
internal sealed class Unobserved : IDisposable
{
    private readonly ConcurrentQueue<string> found = new();

    public Unobserved() => TaskScheduler.UnobservedTaskException += Note;

    /// <summary>Fails when there were any of ours.</summary>
    public void Check()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        if (!found.IsEmpty)
        {
            throw new InvalidOperationException($"{found.Count} errors of tasks were not observed, first: {found.First()}");
        }
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= Note;

    private void Note(object? sender, UnobservedTaskExceptionEventArgs e)
    {
        var text = e.Exception.ToString();
        // What the tests' own helpers leave lying is none of the client's.
        if (text.Contains("JobAdmin.Client.BullMq", StringComparison.Ordinal) || text.Contains("JobAdmin.Client.Http.", StringComparison.Ordinal))
        {
            found.Enqueue(text);
        }
    }
}
