using System.Threading.Channels;

namespace JobAdmin.Base;

/// <summary>Work for the pipeline thread. What carries data waits for room, so that a slow pipeline slows the reads; short notices never wait.</summary>
internal sealed class PipelineQueue
{
    // Two pages under way hide the round trip; more would only read what Select-Object -First throws away.
    private const int Room = 2;

    private readonly Channel<Action> actions = Channel.CreateUnbounded<Action>();
    private readonly SemaphoreSlim room = new(Room);
    private Task? arrival;

    /// <summary>Queues a short notice.</summary>
    /// <param name="notice">What the pipeline thread shall do.</param>
    public void Post(Action notice) => actions.Writer.TryWrite(notice);

    /// <summary>Queues work once there is room for it.</summary>
    /// <param name="work">What the pipeline thread shall do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PostAsync(Action work, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        actions.Writer.TryWrite(() =>
        {
            try
            {
                work();
            }
            finally
            {
                room.Release();
            }
        });
    }

    /// <summary>Queues work and waits until it is done.</summary>
    /// <param name="work">What the pipeline thread shall do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether it was done: without an exception, which would take a while at the end of a pipeline that has seen enough.</returns>
    public async Task<bool> PostAndWaitAsync(Action work, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellationToken.Register(static done => ((TaskCompletionSource<bool>)done!).TrySetResult(false), done))
        {
            await PostAsync(
                () =>
                {
                    work();
                    done.TrySetResult(true);
                },
                cancellationToken).ConfigureAwait(false);
            return await done.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Does what is queued. Only for the pipeline thread.</summary>
    public void RunPending()
    {
        while (actions.Reader.TryRead(out var action))
        {
            action();
        }
    }

    /// <summary>Throws away what is queued.</summary>
    public void Discard()
    {
        while (actions.Reader.TryRead(out _))
        {
        }
    }

    /// <summary>Waits until something is queued or a task has ended. Only for the pipeline thread.</summary>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public void WaitFor(Task task, CancellationToken cancellationToken)
    {
        arrival ??= actions.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        Task.WaitAny([task, arrival], cancellationToken);
        if (arrival.IsCompleted)
        {
            arrival = null;
        }
    }
}
