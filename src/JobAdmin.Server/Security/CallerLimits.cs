using System.Threading.RateLimiting;
using JobAdmin.Server.Api;

namespace JobAdmin.Server.Security;

/// <summary>How often one key may ask, and how often one address may present a wrong key.</summary>
internal sealed class CallerLimits : IDisposable
{
    private readonly PartitionedRateLimiter<string>? byKey;
    private readonly PartitionedRateLimiter<string> wrong;

    public CallerLimits(Hosting.ServerOptions options)
    {
        byKey = options.RateLimit == 0 ? null : PartitionedRateLimiter.Create<string, string>(name => RateLimitPartition.GetTokenBucketLimiter(name, _ => Bucket(options.RateLimit, 5 * options.RateLimit)));
        wrong = PartitionedRateLimiter.Create<string, string>(address => RateLimitPartition.GetTokenBucketLimiter(address, _ => Bucket(1, options.WrongKeys)));
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

    /// <summary>Counts a wrong key from an address.</summary>
    public void CountWrong(string address)
    {
        using var lease = wrong.AttemptAcquire(address);
        if (!lease.IsAcquired)
        {
            throw TooMany("Too many wrong keys");
        }
    }

    public void Dispose()
    {
        byKey?.Dispose();
        wrong.Dispose();
    }

    private static ApiFault TooMany(string message) => new(429, "TOO_MANY_REQUESTS", message) { RetryAfter = 1 };

    private static TokenBucketRateLimiterOptions Bucket(int aSecond, int atOnce) => new()
    {
        TokenLimit = atOnce, TokensPerPeriod = Math.Max(1, aSecond / 10), ReplenishmentPeriod = aSecond >= 10 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1), QueueLimit = 0,
    };
}
