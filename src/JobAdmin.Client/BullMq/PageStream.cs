using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Makes a stream of pages that reads one page ahead of its consumer, from the second page on: whoever stops at the first page makes no more be read.</summary>
internal static class PageStream
{
    /// <summary>Streams pages.</summary>
    /// <param name="next">Reads the next page; null at the end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IAsyncEnumerable<T> ReadAsync<T>(Func<CancellationToken, Task<T?>> next, CancellationToken cancellationToken)
        where T : class => ReadAsync(next, null, cancellationToken);

    /// <summary>Streams pages.</summary>
    /// <param name="next">Reads the next page; null at the end.</param>
    /// <param name="reader">What is disposed of at the end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T>(Func<CancellationToken, Task<T?>> next, IDisposable? reader, [EnumeratorCancellation] CancellationToken cancellationToken)
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

            reader?.Dispose();
        }
    }
}
