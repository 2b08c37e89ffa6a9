using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>A queue's settings: concurrency, rate limit, length of the events.</summary>
internal sealed partial class BullMqServer : IJobQueueSettings
{
    private static readonly Version ConcurrencySince = new(5, 9), RateLimitSince = new(5, 60);

    public async Task<IReadOnlyList<string>> SetQueueAsync(string queue, JobQueueSettings settings, CancellationToken cancellationToken)
    {
        RequireWrite();
        var profile = await ProfileAsync(queue, fresh: true, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(queue, destroys: false, force: false);
        var keys = Keys(queue);
        var changes = new List<object> { keys.Base };
        var notes = new List<string>();
        if (settings.Concurrency is { } concurrency)
        {
            RequireVersion(queue, profile, ConcurrencySince, "a global concurrency");
            Add("concurrency", concurrency);
        }

        if (settings.RateLimitMax is not null || settings.RateLimitDuration is not null)
        {
            RequireVersion(queue, profile, RateLimitSince, "a global rate limit");
            var (max, duration) = await RateLimitAsync(queue, keys, settings, cancellationToken).ConfigureAwait(false);
            Add("max", max);
            Add("duration", duration);
        }

        if (settings.ReleaseRateLimit)
        {
            changes.AddRange(["limiter", ""]);
        }

        if (settings.MaxEvents is { } events)
        {
            Add("opts.maxLenEvents", events);
            notes.Add($"The application writes its own number of events for queue '{queue}' when it next starts: 10,000, unless it says otherwise (streams.events.maxLen).");
        }

        if (changes.Count > 1)
        {
            await runner.RunAsync(ScriptCatalog.Own("set-queue"), reads: false, [keys.Meta], changes, cancellationToken).ConfigureAwait(false);
        }

        return notes;

        void Add(string name, long value) => changes.AddRange([name, value == 0 ? "" : value.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>Both halves of the rate limit, the one that is not given as it stands.</summary>
    private async Task<(long Max, long Duration)> RateLimitAsync(string queue, QueueKeys keys, JobQueueSettings settings, CancellationToken cancellationToken)
    {
        if (settings.RateLimitMax == 0)
        {
            return (0, 0);
        }

        var now = (RedisResult[])(await runner.CommandAsync(reads: true, "HMGET", [keys.Meta, "max", "duration"], cancellationToken).ConfigureAwait(false))!;
        var max = settings.RateLimitMax ?? (long?)now[0] ?? 0;
        var duration = settings.RateLimitDuration is { } given ? NewJobOptions.Milliseconds(given) : (long?)now[1] ?? 0;
        return max > 0 && duration > 0 ? (max, duration)
            : throw new JobServerException("RateLimitIncomplete", JobErrorKind.InvalidInput, $"A rate limit of queue '{queue}' needs both: how many jobs, and in how long.",
                "Give -RateLimitMax and -RateLimitDuration; -RateLimitMax 0 takes it away.") { Target = queue };
    }

    private static void RequireVersion(string queue, QueueProfile profile, Version since, string what)
    {
        var number = profile.Version is { } text ? text[(text.IndexOf(':') + 1)..].Split('-')[0] : null;
        var known = Version.TryParse(number, out var version) && profile.Layout is QueueLayout.BullMq4 or QueueLayout.BullMq5;
        if (profile.Layout == QueueLayout.BullMq4 || (known && version < since))
        {
            throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"The workers of queue '{queue}' ({profile.Version ?? "BullMQ 4"}) don't know {what}: BullMQ does since {since}.",
                "Upgrade the application's library, or set the limit in its workers.") { Target = queue };
        }
    }
}
