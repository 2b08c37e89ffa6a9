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

    /// <summary>The sending of it.</summary>
    public Task Work { get; set; } = Task.CompletedTask;

    /// <summary>Queues whose jobs can't be changed, such as one that is gone, and why. Those of others are changed all the same.</summary>
    public List<(QueueReference Queue, JobServerException Error)> Refused { get; } = [];

    /// <summary>What kept the rest from being changed.</summary>
    public ExceptionDispatchInfo? Failure { get; private set; }

    /// <summary>Changes the jobs, those of one queue in one call.</summary>
    /// <param name="change">The change.</param>
    /// <param name="called">Told when the first call is under way, so that the next window follows this one.</param>
    /// <param name="token">Stops it.</param>
    public async Task SendAsync(ChangeJobs change, Action called, CancellationToken token)
    {
        Outcomes = new JobOutcome?[Jobs.Count];
        var taken = new bool[Jobs.Count];
        try
        {
            for (var first = 0; first < Jobs.Count; first++)
            {
                if (taken[first])
                {
                    continue;
                }

                var (server, queue) = (Jobs[first].Server, Jobs[first].Queue);
                var (ids, places) = (new List<string>(), new int[Jobs.Count]);
                for (var i = first; i < Jobs.Count; i++)
                {
                    if (Jobs[i].Queue == queue && Jobs[i].Server == server)
                    {
                        taken[i] = true;
                        places[ids.Count] = i;
                        ids.Add(Jobs[i].Id);
                    }
                }

                try
                {
                    var call = change(new QueueReference(server, queue), ids, token);
                    called();
                    var outcomes = await call.ConfigureAwait(false);
                    for (var i = 0; i < ids.Count; i++)
                    {
                        Outcomes[places[i]] = outcomes[i];
                    }
                }
                catch (JobServerException e) when (e.IsAbout(queue))
                {
                    Refused.Add((new QueueReference(server, queue), e));
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
