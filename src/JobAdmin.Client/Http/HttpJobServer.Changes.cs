using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JobAdmin.Client.Http;

internal abstract partial class HttpJobServer
{
    private const int SliceSize = 500;

    /// <summary>How long a stop waits for the answers to what is under way, so that no outcome is lost to it.</summary>
    protected static readonly TimeSpan LastMoment = TimeSpan.FromMilliseconds(50);

    public virtual async Task<IReadOnlyList<JobOutcome>> ChangeJobsAsync(string queue, IReadOnlyList<string> ids, JobChange change, CancellationToken cancellationToken)
    {
        RequireChange(change);
        await CheckQueueAsync(queue, cancellationToken).ConfigureAwait(false);
        var outcomes = await new ChangeBatch(this, queue, ids, change).RunAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ExplainAsync(queue, outcomes, change, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is known is told all the same.
        }

        return outcomes;
    }

    public IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeMatchingJobsAsync(JobQuery query, JobChange change, CancellationToken cancellationToken) =>
        ChangeMatchingJobsAsync(query, change, SliceSize, cancellationToken);

    private async IAsyncEnumerable<IReadOnlyList<JobOutcome>> ChangeMatchingJobsAsync(JobQuery query, JobChange change, int size, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireChange(change);
        // The ids come first: pages shift while their jobs leave the state, and jobs that come later are left alone. One that went from a state
        // to the next meanwhile stands in both.
        var ids = new List<string>();
        await foreach (var page in GetJobsAsync(query with { OldestFirst = true, Parts = JobParts.None }, cancellationToken).ConfigureAwait(false))
        {
            ids.AddRange(page.Select(static job => job.Id));
        }

        foreach (var slice in ids.Distinct(StringComparer.Ordinal).Chunk(size))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return await ChangeJobsAsync(query.Queue, slice, change, cancellationToken).ConfigureAwait(false);
        }
    }

    public virtual async IAsyncEnumerable<BulkProgress> ClearQueueAsync(ClearQuery query, bool force, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireChange(JobServerCapabilities.Clear, "clear queues");
        RequireStates(query, force);
        var jobs = new JobQuery { Queue = query.Queue, States = query.States, Filter = query.Filter, First = query.Max };
        long done = 0, unsure = 0;
        var refused = new List<JobOutcome>();
        await foreach (var outcomes in ChangeMatchingJobsAsync(jobs, new JobChange.Remove(), query.Slice > 0 ? query.Slice : SliceSize, cancellationToken).ConfigureAwait(false))
        {
            done += outcomes.Count(static outcome => outcome.Succeeded);
            unsure += outcomes.Count(static outcome => outcome.Status == JobOutcomeStatus.Unknown);
            refused.AddRange(outcomes.Where(static outcome => outcome.Status == JobOutcomeStatus.Refused));
            yield return new BulkProgress(done, query.Max, "jobs") { Uncertain = unsure };
            cancellationToken.ThrowIfCancellationRequested();
            if (outcomes.FirstOrDefault(static outcome => outcome.Status is JobOutcomeStatus.Unknown or JobOutcomeStatus.NotChanged) is { } failed)
            {
                throw new JobServerException("ConnectionFailed", JobErrorKind.Connection,
                    $"Clearing queue '{query.Queue}' on {Api.Endpoint} stopped after {done} jobs{(unsure > 0 ? $" and up to {unsure} more whose answers were lost" : "")}: {failed.Message}",
                    query.Max is null || unsure == 0 ? "Run it again: it goes on with what is left." : "Look at what is left before you run it again.");
            }
        }

        if (refused.Count > 0)
        {
            throw new JobServerException("JobRefused", JobErrorKind.Server, $"{refused.Count} jobs of queue '{query.Queue}' on {Api.Endpoint} were not deleted; {done} were. {refused[0].Message}", null)
            {
                Target = query.Queue,
            };
        }

        if (done == 0)
        {
            yield return new BulkProgress(0, 0, "jobs") { Uncertain = unsure };
        }
    }

    /// <summary>Throws for a change that the server can't make.</summary>
    public virtual void CheckChange(JobChange change)
    {
        var (capability, operation) = change switch
        {
            JobChange.Retry => (JobServerCapabilities.Retry, "retry jobs"),
            JobChange.Promote => (JobServerCapabilities.Promote, "promote jobs"),
            JobChange.Remove => (JobServerCapabilities.Remove, "remove jobs"),
            JobChange.Stop => (JobServerCapabilities.Stop, "stop jobs"),
            JobChange.Edit => (JobServerCapabilities.Edit, "change a job's fields"),
            _ => throw Lacks("do that"),
        };
        Require(capability, operation);
    }

    public virtual void CheckClear(ClearQuery query, bool force)
    {
        Require(JobServerCapabilities.Clear, "clear queues");
        RequireStates(query, force);
    }

    /// <summary>Throws for a change that the server or the connection does not allow.</summary>
    protected void RequireChange(JobChange change)
    {
        CheckChange(change);
        RequireWritable();
    }

    protected void RequireStates(ClearQuery query, bool force)
    {
        if (query.States.Count == 0)
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidInput, "No state to clear was named.",
                "Name the states, for example -State completed, failed.");
        }

        if (query.States.Contains(JobState.Active) && !force)
        {
            throw new JobServerException("InvalidState", JobErrorKind.InvalidState, $"Active jobs of queue '{query.Queue}' are being worked on: nothing was deleted.",
                "Wait until they are done, or use -Force to delete them under their workers.") { Target = query.Queue };
        }
    }

    /// <summary>Sends changes, as many at once as the connection may. After a stop nothing more is sent, and what is under way has a moment to be answered.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="ids">The ids of what is changed, as far as they are known.</param>
    /// <param name="change">Sends one of them.</param>
    /// <param name="stop">Stops it.</param>
    protected async Task<JobOutcome[]> ChangeEachAsync(string queue, IReadOnlyList<string> ids, Func<int, CancellationToken, Task<JobOutcome>> change, CancellationToken stop)
    {
        var outcomes = new JobOutcome[ids.Count];
        using var end = new CancellationTokenSource();
        await using var stopping = stop.Register(() => end.CancelAfter(LastMoment));
        await EachAsync(ids.Count, async (i, _) =>
        {
            if (stop.IsCancellationRequested)
            {
                outcomes[i] = Unsent(queue, ids[i]);
                return;
            }

            try
            {
                outcomes[i] = await change(i, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                outcomes[i] = Unanswered(queue, ids[i]);
            }
        }, CancellationToken.None).ConfigureAwait(false);
        return outcomes;
    }

    protected JobOutcome Unsent(string queue, string id) => Outcome(queue, id, JobOutcomeStatus.NotChanged, "Stopped before it was sent.");

    protected JobOutcome Unanswered(string queue, string id) => Outcome(queue, id, JobOutcomeStatus.Unknown, "Stopped while it was under way.");

    /// <summary>Sends what changes one job, after a look at the job where the server needs one.</summary>
    protected virtual Task<ApiAnswer> SendChangeAsync(string queue, string id, JobChange change, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Reads the answer to a change; null when there is nothing in it that only this dialect would know.</summary>
    protected virtual JobOutcome? Judge(string queue, string id, JobChange change, ApiAnswer answer) => null;

    /// <summary>Finds out more about jobs that were not changed, where the answers did not say why.</summary>
    protected virtual Task ExplainAsync(string queue, IList<JobOutcome> outcomes, JobChange change, CancellationToken cancellationToken) => Task.CompletedTask;

    protected JobOutcome Outcome(string queue, string id, JobOutcomeStatus status, string? message = null, JobState previous = JobState.Unknown, string? newId = null) =>
        new() { Queue = queue, Id = id, Status = status, Message = message, PreviousState = previous, NewId = newId, Server = this };

    /// <summary>The outcome of a job that was not changed, with what to do about it. That another may have been is no advice for one that was not sent.</summary>
    protected JobOutcome NotChanged(string queue, string id, JobServerException why, bool isSent = true) => new()
    {
        Queue = queue, Id = id, Status = JobOutcomeStatus.NotChanged, Message = isSent ? why.Message : $"Not sent: {why.Message}", Server = this,
        Fault = isSent || why.Kind == JobErrorKind.Access ? why : null,
    };

    /// <summary>Whether an answer in the manner of <c>{"success":true}</c> says that the change was made; null when it says neither.</summary>
    protected static bool? Says(ApiAnswer answer) => answer is not { IsSuccess: true, Json: { ValueKind: JsonValueKind.Object } json } ? null
        : json.Flag("success") ?? (json.Field("error") is null ? true : null);

    protected static JobOutcomeStatus Done(JobChange change) => change switch
    {
        JobChange.Retry => JobOutcomeStatus.Retried,
        JobChange.Promote => JobOutcomeStatus.Promoted,
        JobChange.Remove => JobOutcomeStatus.Removed,
        JobChange.Stop => JobOutcomeStatus.Stopped,
        _ => JobOutcomeStatus.Updated,
    };

    protected static string Phrase(JobChange change) => change switch
    {
        JobChange.Retry => "retry a job",
        JobChange.Promote => "promote a job",
        JobChange.Remove => "remove a job",
        JobChange.Stop => "stop a job",
        _ => "change a job",
    };

    /// <summary>One batch of changes: in parallel, one outcome an id, and no more requests once the server has stopped answering or has shut the door.</summary>
    private sealed class ChangeBatch(HttpJobServer server, string queue, IReadOnlyList<string> ids, JobChange change)
    {
        private const int FaultsInARow = 3;
        private JobServerException? halt;
        private int faults, answered;

        public async Task<JobOutcome[]> RunAsync(CancellationToken cancellationToken)
        {
            var outcomes = await server.ChangeEachAsync(queue, ids, (i, token) => OneAsync(ids[i], token), cancellationToken).ConfigureAwait(false);
            // Where nothing at all was changed or may have been, one error says it better than many outcomes.
            return halt is not null && answered == 0 && outcomes.All(static outcome => outcome.Status == JobOutcomeStatus.NotChanged) ? throw halt : outcomes;
        }

        private async Task<JobOutcome> OneAsync(string id, CancellationToken cancellationToken)
        {
            if (Volatile.Read(ref halt) is { } why)
            {
                return server.NotChanged(queue, id, why, isSent: false);
            }

            ApiAnswer answer;
            try
            {
                answer = await server.SendChangeAsync(queue, id, change, cancellationToken).ConfigureAwait(false);
            }
            catch (JobServerException e) when (e.Kind == JobErrorKind.InvalidInput)
            {
                return server.Outcome(queue, id, JobOutcomeStatus.Refused, e.Message);
            }

            using (answer)
            {
                return await ReadAsync(id, answer, cancellationToken).ConfigureAwait(false);
            }
        }

        private async Task<JobOutcome> ReadAsync(string id, ApiAnswer answer, CancellationToken cancellationToken)
        {
            if (answer is { Fault: ApiFault.None, Json: not null, Status: not (401 or 403 or 407 or 429 or 503) } && server.Judge(queue, id, change, answer) is { } known)
            {
                Interlocked.Increment(ref answered);
                Interlocked.Exchange(ref faults, 0);
                return known;
            }

            var error = server.Api.Errors.From(answer, Phrase(change));
            if (answer.MayHaveHappened)
            {
                Fault(error);
                return server.Outcome(queue, id, JobOutcomeStatus.Unknown, $"{error.Message} {await LookAsync(id, cancellationToken).ConfigureAwait(false)}");
            }

            if (answer.Fault != ApiFault.None || answer.Json is null || answer.Status is 401 or 403 or 407 or 429 or 503)
            {
                if (answer.Fault is ApiFault.None or ApiFault.Redirected)
                {
                    Interlocked.CompareExchange(ref halt, error, null);
                }
                else
                {
                    Fault(error);
                }

                return server.NotChanged(queue, id, error);
            }

            Interlocked.Increment(ref answered);
            return server.Outcome(queue, id, JobOutcomeStatus.Refused, error.Message);
        }

        private void Fault(JobServerException error)
        {
            if (Interlocked.Increment(ref faults) >= FaultsInARow || ids.Count <= FaultsInARow)
            {
                Interlocked.CompareExchange(ref halt, error, null);
            }
        }

        /// <summary>How the job is after a change that got no answer; it may tell the user, and is never taken for the answer.</summary>
        private async Task<string> LookAsync(string id, CancellationToken cancellationToken)
        {
            try
            {
                return await server.GetJobAsync(queue, id, JobParts.None, cancellationToken).ConfigureAwait(false) is { } job
                    ? $"The job is now '{job.RawState}'." : "The job is not there now.";
            }
            catch (JobServerException)
            {
                return "How the job is now could not be read.";
            }
        }
    }
}
