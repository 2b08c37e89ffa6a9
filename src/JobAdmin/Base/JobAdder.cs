namespace JobAdmin.Base;

/// <summary>What cmdlets that add jobs share: sending, and telling what became of each.</summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="size">How many go in one call.</param>
/// <param name="passThru">Whether outcomes are written.</param>
/// <param name="send">Adds some.</param>
/// <param name="pacer">Spreads the jobs over time; null for as fast as it goes.</param>
/// <param name="expected">Tells outcomes that are no error although nothing was added.</param>
/// <param name="place">Where an item is added.</param>
internal sealed class JobAdder<TItem>(JobServerCmdlet cmdlet, int size, bool passThru, Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<JobOutcome>>> send,
    Pacer? pacer, Func<JobOutcome, bool> expected, Func<TItem, QueueReference> place)
{
    private readonly BatchPump<TItem, JobOutcome> pump = new(Math.Min(size, pacer?.Burst ?? size),
        pacer is null ? null : (count, token) => Pacer.WaitAsync(pacer.Reserve(count), token), send, cmdlet.Start);

    private readonly OutcomeWriter outcomes = new(cmdlet, "added", passThru);
    private ProgressReporter? progress;

    /// <summary>Jobs added so far.</summary>
    public long Done => outcomes.Done;

    /// <summary>Adds one, and writes what has become of earlier ones.</summary>
    public void Add(TItem item)
    {
        pump.Add(item);
        if (pump.IsFull)
        {
            cmdlet.Await(pump.Work);
        }

        Write();
    }

    /// <summary>Waits for what is under way.</summary>
    public void Finish()
    {
        try
        {
            for (var work = pump.Work; !work.IsCompleted; work = pump.Work)
            {
                cmdlet.Await(work);
            }

            Write();
        }
        finally
        {
            progress?.Dispose();
        }
    }

    /// <summary>Counts what was under way when the pipeline ended: it can't be called back, and gets a moment to say how it ended.</summary>
    /// <param name="advice">What is said, besides how far it came; null to say nothing.</param>
    public void Leave(string? advice)
    {
        _ = AsyncCmdlet.Settle(pump.Work);
        while (pump.TryTake(out var outcome))
        {
            outcomes.Count([outcome]);
        }

        outcomes.Conclude([.. pump.Sending.Select(place)], advice);
    }

    /// <summary>Tells what became of jobs.</summary>
    public void Write(IReadOnlyList<JobOutcome> page)
    {
        foreach (var outcome in page)
        {
            if (!expected(outcome))
            {
                outcomes.Write([outcome]);
                continue;
            }

            cmdlet.Audit.Count(outcome);
            cmdlet.Tell($"{outcome.Message}");
            if (passThru)
            {
                cmdlet.WriteObject(outcome);
            }
        }
    }

    private void Write()
    {
        while (pump.TryTake(out var outcome))
        {
            Write([outcome]);
        }

        progress ??= new ProgressReporter(cmdlet.WriteProgress, "Add jobs");
        progress.Report(outcomes.Done, null, "jobs added");
        pump.ThrowFailure();
    }
}
