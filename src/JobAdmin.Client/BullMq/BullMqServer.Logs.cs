using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Jobs' logs, a part at a time.</summary>
internal sealed partial class BullMqServer : IJobLogs
{
    public async Task<JobLogPage?> GetLogAsync(string queue, string id, long skip, int count, bool fromEnd, CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var keys = Keys(queue);
        var answer = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("log"), reads: true, [keys.Meta], [keys.Base, id, skip, count, fromEnd ? 1 : 0], cancellationToken).ConfigureAwait(false))!;
        return (long)answer[0] == 0 ? null : new JobLogPage((long)answer[2], (string[])answer[3]!, (long)answer[1]);
    }
}
