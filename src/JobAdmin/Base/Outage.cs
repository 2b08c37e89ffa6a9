namespace JobAdmin.Base;

/// <summary>How long a wait puts up with an HTTP server that has answered before, and is away or started anew. A connection to Redis waits by itself.</summary>
/// <param name="server">The server.</param>
internal sealed class Outage(IJobServer server)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromSeconds(1);
    private long? answered;

    /// <summary>Looks, again and again while the server is away.</summary>
    /// <param name="look">Asks the server.</param>
    /// <param name="token">Stops it.</param>
    public async Task OutlastAsync(Func<Task> look, CancellationToken token)
    {
        while (true)
        {
            try
            {
                await look().ConfigureAwait(false);
                answered = TimeProvider.System.GetTimestamp();
                return;
            }
            catch (JobServerException e) when (MayPass(e))
            {
                await Task.Delay(Pause, token).ConfigureAwait(false);
            }
        }
    }

    private bool MayPass(JobServerException e) => server.Connection.Kind != JobServerKind.Redis
        && answered is { } last && TimeProvider.System.GetElapsedTime(last) < Longest
        && (e.Kind is JobErrorKind.Connection or JobErrorKind.Timeout || e.ErrorId is "ServerError" or "RateLimited");
}
