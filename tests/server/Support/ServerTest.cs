using JobAdmin.Client.Tests;

namespace JobAdmin.Server.Tests;

/// <summary>What all tests of the server begin with.</summary>
public abstract class ServerTest(Bench bench)
{
    protected Bench Bench { get; } = bench;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Waits for something, as long as it may take on a busy machine.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> done, string what)
    {
        var end = Environment.TickCount64 + 60_000;
        while (!await done())
        {
            Assert.True(Environment.TickCount64 < end, $"in vain: {what}");
            await Task.Delay(50, Ct);
        }
    }
}
