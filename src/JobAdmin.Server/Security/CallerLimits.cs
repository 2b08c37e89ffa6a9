using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using JobAdmin.Server.Api;

namespace JobAdmin.Server.Security;

/// <summary>How often one key may ask, and how often one address may try keys.</summary>
internal sealed class CallerLimits : IDisposable
{
    private const int KnownAtMost = 10_000;
    private readonly ConcurrentDictionary<(string Address, string Key), bool> known = new();
    private readonly PartitionedRateLimiter<string>? byKey;
    private readonly PartitionedRateLimiter<string> tries;

    public CallerLimits(Hosting.ServerOptions options)
    {
        byKey = options.RateLimit == 0 ? null : PartitionedRateLimiter.Create<string, string>(name => RateLimitPartition.GetTokenBucketLimiter(name, _ => Bucket(options.RateLimit, 5 * options.RateLimit)));
        tries = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(address, _ => Bucket(1, options.WrongKeys)));
    }

    /// <summary>Counts a request of a key.</summary>
    public void Count(AccessKey key)
    {
        using var lease = byKey?.AttemptAcquire(key.Name);
        if (lease is { IsAcquired: false })
        {
            throw TooMany("Too many requests");
        }
    }

    /// <summary>Counts a key that an address tries. When it has tried too many it is not told whether this one is right, or it could go on guessing;
    /// a key that was let in from there before is not held up by what others there try.</summary>
    public void CountTry(string address, AccessKey? key)
    {
        if (key is not null && known.ContainsKey((address, key.Name)))
        {
            return;
        }

        using var lease = tries.AttemptAcquire(address);
        if (!lease.IsAcquired)
        {
            throw TooMany("Too many wrong keys");
        }

        if (key is not null && known.Count < KnownAtMost)
        {
            known.TryAdd((address, key.Name), true);
        }
    }

    public void Dispose()
    {
        byKey?.Dispose();
        tries.Dispose();
    }

    private static ApiFault TooMany(string message) => new(429, "TOO_MANY_REQUESTS", message) { RetryAfter = 1 };

    private static TokenBucketRateLimiterOptions Bucket(int aSecond, int atOnce) => new()
    {
        TokenLimit = atOnce, TokensPerPeriod = Math.Max(1, aSecond / 10), ReplenishmentPeriod = aSecond >= 10 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1), QueueLimit = 0,
    };
}
