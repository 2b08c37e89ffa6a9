using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Leaving out the first jobs of a listing without reading them, where nothing is filtered.</summary>
internal sealed partial class BullMqServer
{
    /// <summary>From how many jobs on they are jumped over. Fewer are read along and dropped: that costs no further round trip.</summary>
    public const int SkipWorthAJump = 50;

    /// <summary>How many jobs of a state can be left out at once: all of them, or those before the place to begin at; 0 when they have to be read.</summary>
    private async Task<long> JumpAsync(JobQuery query, JobState state, long skip, CancellationToken cancellationToken)
    {
        if (skip < SkipWorthAJump || !query.Filter.IsEmpty)
        {
            return 0;
        }

        var command = StateWords.IsList(state) ? "LLEN" : "ZCARD";
        var length = (long)await runner.CommandAsync(reads: true, command, [Keys(query.Queue)[StateWords.KeyWord(state)!]], cancellationToken).ConfigureAwait(false);
        return Math.Min(skip, length);
    }

    /// <summary>A walk through a sorted set that goes on behind the first of its jobs.</summary>
    private async Task<SetCursor> CursorAfterAsync(QueueKeys keys, JobState state, bool newestFirst, long jobs, CancellationToken cancellationToken)
    {
        if (jobs == 0)
        {
            return SetCursor.Start;
        }

        var answer = (RedisResult[])(await runner.CommandAsync(reads: true, newestFirst ? "ZREVRANGE" : "ZRANGE", [keys[StateWords.KeyWord(state)!], jobs - 1, jobs - 1, "WITHSCORES"],
            cancellationToken).ConfigureAwait(false))!;
        return answer.Length == 2 ? new SetCursor((string)answer[1]!, (string)answer[0]!) : SetCursor.Start;
    }
}
