using System.Threading.RateLimiting;

namespace JobAdmin.Server.Api;

/// <summary>Lets only a few at a time look through many jobs, each for a bounded time.</summary>
internal sealed class ScanGate(Hosting.ServerOptions options) : IDisposable
{
    private readonly ConcurrencyLimiter places = new(new ConcurrencyLimiterOptions { PermitLimit = 4, QueueLimit = 16, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    /// <summary>Runs a scan.</summary>
    /// <param name="call">On whose behalf.</param>
    /// <param name="scan">What to do; its token ends it when the time is up.</param>
    /// <returns>Whether it came to its end; false when the time was up.</returns>
    public async Task<bool> RunAsync(ApiCall call, Func<CancellationToken, Task> scan)
    {
        using var place = await places.AcquireAsync(1, call.Stop).ConfigureAwait(false);
        if (!place.IsAcquired)
        {
            throw new ApiFault(429, "TOO_MANY_REQUESTS", "Too many searches are running") { RetryAfter = 5 };
        }

        using var time = CancellationTokenSource.CreateLinkedTokenSource(call.Stop);
        time.CancelAfter(options.ScanTime);
        try
        {
            await scan(time.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!call.Stop.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => places.Dispose();
}
