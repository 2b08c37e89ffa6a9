using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>How fast queues fill and empty, by the newest of their events.</summary>
internal sealed partial class BullMqServer : IJobRates
{
    // About a millisecond of Redis's time.
    private const int EventsForRate = 1000;

    public async Task<IReadOnlyList<JobQueueRate>> GetRatesAsync(IReadOnlyList<string> queues, TimeSpan window, CancellationToken cancellationToken)
    {
        var rates = new List<JobQueueRate>(queues.Count);
        foreach (var some in queues.Chunk(QueuesInFlight))
        {
            rates.AddRange((await Task.WhenAll(some.Select(queue => ReadRateAsync(queue, window, cancellationToken))).ConfigureAwait(false)).OfType<JobQueueRate>());
        }

        return rates;
    }

    private async Task<JobQueueRate?> ReadRateAsync(string queue, TimeSpan window, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        RedisResult[]? answer;
        try
        {
            answer = (RedisResult[]?)await runner.RunAsync(ScriptCatalog.Own("rates"), reads: true, [keys.Meta], [keys.Base, (long)window.TotalMilliseconds, EventsForRate], cancellationToken).ConfigureAwait(false);
        }
        catch (JobServerException exception) when (exception.ErrorId == "WrongKeyType")
        {
            return null;
        }

        if (answer is not [var added, var completed, var failed, var span])
        {
            return null;
        }

        var seconds = (long)span / 1000.0;
        return new JobQueueRate
        {
            Queue = queue, AddedPerSecond = (long)added / seconds, CompletedPerSecond = (long)completed / seconds, FailedPerSecond = (long)failed / seconds,
            Span = TimeSpan.FromSeconds(seconds),
        };
    }
}
