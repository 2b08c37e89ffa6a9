using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace JobAdmin.Base;

/// <summary>Sends what comes from the pipeline while more comes: the first at once, and what gathers meanwhile together.</summary>
/// <remarks>Items are added by the pipeline thread, which also takes the results; one call at a time is under way on the pool.</remarks>
/// <param name="size">How many items go in one call at the most.</param>
/// <param name="turn">Waits until so many may be sent; null for at once.</param>
/// <param name="send">Sends some.</param>
/// <param name="start">Starts work on the pool.</param>
internal sealed class BatchPump<TItem, TResult>(int size, Func<int, CancellationToken, Task>? turn, Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<TResult>>> send,
    Func<Func<CancellationToken, Task>, Task> start)
{
    private readonly object gate = new();
    private readonly ConcurrentQueue<TResult> results = new();
    private List<TItem> waiting = [];
    private volatile IReadOnlyList<TItem> sending = [];
    private Task work = Task.CompletedTask;
    private ExceptionDispatchInfo? failure;

    /// <summary>What is under way.</summary>
    public Task Work
    {
        get
        {
            lock (gate)
            {
                return work;
            }
        }
    }

    /// <summary>The items that were sent last, until there is an answer.</summary>
    public IReadOnlyList<TItem> Sending
    {
        get => sending;
        private set => sending = value;
    }

    /// <summary>Whether so much waits that the pipeline should.</summary>
    public bool IsFull
    {
        get
        {
            lock (gate)
            {
                return waiting.Count >= 2 * size;
            }
        }
    }

    /// <summary>Adds an item.</summary>
    /// <param name="item">The item.</param>
    public void Add(TItem item)
    {
        lock (gate)
        {
            waiting.Add(item);
            if (work.IsCompleted)
            {
                work = start(RunAsync);
            }
        }
    }

    /// <summary>Takes the next result.</summary>
    /// <param name="result">The result.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryTake([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TResult result) => results.TryDequeue(out result);

    /// <summary>Throws what a call ended with.</summary>
    public void ThrowFailure() => failure?.Throw();

    private async Task RunAsync(CancellationToken token)
    {
        while (true)
        {
            List<TItem> batch;
            lock (gate)
            {
                if (waiting.Count == 0 || failure is not null)
                {
                    // Whoever adds from here on starts anew.
                    work = Task.CompletedTask;
                    return;
                }

                batch = waiting.Count <= size ? waiting : waiting.GetRange(0, size);
                waiting = waiting.Count <= size ? [] : waiting.GetRange(size, waiting.Count - size);
            }

            try
            {
                await (turn?.Invoke(batch.Count, token) ?? Task.CompletedTask).ConfigureAwait(false);
                Sending = batch;
                foreach (var result in await send(batch, token).ConfigureAwait(false))
                {
                    results.Enqueue(result);
                }

                Sending = [];
            }
            catch (Exception e)
            {
                // Also what nobody expects: a task that nobody awaits would keep it to itself, and its items would be gone without a word.
                lock (gate)
                {
                    failure = ExceptionDispatchInfo.Capture(e);
                }

                Sending = e is OperationCanceledException ? Sending : [];
            }
        }
    }
}
