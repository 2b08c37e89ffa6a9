using System.Collections.Concurrent;
using System.Diagnostics;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Changing jobs with BullMQ's own scripts, many ids a call.</summary>
internal sealed partial class BullMqServer
{
    // Times that a slice is sent when the connection breaks over and over.
    private const int Attempts = 4;

    // What one batch learns of the server's speed, the next one knows.
    private readonly ConcurrentDictionary<string, Slicer> slicers = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<JobOutcome>> ChangeJobsAsync(string queue, IReadOnlyList<string> ids, JobChange change, CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(queue, change, cancellationToken).ConfigureAwait(false);
        var outcomes = new List<JobOutcome>(ids.Count);
        while (outcomes.Count < ids.Count)
        {
            var slice = ids.Skip(outcomes.Count).Take(plan.Slicer.Size).ToList();
            outcomes.AddRange(await SliceAsync(plan, slice, cancellationToken).ConfigureAwait(false));
            var gone = outcomes[^1].Status == JobOutcomeStatus.Unknown;
            if (gone || cancellationToken.IsCancellationRequested)
            {
                outcomes.AddRange(ids.Skip(outcomes.Count).Select(id => Unsent(queue, id, gone ? "The connection is gone: it was not sent." : "Stopped before it was sent.")));
            }
        }

        return outcomes;
    }

    private JobOutcome Unsent(string queue, string id, string why) => new() { Server = this, Queue = queue, Id = id, Status = JobOutcomeStatus.NotChanged, Message = why };

    private sealed record ChangePlan(string Queue, QueueKeys Keys, JobChange Change, LuaScript Script, object[] Head, JobOutcomeStatus Done, DateTimeOffset Start, Slicer Slicer);

    private async Task<ChangePlan> PlanAsync(string queue, JobChange change, CancellationToken cancellationToken)
    {
        RequireWrite();
        var profile = await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        profile.CheckChange(queue, destroys: false, force: false);
        var keys = Keys(queue);
        var major = profile.Major;
        var certain = profile.Certain ? "1" : "0";
        var now = await GetTimeAsync(cancellationToken).ConfigureAwait(false);
        ChangePlan Make(string bullMq, string loop, object[] head, JobOutcomeStatus done)
        {
            var script = ScriptCatalog.Loop(major, bullMq, loop, inLots: change is JobChange.Retry or JobChange.Promote);
            return new(queue, keys, change, script, head, done, now, slicers.GetOrAdd(script.Name, _ => new Slicer(100, 2000)));
        }

        switch (change)
        {
            case JobChange.Retry retry:
                if (retry.ResetAttempts && major == 4)
                {
                    throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"Queue '{queue}' is of BullMQ 4, which can't reset attempts.", "Retry without -ResetAttempts.") { Target = queue };
                }

                return Make(major switch { 4 => "reprocessJob-6", 5 => "reprocessJob-8", _ => "reprocessJob-9" }, "retry",
                    [keys.Base, major.ToString(), certain, retry.ResetAttempts ? "1" : "0", profile.WaitsAgain switch { null => "", true => "1", _ => "0" }], JobOutcomeStatus.Retried);
            case JobChange.Promote:
                return Make(major == 4 ? "promote-7" : "promote-9", "promote", [keys.Base, major.ToString(), certain, ""], JobOutcomeStatus.Promoted);
            case JobChange.Remove remove:
                return Make(major == 4 ? "removeJob-1" : "removeJob-2", "remove", [keys.Base, major.ToString(), remove.KeepChildren ? "0" : "1", remove.Kept is null ? "0" : "1"], JobOutcomeStatus.Removed);
            case JobChange.Stop stop:
                if (!profile.KnowsDeferredFailure)
                {
                    throw new JobServerException("NotSupported", JobErrorKind.NotSupported,
                        $"The workers of queue '{queue}' ({profile.Version ?? "unknown version"}) don't know how to leave out a job: BullMQ does since 5.49.",
                        "Use Remove-Job to keep its jobs from running.") { Target = queue };
                }

                return Make("promote-9", "stop", [keys.Base, major.ToString(), certain, stop.Reason], JobOutcomeStatus.Stopped);
            case JobChange.Edit edit:
                return new ChangePlan(queue, keys, change, EditScript(queue, major, edit), EditHead(keys, major, certain, edit), JobOutcomeStatus.Updated, DateTimeOffset.UtcNow, new Slicer(100, 100));
            default:
                throw JobServerException.NotSupported(Connection.Name, JobServerKind.Redis, change.GetType().Name.ToLowerInvariant());
        }
    }

    /// <summary>Sends one slice. After a fault it looks at what became of each job, and sends again those that are as they were.</summary>
    private async Task<IReadOnlyList<JobOutcome>> SliceAsync(ChangePlan plan, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var outcomes = new JobOutcome[ids.Count];
        var open = new List<PlacedId>(ids.Count);
        for (var i = 0; i < ids.Count; i++)
        {
            open.Add(new PlacedId(ids[i], i));
        }

        var attempt = 1;
        while (open.Count > 0)
        {
            var sent = open.ConvertAll(static one => one.Id);
            IReadOnlyList<JobOutcome> answers;
            try
            {
                answers = await SendAsync(plan, sent, cancellationToken).ConfigureAwait(false);
                if (attempt > 1 && answers.Any(a => a.Status is JobOutcomeStatus.SkippedWrongState or JobOutcomeStatus.NotFound))
                {
                    // What was sent before the fault may have arrived after the look.
                    var looked = await LookAgainAsync(plan, sent, null, cancellationToken).ConfigureAwait(false);
                    answers = [.. answers.Zip(looked, (a, l) => !a.Succeeded && l.Succeeded ? l : a)];
                }
            }
            catch (JobServerException exception) when (exception.Kind is JobErrorKind.Connection or JobErrorKind.Timeout)
            {
                answers = await LookAgainAsync(plan, sent, exception, cancellationToken).ConfigureAwait(false);
            }

            // What the script had no time for comes first in the next call.
            var next = open.GetRange(answers.Count, open.Count - answers.Count);
            if (cancellationToken.IsCancellationRequested)
            {
                next.ForEach(one => outcomes[one.Place] = Unsent(plan.Queue, one.Id, "Stopped before it was sent."));
                next = [];
            }

            var again = false;
            for (var i = 0; i < answers.Count; i++)
            {
                outcomes[open[i].Place] = answers[i];
                if (answers[i].Status == JobOutcomeStatus.NotChanged)
                {
                    again = true;
                    if (attempt < Attempts)
                    {
                        next.Add(open[i]);
                    }
                }
            }

            open = next;
            attempt += again ? 1 : 0;
        }

        return outcomes;
    }

    /// <summary>A job of a slice, and its place in it.</summary>
    /// <remarks>No struct: lists of those are compiled anew in each session.</remarks>
    private sealed record PlacedId(string Id, int Place);

    private async Task<IReadOnlyList<JobOutcome>> SendAsync(ChangePlan plan, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var sent = runner.RunAsync(plan.Script, reads: false, [plan.Keys.Meta], [.. plan.Head, .. Arguments(plan.Change, ids)], CancellationToken.None);
        var items = (RedisResult[])(await AnswerAsync(sent, cancellationToken).ConfigureAwait(false))!;
        var outcomes = new List<JobOutcome>(ids.Count);
        for (var i = 0; i + 2 < items.Length; i += 3)
        {
            var before = StateWords.Parse((string?)items[i + 1]);
            for (var alike = (int)items[i + 2]; alike > 0; alike--)
            {
                outcomes.Add(Outcome(plan, ids[outcomes.Count], items[i], before));
            }
        }

        var rest = items.Length / 3 * 3;
        if (rest < items.Length)
        {
            plan.Slicer.Learn(outcomes.Count, (double)items[rest], started);
        }

        if (plan.Change is JobChange.Remove remove && rest + 1 < items.Length)
        {
            Array.ForEach((string[])items[rest + 1]!, key => remove.WentAlong[key] = true);
        }

        return outcomes;
    }

    /// <summary>The ids, each with the state in which it is in the backup where there is one.</summary>
    private static IEnumerable<object> Arguments(JobChange change, IReadOnlyList<string> ids) => change is not JobChange.Remove { Kept: { } kept } ? ids
        : ids.SelectMany(id => (object[])[id, kept.TryGetValue(id, out var state) ? StateWords.RawName(state) : ""]);

    /// <summary>What was sent is answered in a moment: a stop waits that long, so that no outcome is lost to it.</summary>
    private static async Task<T> AnswerAsync<T>(Task<T> sent, CancellationToken cancellationToken)
    {
        try
        {
            return await sent.WaitOrLeaveAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAny(sent, Task.Delay(120, CancellationToken.None)).ConfigureAwait(false);
            if (sent.IsCompletedSuccessfully)
            {
                return sent.Result;
            }

            throw;
        }
    }

    private JobOutcome Outcome(ChangePlan plan, string id, RedisResult code, JobState before)
    {
        JobOutcome Make(JobOutcomeStatus status, string? message = null) =>
            new() { Server = this, Queue = plan.Queue, Id = id, Status = status, PreviousState = before, Message = message };
        if (code.Resp2Type != ResultType.Integer)
        {
            return Refused(plan.Queue, id, errors.Server((string?)code ?? "", plan.Script.Name), before);
        }

        return (plan.Change, (long)code) switch
        {
            (JobChange.Promote or JobChange.Edit, 0) => Make(plan.Done),
            (JobChange.Promote, -20) => cameBack,
            (JobChange.Remove, -21) => Make(JobOutcomeStatus.SkippedWrongState, "It is not in the backup as it is now."),
            (JobChange.Remove, 0) => Make(JobOutcomeStatus.Locked, "A worker has the job or one of its children."),
            (JobChange.Stop, 2) => Make(JobOutcomeStatus.StopRequested, "It is running and can't be interrupted; no further attempt follows."),
            (_, 1) => Make(plan.Done),
            (JobChange.Remove gone, -1) when gone.WentAlong.ContainsKey(plan.Keys.Base + id) => Make(plan.Done),
            (_, -1) => Make(JobOutcomeStatus.NotFound, "There is no such job."),
            (_, -2 or -6) => Make(JobOutcomeStatus.Locked, "A worker has the job."),
            (_, -3) => Make(JobOutcomeStatus.SkippedWrongState, plan.Change switch
            {
                JobChange.Retry => "It has neither failed nor completed.",
                JobChange.Promote => "It is not delayed.",
                JobChange.Edit when before == JobState.Active => "A worker has it: what runs can't be changed.",
                JobChange.Edit => "It is not delayed, so it has no delay to change.",
                _ => "It has finished.",
            }),
            (_, -8) => Make(JobOutcomeStatus.SchedulerOwned, "It is the next run of a scheduler: change or remove the scheduler."),
            (_, var other) => Make(JobOutcomeStatus.Refused, $"BullMQ answered {other}."),
        };
    }

    /// <summary>The connection broke with a slice under way. Reading the jobs again tells what became of them; what can't be read stays unknown.</summary>
    private async Task<IReadOnlyList<JobOutcome>> LookAgainAsync(ChangePlan plan, IReadOnlyList<string> ids, JobServerException? fault, CancellationToken cancellationToken)
    {
        var now = await ReadAfterFaultAsync(plan.Queue, ids, cancellationToken).ConfigureAwait(false);
        JobOutcome Make(string id, JobOutcomeStatus status, string message) => new() { Server = this, Queue = plan.Queue, Id = id, Status = status, Message = message };
        return [.. ids.Select(id =>
        {
            if (now is null)
            {
                return Make(id, JobOutcomeStatus.Unknown, fault?.Message ?? "The connection broke.");
            }

            var job = now.GetValueOrDefault(id);
            var done = plan.Change switch
            {
                JobChange.Retry => job is { State: not (JobState.Failed or JobState.Completed) } || job?.FinishedOn > plan.Start,
                JobChange.Promote => job is { State: not JobState.Delayed } || job?.ProcessedOn > plan.Start,
                JobChange.Remove => job is null,
                JobChange.Stop stop => job?.DeferredFailure == stop.Reason || job?.FailedReason == stop.Reason,
                _ => false,
            };
            return done ? Make(id, plan.Done, "The connection broke; the job was seen changed afterwards.")
                : job is null ? Make(id, JobOutcomeStatus.NotFound, "There is no such job.")
                : Make(id, JobOutcomeStatus.NotChanged, "The connection broke; the job was seen unchanged afterwards.");
        })];
    }

    /// <summary>The jobs as they are once the connection is back, by id; null when it stays away.</summary>
    private async Task<Dictionary<string, QueueJob>?> ReadAfterFaultAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        try
        {
            var jobs = await ReadByIdAsync(queue, [.. ids.Distinct(StringComparer.Ordinal)], JobState.Unknown, JobParts.None, "", cancellationToken).ConfigureAwait(false);
            return jobs.ToDictionary(j => j.Id, StringComparer.Ordinal);
        }
        catch (JobServerException exception) when (RedisErrors.IsPassing(exception))
        {
            return null;
        }
    }
}
