using JobAdmin.Watching;

namespace JobAdmin.Screen;

/// <summary>The screen of queues: reads keys, looks at the servers, draws.</summary>
public sealed class QueueScreen : IQueueScreen
{
    private static readonly TimeSpan KeyPause = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ITerminal terminal;
    private readonly TimeProvider clock;

    /// <summary>The screen on this process's terminal.</summary>
    public QueueScreen()
        : this(new ConsoleTerminal(), TimeProvider.System)
    {
    }

    internal QueueScreen(ITerminal terminal, TimeProvider clock) => (this.terminal, this.clock) = (terminal, clock);

    bool IQueueScreen.IsPossible => terminal.IsPresent;

    void IQueueScreen.Restore() => terminal.Leave();

    async Task IQueueScreen.RunAsync(QueueScreenOptions options, CancellationToken token)
    {
        var state = new QueueScreenState(options);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (options.Timeout is { } timeout)
        {
            ending.CancelAfter(timeout);
        }

        try
        {
            // The first look comes before the screen: what is wrong from the start is said where it stays to be read.
            string? problem = null;
            var samples = await options.Sampler.ReadAsync(e => problem = e.Message, ending.Token).ConfigureAwait(false);
            new Look(samples, null, problem).Apply(state, clock.GetUtcNow());
            terminal.Enter();
            await LoopAsync(state, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The time is over.
        }
        finally
        {
            terminal.Leave();
            await ending.CancelAsync().ConfigureAwait(false);
        }
    }

    // All of the state is changed here, between two frames: the reads only bring what they found.
    private async Task LoopAsync(QueueScreenState state, CancellationToken token)
    {
        var looked = clock.GetTimestamp();
        Task<Look>? look = null;
        Task<Look>? failures = null;
        QueueRow? failuresOf = null;
        (int, int) size = default;
        for (var dirty = true; !state.Quit; dirty = false)
        {
            while (terminal.ReadKey() is { } key)
            {
                QueueScreenKeys.Press(state, key);
                dirty = true;
            }

            if (look is { IsCompleted: true })
            {
                (await look.ConfigureAwait(false)).Apply(state, clock.GetUtcNow());
                (look, failuresOf, dirty) = (null, null, true);
            }
            else if (look is not null && clock.GetElapsedTime(looked) is var silent && silent > Patience)
            {
                var problem = $"No answer for {(int)silent.TotalSeconds} s.";
                dirty |= problem != state.Problem;
                state.Problem = problem;
            }
            else if (look is null && !state.Paused && clock.GetElapsedTime(looked) >= state.Interval)
            {
                looked = clock.GetTimestamp();
                look = Task.Run(() => LookAsync(state.Options.Sampler, token), token);
            }

            if (failures is { IsCompleted: true })
            {
                (await failures.ConfigureAwait(false)).Apply(state, clock.GetUtcNow());
                (failures, dirty) = (null, true);
            }
            else if (failures is null && state.ShowsFailures && state.SelectedRow is { } row && failuresOf != row)
            {
                failuresOf = row;
                var most = QueueFrame.FailuresFor(terminal.Size.Height);
                failures = Task.Run(() => FailuresAsync(row.Sample, most, token), token);
            }

            if (dirty || size != terminal.Size)
            {
                size = terminal.Size;
                terminal.Show(QueueFrame.Draw(state, terminal.Size.Width, terminal.Size.Height));
            }

            await Task.Delay(KeyPause, clock, token).ConfigureAwait(false);
        }
    }

    /// <summary>What a read found; null for what it did not look for.</summary>
    private sealed record Look(IReadOnlyList<JobQueueSample>? Samples, IReadOnlyList<QueueJob>? Failures, string? Problem)
    {
        public void Apply(QueueScreenState state, DateTimeOffset now)
        {
            if (Samples is not null)
            {
                state.Take(Samples, now);
            }

            state.Failures = Failures ?? state.Failures;
            state.Problem = Samples is not null ? Problem : Problem ?? state.Problem;
        }
    }

    // A server that is away for a while is no reason to end: it is said, and the next look tries again.
    private static async Task<Look> LookAsync(JobQueueSampler sampler, CancellationToken token)
    {
        string? problem = null;
        try
        {
            return new Look(await sampler.ReadAsync(e => problem = e.Message, token).ConfigureAwait(false), null, problem);
        }
        catch (JobServerException e)
        {
            return new Look(null, null, $"{e.Message} Trying again.");
        }
    }

    private static async Task<Look> FailuresAsync(JobQueueSample sample, int most, CancellationToken token)
    {
        try
        {
            return new Look(null, await JobQueueSampler.ReadFailuresAsync(sample, most, token).ConfigureAwait(false), null);
        }
        catch (JobServerException e)
        {
            return new Look(null, [], e.Message);
        }
    }
}
