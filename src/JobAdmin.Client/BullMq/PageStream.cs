using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Makes a stream of pages that reads one page ahead of its consumer, from the second page on: whoever stops at the first page makes no more be read.</summary>
internal static class PageStream
{
    public static async IAsyncEnumerable<T> ReadAsync<T>(Func<CancellationToken, Task<T?>> next, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T?>? ahead = null;
        try
        {
            var page = await next(stop.Token).ConfigureAwait(false);
            for (var first = true; page is not null; first = false)
            {
                ahead = first ? null : next(stop.Token);
                yield return page;
                page = await (ahead ?? next(stop.Token)).ConfigureAwait(false);
                ahead = null;
            }
        }
        finally
        {
            if (ahead is not null)
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
