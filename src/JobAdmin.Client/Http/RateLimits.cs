using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace JobAdmin.Client.Http;

/// <summary>What a server last said of its rate limit.</summary>
internal sealed record RateLimitState(long? Limit, long? Remaining, DateTimeOffset? Reset)
{
    public bool IsNearlySpent => Remaining is { } left && Limit is > 0 and { } limit && left * 10 < limit;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Remaining?.ToString(CultureInfo.InvariantCulture) ?? "?"} of {Limit?.ToString(CultureInfo.InvariantCulture) ?? "?"} requests left")
        + (Reset is { } reset ? string.Create(CultureInfo.InvariantCulture, $" until {reset.UtcDateTime:HH:mm:ss}Z") : "");
}

/// <summary>Reads rate-limit headers, and holds every request of a connection while the server wants quiet.</summary>
internal sealed class RateLimits(TimeProvider time)
{
    private long heldUntil;

    public RateLimitState? Last { get; private set; }

    public void Note(HttpResponseHeaders headers)
    {
        var limit = Number(headers, "X-RateLimit-Limit", "RateLimit-Limit");
        var remaining = Number(headers, "X-RateLimit-Remaining", "RateLimit-Remaining");
        if (limit is not null || remaining is not null)
        {
            Last = new((long?)limit, (long?)remaining, Reset(headers));
        }
    }

    /// <summary>How long the server wants us to wait; null when it doesn't say.</summary>
    public TimeSpan? Wait(HttpResponseHeaders headers, ReadOnlySpan<byte> body)
    {
        var now = time.GetUtcNow();
        var wait = headers.RetryAfter?.Delta
            ?? (headers.RetryAfter?.Date ?? Reset(headers)) - (headers.Date ?? now)
            ?? BodyWait(body);
        return wait is { } span ? (span < TimeSpan.Zero ? TimeSpan.Zero : span) : null;
    }

    public void Hold(TimeSpan wait)
    {
        var until = time.GetUtcNow().Add(wait).UtcTicks;
        long seen;
        while ((seen = Interlocked.Read(ref heldUntil)) < until && Interlocked.CompareExchange(ref heldUntil, until, seen) != seen)
        {
        }
    }

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var left = Interlocked.Read(ref heldUntil) - time.GetUtcNow().UtcTicks;
        return left <= 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromTicks(left), time, cancellationToken);
    }

    /// <summary>When the limit starts anew. The header has epoch seconds, epoch milliseconds, seconds to go, or a date.</summary>
    private DateTimeOffset? Reset(HttpResponseHeaders headers)
    {
        var now = headers.Date ?? time.GetUtcNow();
        return Number(headers, "X-RateLimit-Reset", "RateLimit-Reset") is { } number
            ? number < 1e8 ? now.AddSeconds(Math.Max(0, number)) : ApiJson.FromEpoch(number)
            : First(headers, "X-RateLimit-Reset", "RateLimit-Reset") is { } text
                && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
    }

    private static TimeSpan? BodyWait(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.Number("retryAfter", "retry_after") is { } seconds and >= 0 and < 1e6 ? TimeSpan.FromSeconds(seconds) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static double? Number(HttpResponseHeaders headers, string name, string other) =>
        double.TryParse(First(headers, name, other), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) ? number : null;

    private static string? First(HttpResponseHeaders headers, string name, string other) =>
        headers.TryGetValues(name, out var values) || headers.TryGetValues(other, out values) ? values.FirstOrDefault() : null;
}
