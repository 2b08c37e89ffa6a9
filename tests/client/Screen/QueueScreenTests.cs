using JobAdmin.Screen;
using JobAdmin.Watching;

namespace JobAdmin.Client.Tests.Screen;

/// <summary>The screen from its opening to its end, on a terminal in memory.</summary>
public sealed class QueueScreenTests
{
    private readonly FakeQueues server = new();
    private readonly FakeTerminal terminal = new();

    public QueueScreenTests()
    {
        server.Queue("mails", new JobCounts { Waiting = 5, Failed = 1 });
        server.Failed.Add(new QueueJob { Queue = "mails", Id = "7", Name = "send", FailedReason = "550 no such user", FinishedOn = DateTimeOffset.UtcNow });
    }

    [Fact]
    public async Task It_shows_looks_again_and_gives_the_terminal_back()
    {
        var run = RunAsync(TestContext.Current.CancellationToken);
        await terminal.UntilAsync(frame => frame.Any(line => line.Contains("550 no such user")));
        Assert.True(terminal.IsOpen);
        server.Queue("reports", new JobCounts { Waiting = 9 });
        await terminal.UntilAsync(frame => frame.Any(line => line.Contains("reports")));
        terminal.Type("q");
        await run;
        Assert.False(terminal.IsOpen);
        Assert.Equal(1, terminal.Leaves);
    }

    [Fact]
    public async Task A_new_size_is_drawn_at_once()
    {
        var run = RunAsync(TestContext.Current.CancellationToken);
        await terminal.UntilAsync(frame => frame.Count == 24);
        terminal.Type("p");
        await terminal.UntilAsync(frame => frame.Any(line => line.Contains("PAUSED")));
        var looks = server.Looks;
        terminal.Size = (120, 40);
        await terminal.UntilAsync(frame => frame.Count == 40);
        Assert.InRange(server.Looks, looks, looks + 1);
        terminal.Type("q");
        await run;
    }

    [Fact]
    public async Task A_stop_gives_the_terminal_back()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = RunAsync(stop.Token);
        await terminal.UntilAsync(frame => frame.Count > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        Assert.False(terminal.IsOpen);
    }

    [Fact]
    public async Task Time_ends_it()
    {
        await RunAsync(TestContext.Current.CancellationToken, TimeSpan.FromMilliseconds(300));
        Assert.False(terminal.IsOpen);
    }

    [Fact]
    public async Task A_server_that_is_away_later_is_said_and_asked_again()
    {
        var run = RunAsync(TestContext.Current.CancellationToken);
        await terminal.UntilAsync(frame => frame.Count > 0);
        server.Error = new JobServerException("ConnectionFailed", JobErrorKind.Connection, "The line is dead.");
        await terminal.UntilAsync(frame => frame[^1].Contains("The line is dead. Trying again."));
        server.Error = null;
        await terminal.UntilAsync(frame => frame[^1].Contains("quit"));
        terminal.Type("q");
        await run;
    }

    [Fact]
    public async Task One_that_is_away_from_the_start_is_an_error_before_the_screen_opens()
    {
        server.Error = new JobServerException("ConnectionFailed", JobErrorKind.Connection, "The line is dead.");
        await Assert.ThrowsAsync<JobServerException>(() => RunAsync(TestContext.Current.CancellationToken));
        Assert.Empty(terminal.Frame);
    }

    private Task RunAsync(CancellationToken token, TimeSpan? timeout = null)
    {
        IQueueScreen screen = new QueueScreen(terminal, TimeProvider.System);
        var sampler = new JobQueueSampler([new WatchedServer(server, null)], TimeSpan.FromSeconds(1), TimeProvider.System);
        return screen.RunAsync(new QueueScreenOptions { Sampler = sampler, Interval = TimeSpan.FromMilliseconds(200), Timeout = timeout }, token);
    }
}
