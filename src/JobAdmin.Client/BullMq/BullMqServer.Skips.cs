using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Leaving out the first jobs of a listing without reading them, where nothing is filtered.</summary>
internal sealed partial class BullMqServer
{
    /// <summary>From how many jobs on they are jumped over. Fewer are read along and dropped: that costs no further round trip.</summary>
    public const int SkipWorthAJump = 50;

    /// <summary>How many jobs of a state can be left out at once: all of them, or those before the place to begin at; 0 when they have to be read.</summary>
    private async Task<long> JumpAsync(JobQuery query, JobState state, JobState? otherName, long skip, CancellationToken cancellationToken)
    {
        if (skip < SkipWorthAJump || !query.Filter.IsEmpty)
        {
            return 0;
        }

        return Math.Min(skip, await LengthAsync(query.Queue, state, otherName, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>How many jobs a state has.</summary>
    private async Task<long> LengthAsync(string queue, JobState state, JobState? otherName, CancellationToken cancellationToken)
    {
        if (otherName is not null)
        {
            // Both names at one moment: in between the list could go from the second to the first, or be counted under each.
            var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
            return profile.WaitLength + profile.PausedLength;
        }

        return (long)await runner.CommandAsync(reads: true, StateWords.IsList(state) ? "LLEN" : "ZCARD", [Keys(queue)[StateWords.KeyWord(state)!]], cancellationToken).ConfigureAwait(false);
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
