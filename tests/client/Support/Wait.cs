namespace JobAdmin.Client.Tests;

/// <summary>Waiting for what others do in their own time.</summary>
internal static class Wait
{
    /// <summary>Looks again and again until it has come to that.</summary>
    /// <param name="reached">Whether it has.</param>
    /// <param name="what">What is waited for, for the failure.</param>
    /// <param name="seconds">For how long.</param>
    public static async Task UntilAsync(Func<Task<bool>> reached, string what, int seconds)
    {
        for (var end = DateTimeOffset.UtcNow.AddSeconds(seconds); !await reached();)
        {
            if (DateTimeOffset.UtcNow >= end)
            {
                throw new TimeoutException($"Waited in vain until {what}.");
            }

            await Task.Delay(25, Servers.Ct);
        }
    }
}
