namespace JobAdmin.Base;

/// <summary>What cmdlets that add jobs share: sending, and telling what became of each.</summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="size">How many go in one call.</param>
/// <param name="passThru">Whether outcomes are written.</param>
/// <param name="send">Adds some.</param>
/// <param name="pacer">Spreads the jobs over time; null for as fast as it goes.</param>
/// <param name="expected">Tells outcomes that are no error although nothing was added.</param>
internal sealed class JobAdder<TItem>(JobServerCmdlet cmdlet, int size, bool passThru, Func<IReadOnlyList<TItem>, CancellationToken, Task<IReadOnlyList<JobOutcome>>> send,
    Pacer? pacer, Func<JobOutcome, bool> expected)
{
    private readonly BatchPump<TItem, JobOutcome> pump = new(Math.Min(size, pacer?.Burst ?? size), async (items, token) =>
    {
        if (pacer is not null)
        {
            await Pacer.WaitAsync(pacer.Reserve(items.Count), token).ConfigureAwait(false);
        }

        return await send(items, token).ConfigureAwait(false);
    }, cmdlet.Start);

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
