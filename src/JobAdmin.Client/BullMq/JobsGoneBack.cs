using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Which jobs of a queue go back to an earlier state while its states are walked in the order of <see cref="StateWords.Course"/>: they may be in none of
/// them when it is walked. The queue's events tell it.</summary>
internal sealed class JobsGoneBack(IJobServer server, ScriptRunner runner, string queue, RedisKey events)
{
    private const int Pause = 500, MostRounds = 5;

    private readonly StreamPosition position = new(queue, events);
    private readonly HashSet<string> ids = new(StringComparer.Ordinal);
    private bool isOpen, isSwitched;
    private int rounds;
    private long nextAt;

    /// <summary>The jobs that went back so far.</summary>
    public IReadOnlyCollection<string> Ids => ids;

    /// <summary>Why some may be missing, or null when none is.</summary>
    public string? Doubt { get; private set; }

    /// <summary>Begins where the events end now.</summary>
    public Task BeginAsync(CancellationToken stop) => TryAsync(async () =>
    {
        await position.SeekEndAsync(runner, stop).ConfigureAwait(false);
        isOpen = true;
    });

    /// <summary>Reads on from time to time, so that a busy queue drops no event before it was read.</summary>
    public Task FollowAsync(CancellationToken stop) => Environment.TickCount64 < nextAt ? Task.CompletedTask : ReadAsync(stop);

    /// <summary>Reads the events so far, if it was begun and they may be read.</summary>
    public async Task ReadAsync(CancellationToken stop)
    {
        if (!isOpen)
        {
            return;
        }

        await TryAsync(async () =>
        {
            var end = new StreamPosition(queue, events);
            await end.SeekEndAsync(runner, stop).ConfigureAwait(false);
            while (StreamPosition.Compare(position.LastId, end.LastId) < 0 && await position.ReadAsync(server, runner, stop).ConfigureAwait(false) is { Count: > 0 } read)
            {
                Take(read);
            }
        }).ConfigureAwait(false);
        nextAt = Environment.TickCount64 + Pause;
    }

    /// <summary>Whether the queue was paused or resumed since this was asked last, so that lists with other names since are walked once more: a few times, since somewhere it
    /// has to end.</summary>
    public bool IsToBeWalkedAgain()
    {
        var isAgain = isSwitched && rounds++ < MostRounds;
        Doubt ??= isSwitched && !isAgain ? "it was paused and resumed again and again" : null;
        isSwitched = false;
        return isAgain;
    }

    private void Take(List<JobEvent> read)
    {
        JobEvent? before = null;
        foreach (var one in read)
        {
            if (one.IsGap)
            {
                Doubt ??= "events of the queue were dropped before they could be read";
            }

            // A job that is new and delayed has both events at once; one that is due, or whose children are done, goes on and not back.
            var isBack = one.Event switch
            {
                "delayed" => before is not { Event: "added" } || before.Id != one.Id,
                "waiting" => one.Previous is "active" or "failed" or "completed",
                "waiting-children" => true,
                _ => false,
            };
            if (isBack && one.Id is { } id)
            {
                ids.Add(id);
            }

            isSwitched |= one.Event is "paused" or "resumed";
            before = one;
        }
    }

    private async Task TryAsync(Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (JobServerException e) when (e.Kind is JobErrorKind.Access)
        {
            isOpen = false;
            Doubt ??= "this user may not read the queue's events";
        }
    }
}
