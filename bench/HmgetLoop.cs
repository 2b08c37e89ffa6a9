using System.Threading.Tasks;
using StackExchange.Redis;

/// <summary>What a listing costs at the least: the ids, and one HMGET a job, a thousand under way at once; nothing is made of the answers.</summary>
public static class HmgetLoop
{
    private static readonly RedisValue[] Fields =
    {
        "name", "timestamp", "processedOn", "finishedOn", "failedReason", "progress", "atm", "attemptsMade", "ats", "stc", "priority", "delay", "pb", "parentKey",
        "rjk", "deid", "defa", "opts",
    };

    /// <summary>Reads all failed jobs.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="prefix">What stands before a job's id.</param>
    /// <returns>How many there were.</returns>
    public static long Run(ConnectionMultiplexer connection, string prefix) => RunAsync(connection.GetDatabase(), prefix).GetAwaiter().GetResult();

    private static async Task<long> RunAsync(IDatabase db, string prefix)
    {
        long count = 0;
        for (var from = 0; ; from += 1000)
        {
            var ids = await db.SortedSetRangeByRankAsync(prefix + "failed", from, from + 999, Order.Descending).ConfigureAwait(false);
            var asked = new Task<RedisValue[]>[ids.Length];
            for (var i = 0; i < ids.Length; i++)
            {
                asked[i] = db.HashGetAsync(prefix + ids[i], Fields);
            }

            await Task.WhenAll(asked).ConfigureAwait(false);
            count += ids.Length;
            if (ids.Length < 1000)
            {
                return count;
            }
        }
    }
}
