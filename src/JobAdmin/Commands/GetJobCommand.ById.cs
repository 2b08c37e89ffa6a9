using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Commands;

// Jobs that are named by id, by a result, or by what comes through the pipeline.
public sealed partial class GetJobCommand
{
    private async Task ShowIdsAsync(IJobServer server, string[] ids, CancellationToken token)
    {
        var queues = await ResolveQueuesAsync(server, Queue, token).ConfigureAwait(false);
        var missing = new HashSet<string>(ids, StringComparer.Ordinal);
        var searched = new List<string>();
        foreach (var queue in queues)
        {
            IReadOnlyList<QueueJob?> jobs;
            try
            {
                jobs = await server.GetJobsByIdAsync(queue, ids, Parts(JobParts.All & ~JobParts.Log), token).ConfigureAwait(false);
            }
            catch (JobServerException e) when (queues.Count > 1 && JobErrors.IsOfQueue(e, queue))
            {
                // A queue that is gone or can't be read says nothing of the others.
                await WriteErrorAsync(e, queue).ConfigureAwait(false);
                continue;
            }

            searched.Add(queue);
            var found = jobs.Where(job => job is not null).Select(job => job!).ToList();
            missing.ExceptWith(ids.Where((_, i) => jobs[i] is not null));
            await ShowAsync(found).ConfigureAwait(false);
        }

        if (searched.Count > 0)
        {
            var where = searched is [var only] ? new QueueReference(server, only).ToString() : $"the {searched.Count} queues of {server.Connection.Name}";
            foreach (var id in ids.Where(missing.Contains).Distinct())
            {
                await WriteErrorAsync(searched.Contains(id)
                    ? new JobServerException("JobNotFound", JobErrorKind.NotFound, $"There is no job {id} in {where}.", $"A queue has that name: Get-Job -Queue {id}.") { Target = id }
                    : JobErrors.JobNotFound(id, where)).ConfigureAwait(false);
            }
        }
    }

    private async Task ShowMakersAsync(IJobServer server, string[] results, CancellationToken token)
    {
        var keeper = JobCapability.Of<IJobResults>(server, "find the job of a result");
        foreach (var result in results)
        {
            try
            {
                var job = await keeper.GetJobOfResultAsync(result, Parts(JobParts.Data | JobParts.Options), token).ConfigureAwait(false);
                await ShowAsync([job ?? throw JobErrors.ResultNotFound(result, server.Connection.Name)]).ConfigureAwait(false);
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound)
            {
                await WriteErrorAsync(e, result).ConfigureAwait(false);
            }
        }
    }

    private void LookUp(PSObject item)
    {
        if (Refer(item) is not { } job)
        {
            return;
        }

        if (pending.Count > 0 && (pending[0].Server != job.Server || pending[0].Queue != job.Queue))
        {
            ShowPending();
        }

        pending.Add(job);

        // Events come one by one, and whoever watches them wants the job now.
        if (pending.Count >= LookedUpTogether || item.BaseObject is JobEvent)
        {
            ShowPending();
        }
    }

    private void ShowPending()
    {
        if (pending.Count == 0)
        {
            return;
        }

        var (server, queue) = (pending[0].Server, pending[0].Queue);
        var ids = pending.ConvertAll(job => job.Id);
        pending.Clear();
        IReadOnlyList<QueueJob?> jobs;
        try
        {
            jobs = Run(token => server.GetJobsByIdAsync(queue, ids, Parts(JobParts.All & ~JobParts.Log), token));
        }
        catch (JobServerException e) when (JobErrors.IsOfQueue(e, queue))
        {
            // A queue that is gone says nothing of the others.
            WriteError(JobErrors.From(e));
            return;
        }

        for (var i = 0; i < ids.Count; i++)
        {
            if (jobs[i] is { } job)
            {
                Show([job]);
            }
            else
            {
                WriteError(JobErrors.From(JobErrors.JobNotFound(ids[i], new QueueReference(server, queue).ToString())));
            }
        }
    }
}
