using JobAdmin.Checkpoints;

namespace JobAdmin.Base;

/// <summary>Gathers jobs into windows and sends them while more are read: a full window at once, a partial one when its first job has waited a moment.</summary>
/// <remarks>Jobs are added and windows taken by the pipeline thread; a timer of the pool sends what a slow pipeline leaves lying.</remarks>
internal sealed class ChangeEngine : IDisposable
{
    /// <summary>Windows under way at once: one that Redis works on, and one on its way.</summary>
    public const int MaxUnderWay = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(20);

    private readonly object gate = new();
    private readonly Queue<ChangeWindow> sent = new();
    private readonly Func<Func<CancellationToken, Task>, Task> start;
    private readonly ChangeJobs change;
    private readonly Pacer? pacer;
    private readonly int size;
    private readonly Timer timer;
    private ChangeWindow open = new();
    private Task follows = Task.CompletedTask;
    private bool closed;

    /// <summary>Makes an engine.</summary>
    /// <param name="change">The change.</param>
    /// <param name="size">Jobs in a window at the most.</param>
    /// <param name="pacer">Spreads the jobs over time; null for as fast as it goes.</param>
    /// <param name="start">Starts work on the pool.</param>
    public ChangeEngine(ChangeJobs change, int size, Pacer? pacer, Func<Func<CancellationToken, Task>, Task> start)
    {
        this.change = change;
        this.size = pacer is null ? size : Math.Min(size, pacer.Burst);
        this.pacer = pacer;
        this.start = start;
        timer = new Timer(_ => SendAged());
    }

    /// <summary>How many windows are sent and not taken back.</summary>
    public int Sent
    {
        get
        {
            lock (gate)
            {
                return sent.Count;
            }
        }
    }

    /// <summary>Adds a job.</summary>
    /// <param name="job">The job.</param>
    public void Add(JobReference job)
    {
        lock (gate)
        {
            open.Jobs.Add(job);
            if (open.Jobs.Count >= size)
            {
                Send();
            }
            else if (open.Jobs.Count == 1)
            {
                timer.Change(Patience, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Sends what is left.</summary>
    public void Flush()
    {
        lock (gate)
        {
            if (open.Jobs.Count > 0)
            {
                Send();
            }
        }
    }

    /// <summary>The oldest window that was sent.</summary>
    /// <returns>The window, or null when there is none.</returns>
    public ChangeWindow? Oldest()
    {
        lock (gate)
        {
            return sent.TryPeek(out var oldest) ? oldest : null;
        }
    }

    /// <summary>Takes the oldest window back.</summary>
    public void Take()
    {
        lock (gate)
        {
            sent.Dequeue();
        }
    }

    /// <summary>Sends nothing more, and gives up what was not sent.</summary>
    /// <returns>The windows under way.</returns>
    public IReadOnlyList<ChangeWindow> Close()
    {
        lock (gate)
        {
            closed = true;
            return [.. sent];
        }
    }

    /// <summary>Stops the timer.</summary>
    public void Dispose()
    {
        Close();
        timer.Dispose();
    }

    private void SendAged()
    {
        lock (gate)
        {
            if (closed || open.Jobs.Count == 0)
            {
                return;
            }

            if (sent.Count(window => !window.Work.IsCompleted) < MaxUnderWay)
            {
                Send();
            }
            else
            {
                timer.Change(Recheck, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Send()
    {
        var window = open;
        open = new ChangeWindow();
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var place = pacer?.Reserve(window.Jobs.Count) ?? 0;
        var previous = follows;
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        follows = called.Task;
        window.Work = start(async token =>
        {
            try
            {
                await previous.WaitAsync(token).ConfigureAwait(false);
                await Pacer.WaitAsync(place, token).ConfigureAwait(false);
                await window.SendAsync(change, () => called.TrySetResult(), token).ConfigureAwait(false);
            }
            finally
            {
                called.TrySetResult();
            }
        });
        sent.Enqueue(window);
    }
}
