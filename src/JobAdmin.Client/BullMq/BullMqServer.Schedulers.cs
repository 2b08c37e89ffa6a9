using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Schedulers: what makes jobs again and again.</summary>
internal sealed partial class BullMqServer : IJobSchedulers
{
    private const int SchedulersInPage = 200, OccupiedRunsPassed = 50;
    private static readonly Version SchedulersSince = new(5, 16);

    public async IAsyncEnumerable<IReadOnlyList<JobScheduler>> GetSchedulersAsync(string queue, IReadOnlyList<string>? ids, int runs, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var patterns = ids is { Count: > 0 } ? ids.Select(id => new JobWildcard(id)).ToArray() : null;
        if (patterns?.All(p => p.IsLiteral) == true)
        {
            foreach (var part in patterns.Select(p => p.Literal!).Distinct(StringComparer.Ordinal).Chunk(SchedulersInPage))
            {
                var found = await ReadSchedulersAsync(queue, 0, part, runs, cancellationToken).ConfigureAwait(false);
                if (found.Count > 0)
                {
                    yield return found;
                }
            }

            yield break;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (long at = 0; ; at += SchedulersInPage)
        {
            var page = await ReadSchedulersAsync(queue, at, [], runs, cancellationToken).ConfigureAwait(false);
            var fitting = page.Where(s => (patterns is null || patterns.Any(p => p.IsMatch(s.Id))) && seen.Add(s.Id)).ToList();
            if (fitting.Count > 0)
            {
                yield return fitting;
            }

            if (page.Count < SchedulersInPage)
            {
                yield break;
            }
        }
    }

    public async Task<IReadOnlyList<DateTimeOffset>> CheckSchedulerAsync(string queue, JobSchedulerSettings settings, int runs, CancellationToken cancellationToken)
    {
        var (_, major) = await SchedulerPlaceAsync(queue, cancellationToken).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        return new SchedulerPlan(settings, major, now).Runs(now, runs);
    }

    public async Task<JobOutcome> SetSchedulerAsync(string queue, JobSchedulerSettings settings, CancellationToken cancellationToken)
    {
        RequireWrite();
        var (mode, major) = await SchedulerPlaceAsync(queue, cancellationToken).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        var plan = new SchedulerPlan(settings, major, now);
        var keys = Keys(queue);
        var reckoned = mode != "new" && (await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false)).ReckonsFromJob;
        var script = ScriptCatalog.Together(major, ["addJobScheduler-11"], "set-scheduler");
        // A run whose job has been there already, and was kept, can't be had again: the next free one is taken.
        var runs = settings.Pattern is null ? (IEnumerable<DateTimeOffset?>)[null] : plan.Runs(now, OccupiedRunsPassed).Cast<DateTimeOffset?>();
        async Task<RedisResult[]> SetAsync(DateTimeOffset? run, bool known) => (RedisResult[])(await runner.RunAsync(script, reads: false,
            [keys["repeat"]], [keys.Base, mode, ScriptCatalog.Library(major), known ? 1 : 0, reckoned ? 1 : 0, .. plan.Arguments(keys, now, run)], cancellationToken).ConfigureAwait(false))!;
        var known = false;
        foreach (var run in runs)
        {
            var answer = await SetAsync(run, known).ConfigureAwait(false);
            if ((string?)answer[0] == "-20" && (await UncountedAsync(queue, [settings.Id], cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                known = true;
                answer = await SetAsync(run, known).ConfigureAwait(false);
            }

            var job = (string?)answer[0];
            switch (job)
            {
                case "-10":
                    continue;
                case "-11":
                    throw SchedulerError("SchedulerRunsTaken", settings.Id, queue, "the jobs of its next runs are there already, from an earlier scheduler of this id", "Clear the finished ones (Clear-JobQueue -State completed,failed), or choose another id.");
                case "-20":
                    throw LegacyScheduler(settings.Id, queue);
                case "-21":
                    throw SchedulerError("SchedulerNotSet", settings.Id, queue, "no job came of it", "Try again; Get-JobScheduler shows how it is.");
                default:
                    return new JobOutcome { Server = this, Queue = queue, Id = settings.Id, NewId = job, Status = (long)answer[1] == 1 ? JobOutcomeStatus.Updated : JobOutcomeStatus.Added };
            }
        }

        throw SchedulerError("SchedulerRunsTaken", settings.Id, queue, "the jobs of its next runs are there already", "Clear the finished ones (Clear-JobQueue -State completed,failed), or choose another id.");
    }

    public async Task<IReadOnlyList<JobOutcome>> RemoveSchedulersAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        RequireWrite();
        var (_, major) = await SchedulerPlaceAsync(queue, cancellationToken).ConfigureAwait(false);
        var keys = Keys(queue);
        var script = ScriptCatalog.Together(major, ["removeJobScheduler-3"], "remove-scheduler");
        async Task<(RedisResult Code, string? Left)[]> RemoveAsync(IReadOnlyList<string> part, bool known)
        {
            var items = (RedisResult[])(await runner.RunAsync(script, reads: false, [keys["repeat"]], [keys.Base, known ? 1 : 0, .. part], CancellationToken.None).ConfigureAwait(false))!;
            return [.. part.Select((_, i) => (items[2 * i], (string?)items[(2 * i) + 1]))];
        }

        var outcomes = new List<JobOutcome>(ids.Count);
        foreach (var part in ids.Chunk(SchedulersInPage))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var made = await RemoveAsync(part, known: false).ConfigureAwait(false);
            var refused = part.Where((_, i) => IsRefusedAsOld(made[i].Code)).Distinct(StringComparer.Ordinal).ToArray();
            if (refused.Length > 0 && await UncountedAsync(queue, refused, CancellationToken.None).ConfigureAwait(false) is { Count: > 0 } uncounted)
            {
                var at = Enumerable.Range(0, part.Length).Where(i => IsRefusedAsOld(made[i].Code) && uncounted.Contains(part[i])).ToArray();
                var again = await RemoveAsync([.. at.Select(i => part[i])], known: true).ConfigureAwait(false);
                for (var i = 0; i < at.Length; i++)
                {
                    made[at[i]] = again[i];
                }
            }

            outcomes.AddRange(part.Select((id, i) => Removal(queue, id, made[i].Code, made[i].Left)));
        }

        return outcomes;
    }

    public async Task<JobOutcome> RunSchedulerAsync(string queue, string id, CancellationToken cancellationToken)
    {
        RequireWrite();
        if (await ReadSchedulersAsync(queue, 0, [id], 0, cancellationToken).ConfigureAwait(false) is not [var scheduler])
        {
            throw new JobServerException("SchedulerNotFound", JobErrorKind.NotFound, $"There is no scheduler '{id}' in queue '{queue}'.", "Get-JobScheduler lists them.") { Target = id };
        }

        if (scheduler.State == JobSchedulerState.Legacy)
        {
            throw LegacyScheduler(id, queue);
        }

        var options = CopiedOptions.WithoutIdentity(NewJobOptions.Parse(scheduler.GetOptionsText()), keep: "priority");
        var job = new NewJob { Name = scheduler.Name, Data = scheduler.GetDataText() ?? "{}", Options = options.ToJsonString() };
        return (await AddJobsAsync(queue, [job], cancellationToken).ConfigureAwait(false))[0];
    }

    private async Task<List<JobScheduler>> ReadSchedulersAsync(string queue, long rank, IReadOnlyList<string> ids, int runs, CancellationToken cancellationToken)
    {
        var profile = await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var keys = Keys(queue);
        var answer = await runner.RunAsync(ScriptCatalog.Own("schedulers"), reads: true, [keys["repeat"]], [keys.Base, rank, SchedulersInPage, .. ids], cancellationToken).ConfigureAwait(false);
        return new SchedulerRows(this, queue, profile.Major, runs).Read((byte[])answer!);
    }

    // The scripts can't tell these from repeatable jobs of old, which takes a hash that Lua does not have. An id is never both.
    private async Task<HashSet<string>> UncountedAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        (await ReadSchedulersAsync(queue, 0, ids, 0, cancellationToken).ConfigureAwait(false)).Where(s => s.State != JobSchedulerState.Legacy).Select(s => s.Id).ToHashSet(StringComparer.Ordinal);

    private static bool IsRefusedAsOld(RedisResult code) => code.Resp2Type == ResultType.Integer && (long)code == -20;

    private async Task<(string Mode, int Major)> SchedulerPlaceAsync(string queue, CancellationToken cancellationToken)
    {
        var place = await PlaceAsync(queue, cancellationToken).ConfigureAwait(false);
        if (place.Major == 5)
        {
            RequireVersion(queue, await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false), SchedulersSince, "schedulers");
        }

        return place;
    }

    private JobOutcome Removal(string queue, string id, RedisResult code, string? left)
    {
        JobOutcome Make(JobOutcomeStatus status, string? message = null) => new() { Server = this, Queue = queue, Id = id, Status = status, Message = message };
        return code.Resp2Type != ResultType.Integer ? Refused(queue, id, errors.Server((string?)code ?? "", "remove-scheduler")) : (long)code switch
        {
            0 => Make(JobOutcomeStatus.Removed, left is { Length: > 0 } ? $"Job {left} of its last run waits already, and will run." : null),
            -20 => Refused(queue, id, LegacyScheduler(id, queue)),
            _ => Make(JobOutcomeStatus.NotFound, "There is no such scheduler."),
        };
    }

    private static JobServerException LegacyScheduler(string id, string queue) => new("LegacyScheduler", JobErrorKind.InvalidState,
        string.Create(CultureInfo.InvariantCulture, $"'{id}' in queue '{queue}' is a repeatable job of BullMQ 4 or early 5, which is read-only here."),
        "Change it with its application, or make a scheduler in its place.") { Target = id };

    private static JobServerException SchedulerError(string errorId, string id, string queue, string reason, string advice) =>
        new(errorId, JobErrorKind.InvalidState, $"Scheduler '{id}' in queue '{queue}' was not set: {reason}.", advice) { Target = id };
}
