namespace JobAdmin.Client.BullMq;

/// <summary>Waiting for what can't be stopped.</summary>
internal static class Leaving
{
    /// <summary>Waits for a result, or leaves it alone when the user stops: what becomes of it then is nobody's error.</summary>
    public static async Task<T> WaitOrLeaveAsync<T>(this Task<T> task, CancellationToken cancellationToken)
    {
        try
        {
            return await task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            task.Leave();
            throw;
        }
    }

    /// <summary>Looks at the error of a task that nobody waits for any more, and lets go of a result that needs it.</summary>
    public static void Leave<T>(this Task<T> task) => _ = task.ContinueWith(
        static async done =>
        {
            if (done.IsCompletedSuccessfully && done.Result is IAsyncDisposable result)
            {
                await result.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                _ = done.Exception;
            }
        },
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
