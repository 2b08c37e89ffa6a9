using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>The search for queues goes through all keys by a cursor, which means nothing to a server that has been restarted.</summary>
public sealed class SearchTests
{
    private const int Names = 2000, Others = 300_000;

    [Fact]
    public async Task No_queue_is_missed_when_the_server_is_restarted_under_the_search()
    {
        await using var redis = await MortalRedis.StartAsync();
        await redis.Db.ScriptEvaluateAsync($"for i = 1, {Others} do redis.call('SET', 'other' .. i, '') end for i = 1, {Names} do redis.call('HSET', 'bull:q' .. i .. ':meta', 'version', 'bullmq:6.7.0') end");
        await using var server = await ConnectAsync(redis.Options());
        for (var round = 0; round < 4; round++)
        {
            var search = SearchAsync(server);
            await Task.Delay(10 + (15 * round), Ct);
            await redis.RestartAsync(TimeSpan.Zero);
            Assert.Equal(Names, await search);
        }
    }

    private static async Task<int> SearchAsync(IJobServer server)
    {
        var found = new HashSet<string>();
        await foreach (var queue in server.GetQueuesAsync(new QueueQuery { NamesOnly = true }, Ct))
        {
            found.Add(queue.Name);
        }

        return found.Count;
    }
}
