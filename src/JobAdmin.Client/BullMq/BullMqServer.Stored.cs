using System.Net;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Jobs as they are stored, for a server that writes them on.</summary>
internal sealed partial class BullMqServer
{
    /// <summary>Begins a part of a listing with whole jobs.</summary>
    /// <param name="query">Queue, states, order, how many jobs to leave out and to read; no filter.</param>
    /// <param name="childrenNamed">How many children to name of a job at the most; null for neither children nor logs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The part, which has to be disposed of; null when there is no lane for it: then it is read as any listing.</returns>
    public async Task<StoredPage?> OpenStoredAsync(JobQuery query, int? childrenNamed, CancellationToken cancellationToken)
    {
        await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var keys = Keys(query.Queue);
        if (await EndpointAsync(keys, cancellationToken).ConfigureAwait(false) is not { } endpoint)
        {
            return null;
        }

        var opened = false;
        var lane = await lanes.TakeAsync(endpoint, () =>
        {
            opened = true;
            return RowLane.Open(options, endpoint, "", cancellationToken, anyLine: true);
        }).ConfigureAwait(false);
        if (lane is null)
        {
            return null;
        }

        var source = new StoredSource(lanes, endpoint, keys, runner.ReadCommand, (packed, count) => ParseChildren(packed, count).ConvertAll(ToChildren));
        StoredPage? page = null;
        try
        {
            if (opened)
            {
                // So that Redis knows the script.
                await ReadChildrenAsync(query.Queue, [], 0, cancellationToken).ConfigureAwait(false);
            }

            page = new StoredPage(lane, source, query, childrenNamed, cancellationToken);
        }
        finally
        {
            if (page is null)
            {
                lanes.Return(lane, endpoint, sound: false, failed: false);
            }
            else if (page.IsBroken)
            {
                page.Dispose();
            }
        }

        return page.IsBroken ? null : page;
    }

    /// <summary>Where a queue's keys are: in a cluster, and behind Sentinel, that is for the library to know.</summary>
    private async Task<EndPoint?> EndpointAsync(QueueKeys keys, CancellationToken cancellationToken) =>
        options.SentinelMaster is null && multiplexer.GetEndPoints() is [var only] ? only
            : await runner.CallAsync(() => runner.Database.IdentifyEndpointAsync(keys.Meta, CommandFlags.PreferMaster), "EXISTS", 1, cancellationToken).ConfigureAwait(false);
}
