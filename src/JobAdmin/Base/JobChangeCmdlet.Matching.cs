using System.Management.Automation;
using JobAdmin.Audit;
using JobAdmin.Checkpoints;
using JobAdmin.Parameters;

namespace JobAdmin.Base;

// Changing jobs that are named by id or by what they are like.
public abstract partial class JobChangeCmdlet
{
    private void ChangeNamed()
    {
        if (Id is not null)
        {
            var jobs = new List<JobReference>();
            Gather(null, jobs);
            jobs.ForEach(Submit);
            return;
        }

        if (Queue is null && Servers().All(server => server.Connection.DefaultQueue is null))
        {
            throw JobErrors.Input("NoJobs", $"Nothing says which jobs shall be {Participle}.",
                "Pipe jobs from Get-Job, name them with -Queue and -Id, or name a queue, and -State and the like to choose among its jobs.");
        }

        ChangeMatching(ResolveQueues(Queue));
    }

    private void ChangeMatching(IReadOnlyList<QueueReference> queues)
    {
        var states = JobStates.Parse(State);
        RefuseImpossible(states);
        states = states.Count > 0 ? states : DefaultStates;
        if (states.Count == 0)
        {
            throw JobErrors.Input("StateMissing", $"Nothing says which jobs of the queue shall be {Participle}.",
                "Name their states, as in -State waiting,delayed; Get-JobQueue shows how many each has.");
        }

        ChangeMatching(queues.Select(queue => (queue, new JobQuery { Queue = queue.Queue, States = states, OldestFirst = true })), (start, server) => start is { } begun ? BuildFilter(begun) : BuildFilter(server));
    }

    /// <summary>Whether the user is told what would be done before it is done, by -WhatIf or by a question.</summary>
    private bool IsAsked => CheckpointRun.IsWhatIf(this) || (MyInvocation.BoundParameters.TryGetValue("Confirm", out var given) ? given is SwitchParameter { IsPresent: true }
        : !LanguagePrimitives.Equals(SessionState.PSVariable.GetValue("ConfirmPreference"), ConfirmImpact.None));

    /// <summary>Refuses states that the change never applies to: they would be counted, asked for, and then be an error a job.</summary>
    private void RefuseImpossible(IReadOnlyList<JobState> states)
    {
        if (PossibleStates is { } possible && states.Except(possible).Select(JobErrors.Word).ToList() is { Count: > 0 } others)
        {
            throw JobErrors.Input("InvalidState", $"Jobs that are {string.Join(" or ", others)} can't be {Participle}.",
                $"Name only states that it applies to: {string.Join(", ", possible.Select(JobErrors.Word))}.", State);
        }
    }

    private void ChangeGroup(QueueReference queue, JobQuery jobs)
    {
        RefuseFilter("a group of failed jobs says itself which ones are meant");
        ChangeMatching([(queue, jobs with { OldestFirst = true })], (_, _) => jobs.Filter);
    }

    private void ChangeMatching(IEnumerable<(QueueReference Queue, JobQuery Query)> parts, Func<DateTimeOffset?, IJobServer, JobFilter> filter)
    {
        WithProgress($"{Verb} jobs", bar =>
        {
            foreach (var (queue, part) in parts)
            {
                Require(queue.Server);
                if (!IsReady(queue.Server) || Left <= 0)
                {
                    return;
                }

                var start = checkpoint?.Current!.Started;
                var query = part with { Filter = filter(start, queue.Server), AsOf = start, First = Max is null ? null : Left };
                Audited(queue, () => ChangeMatching(queue, query, bar));
            }
        });
    }

    private void ChangeMatching(QueueReference queue, JobQuery query, ProgressReporter bar)
    {
        var byId = pacer is null && Own is null && checkpoint is null ? null : (ChangeJobs)SendAsync;
        var why = ShouldProcessReason.None;
        var matching = new MatchingChange(queue, query, Change, byId, pacer)
        {
            Take = checkpoint is null ? null : id => checkpoint.Current!.Take(queue.Queue, id),
            Pending = checkpoint?.Pending.Where(rest => rest.Queue == queue).Sum(rest => rest.Ids.Count) ?? 0,
            OneByOne = PassThru,
            Forecast = IsAsked ? (queue.Server as IJobForecasts)?.Foresee(Change) : null,
            AllChanged = count => outcomes!.Count(queue, count),
            Ask = sentence => AskAsync(() => ShouldDo(queue, sentence, AuditFilter.Of(query), out why)),
            Heard = outcomes!.Count,
            Write = page => SayAsync(() => outcomes!.Show(page)),
            Warn = WarnAsync,
            Tell = VerboseAsync,
        };
        Run(token => matching.RunAsync(Verb, bar, token));
        tried += why == ShouldProcessReason.WhatIf ? matching.Count : matching.Tried;
        if (matching.Tried == 0 && matching.Count > 0)
        {
            checkpoint?.Refuse();
        }
    }
}
