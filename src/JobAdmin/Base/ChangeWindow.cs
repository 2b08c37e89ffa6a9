using System.Runtime.ExceptionServices;
using JobAdmin.Checkpoints;

namespace JobAdmin.Base;

/// <summary>Jobs of the pipeline that are changed together, and what became of each.</summary>
internal sealed class ChangeWindow
{
    /// <summary>The jobs, in the order in which they came.</summary>
    public List<JobReference> Jobs { get; } = [];

    /// <summary>What became of each; null where it is not known yet.</summary>
    public JobOutcome?[] Outcomes { get; private set; } = [];

    /// <summary>What kept the rest from being changed.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    /// <summary>Changes the jobs, those of one queue in one call.</summary>
    /// <param name="change">The change.</param>
    /// <param name="called">Told when the first call is under way, so that the next window follows this one.</param>
    /// <param name="token">Stops it.</param>
    public async Task SendAsync(ChangeJobs change, Action called, CancellationToken token)
    {
        Outcomes = new JobOutcome?[Jobs.Count];
        var places = Enumerable.Range(0, Jobs.Count).GroupBy(i => (Jobs[i].Server, Jobs[i].Queue));
        try
        {
            foreach (var group in places)
            {
                var indexes = group.ToArray();
                var ids = Array.ConvertAll(indexes, i => Jobs[i].Id);
                var call = change(new QueueReference(group.Key.Server, group.Key.Queue), ids, token);
                called();
                var outcomes = await call.ConfigureAwait(false);
                for (var i = 0; i < indexes.Length; i++)
                {
                    Outcomes[indexes[i]] = outcomes[i];
                }
            }
        }
        catch (JobServerException e)
        {
            Failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            called();
        }
    }
}
