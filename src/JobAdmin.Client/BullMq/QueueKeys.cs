using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>The names of one queue's keys.</summary>
internal readonly record struct QueueKeys
{
    public QueueKeys(string prefix, string queue)
    {
        if (queue.Length == 0 || queue.Contains(':'))
        {
            throw new JobServerException("InvalidQueueName", JobErrorKind.InvalidInput, $"'{queue}' can't be a queue name: it is empty or has a colon.",
                "Give the queue's name alone; the part before it in the Redis key is the prefix (Connect-JobServer -Prefix).")
            { Target = queue };
        }

        Prefix = prefix;
        Queue = queue;
        Base = $"{prefix}:{queue}:";
    }

    public string Prefix { get; }

    public string Queue { get; }

    /// <summary>Everything before a key's own word, with the colon.</summary>
    public string Base { get; }

    public RedisKey this[string word] => Base + word;

    public RedisKey Meta => Base + "meta";

    public RedisKey Events => Base + "events";
}
