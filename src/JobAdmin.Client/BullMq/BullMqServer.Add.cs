using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Adding jobs and flows with BullMQ's own scripts, many a call.</summary>
internal sealed partial class BullMqServer : IJobProducer
{
    private const int FieldsOfAdd = 8;
    private static readonly string[] AddScripts = ["addStandardJob-9", "addDelayedJob-6", "addPrioritizedJob-9", "addParentJob-6"];

    public void CheckAdd(string queue, NewJob job)
    {
        var taken = new HashSet<(string Queue, string Id)>();
        var waiting = new Queue<(NewJob Job, string Queue)>([(job, queue)]);
        while (waiting.TryDequeue(out var node))
        {
            if (ProblemOf(job, node.Job, node.Queue, NewJobOptions.Build(node.Job), taken) is { } problem)
            {
                throw new JobServerException("JobRefused", JobErrorKind.Server, $"{(job.Id is { } id ? $"Job {id}" : "A job")} in queue {queue} can't be added: {problem}", null) { Target = job };
            }

            foreach (var child in node.Job.Children)
            {
                waiting.Enqueue((child, child.Queue ?? node.Queue));
            }
        }
    }

    /// <summary>Why a job can't be added because of itself or of one under it; null when it can be.</summary>
    private static string? ProblemOf(NewJob top, NewJob job, string queue, JsonObject options, HashSet<(string Queue, string Id)> taken)
    {
        if (NewJobOptions.Problem(job, options, job != top) is { } problem)
        {
            return job == top ? problem : $"Child {job.Name}: {problem}";
        }

        // The second would not be made, and a parent under its own child would wait for itself.
        return job.Id is { } own && !taken.Add((queue, own)) ? $"Two jobs of the flow have the id {own} in queue {queue}." : null;
    }

    /// <summary>One job and, when it is a flow, all under it, as the arguments of <c>add.lua</c>; or why it can't be.</summary>
    private sealed record AddPlan(NewJob Job, List<object> Arguments, long Bytes, string? Problem, bool NeedsSix, DateTimeOffset At);

    public async Task<IReadOnlyList<JobOutcome>> AddJobsAsync(string queue, IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken)
    {
        RequireWrite();
        var outcomes = new List<JobOutcome>(jobs.Count);
        var slicer = new Slicer(20, 500);
        var slice = new List<AddPlan>();
        for (var next = 0; next < jobs.Count || slice.Count > 0;)
        {
            long bytes = 0;
            while (next < jobs.Count && slice.Count < slicer.Size && bytes < BytesAtMost && !cancellationToken.IsCancellationRequested)
            {
                var plan = await PlanAddAsync(queue, jobs[next++], cancellationToken).ConfigureAwait(false);
                bytes += plan.Bytes;
                slice.Add(plan);
            }

            slicer.Begin();
            outcomes.AddRange(await AddSliceAsync(queue, slice, cancellationToken).ConfigureAwait(false));
            slicer.End(slice.Count);
            slice.Clear();
            if (cancellationToken.IsCancellationRequested)
            {
                outcomes.AddRange(jobs.Skip(next).Select(job => Outcome(queue, job, JobOutcomeStatus.NotChanged, "Stopped before it was sent.")));
                break;
            }
        }

        return outcomes;
    }

    /// <summary>Lays out a job and its children level by level, as BullMQ does.</summary>
    private async Task<AddPlan> PlanAddAsync(string queue, NewJob job, CancellationToken cancellationToken)
    {
        var now = DateTimeOffset.UtcNow;
        var arguments = new List<object>();
        long bytes = 0;
        var needsSix = false;
        var taken = new HashSet<(string Queue, string Id)>();
        var waiting = new Queue<(NewJob Job, string Queue, string? ParentQueue, string? ParentId)>([(job, queue, null, null)]);
        while (waiting.TryDequeue(out var node))
        {
            var options = NewJobOptions.Build(node.Job);
            if (ProblemOf(job, node.Job, node.Queue, options, taken) is { } problem)
            {
                return new AddPlan(job, [], 0, problem, false, now);
            }

            var (mode, major) = await PlaceAsync(node.Queue, cancellationToken).ConfigureAwait(false);
            needsSix |= major == 6;
            var keys = Keys(node.Queue);
            var milliseconds = NewJobOptions.Number(options, "timestamp") ?? now.ToUnixTimeMilliseconds();
            var inFlow = node.ParentId is not null || node.Job.Children.Count > 0;
            // A flow's jobs know each other's ids before they are sent.
            var id = node.Job.Id ?? (inFlow ? Guid.NewGuid().ToString() : "");
            if (node.ParentId is { } parentId)
            {
                options["parent"] = new JsonObject { ["id"] = parentId, ["queue"] = $"{Prefix}:{node.ParentQueue}" };
            }

            arguments.Add(node.Job.Children.Count > 0 ? "parent" : NewJobOptions.Number(options, "delay") > 0 ? "delayed"
                : NewJobOptions.Number(options, "priority") > 0 ? "prioritized" : "standard");
            arguments.Add(keys.Base);
            // BullMQ's FlowProducer leaves the settings of a new queue to the first Queue.
            arguments.Add(inFlow && mode == "new" ? "ask" : mode);
            arguments.Add(id);
            arguments.Add(PackArguments(keys, id, node.Job.Name, milliseconds, node.ParentQueue, node.ParentId, inFlow, options));
            object data = node.Job.RawData is { } raw ? raw.ToArray() : Encoding.UTF8.GetBytes(node.Job.Data);
            arguments.Add(data);
            arguments.Add(NewJobOptions.Pack(options));
            bytes += ((byte[])data).Length + 1000;
            foreach (var child in node.Job.Children)
            {
                waiting.Enqueue((child, child.Queue ?? node.Queue, node.Queue, id));
            }
        }

        return new AddPlan(job, arguments, bytes, null, needsSix, now);
    }

    private byte[] PackArguments(QueueKeys keys, string id, string name, double now, string? parentQueue, string? parentId, bool inFlow, JsonObject options)
    {
        var writer = new MsgPackWriter();
        writer.WriteArray(10);
        writer.WriteString(keys.Base);
        writer.WriteString(id);
        writer.WriteString(name);
        writer.WriteNumber(now);
        var parentKey = parentId is null ? null : $"{Prefix}:{parentQueue}:{parentId}";
        writer.WriteString(parentKey);
        writer.WriteString(parentKey is null ? null : parentKey + ":dependencies");
        if (parentId is null)
        {
            writer.WriteNil();
        }
        else
        {
            var flag = new[] { "fpof", "rdof", "idof", "cpof" }.FirstOrDefault(f => options[f] is JsonValue set && set.GetValueKind() == JsonValueKind.True);
            writer.WriteMap(flag is null ? 2 : 3);
            writer.WriteString("id");
            writer.WriteString(parentId);
            writer.WriteString("queueKey");
            writer.WriteString($"{Prefix}:{parentQueue}");
            if (flag is not null)
            {
                writer.WriteString(flag);
                writer.WriteBoolean(true);
            }
        }

        writer.WriteNil();
        writer.WriteString(options["de"] is JsonObject deduplication ? $"{keys.Base}de:{deduplication["id"]!.GetValue<string>()}" : null);
        if (inFlow)
        {
            // Its parent is released when the whole flow is there, not before.
            writer.WriteNumber(1);
        }
        else
        {
            writer.WriteNil();
        }

        return writer.ToArray();
    }

    /// <summary>Where a new job of a queue belongs while the queue is paused, and the major version whose scripts fit. A queue that is not there yet is of the newest.</summary>
    private async Task<(string Mode, int Major)> PlaceAsync(string queue, CancellationToken cancellationToken)
    {
        QueueProfile profile;
        try
        {
            profile = await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        }
        catch (JobServerException exception) when (exception.Kind == JobErrorKind.NotFound)
        {
            return ("new", 6);
        }

        profile.CheckChange(queue, destroys: false, force: false);
        return profile.Layout == QueueLayout.BullMq4
            ? throw new JobServerException("NotSupported", JobErrorKind.NotSupported, $"Queue '{queue}' is of BullMQ 4: no jobs are added to it from here.",
                "Add them with the application's own library.") { Target = queue }
            : (profile.Major == 5 ? "paused" : profile.Certain ? "ask" : "paused", profile.Major);
    }

    private async Task<IEnumerable<JobOutcome>> AddSliceAsync(string queue, List<AddPlan> plans, CancellationToken cancellationToken)
    {
        var outcomes = new JobOutcome[plans.Count];
        for (var i = 0; i < plans.Count; i++)
        {
            if (plans[i].Problem is { } problem)
            {
                outcomes[i] = Outcome(queue, plans[i].Job, JobOutcomeStatus.Refused, problem);
            }
        }

        foreach (var six in (bool[])[false, true])
        {
            var places = Enumerable.Range(0, plans.Count).Where(i => outcomes[i] is null && plans[i].NeedsSix == six).ToList();
            if (places.Count > 0)
            {
                await SendAddsAsync(queue, plans, places, six ? 6 : 5, outcomes, cancellationToken).ConfigureAwait(false);
            }
        }

        return outcomes;
    }

    private async Task SendAddsAsync(string queue, List<AddPlan> plans, List<int> places, int major, JobOutcome[] outcomes, CancellationToken cancellationToken)
    {
        var arguments = new List<object> { major.ToString(CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), ScriptCatalog.Library(major) };
        foreach (var place in places)
        {
            for (var at = 0; at < plans[place].Arguments.Count; at += FieldsOfAdd - 1)
            {
                arguments.Add(place);
                arguments.AddRange(plans[place].Arguments.Skip(at).Take(FieldsOfAdd - 1));
            }
        }

        RedisResult[] items;
        try
        {
            var script = ScriptCatalog.Together(major, major == 6 ? [.. AddScripts, "releaseParentIfNoPendingDependencies-2"] : AddScripts, "add");
            var sent = runner.RunAsync(script, reads: false, [Keys(queue).Meta], arguments, CancellationToken.None);
            items = (RedisResult[])(await AnswerAsync(sent, cancellationToken).ConfigureAwait(false))!;
        }
        catch (JobServerException exception) when (exception.Kind is JobErrorKind.Connection or JobErrorKind.Timeout)
        {
            await LookForAddedAsync(queue, plans, places, exception, outcomes, cancellationToken).ConfigureAwait(false);
            return;
        }

        for (var i = 0; i < places.Count; i++)
        {
            outcomes[places[i]] = Outcome(queue, plans[places[i]].Job, (long)items[3 * i], (string?)items[(3 * i) + 1] ?? "", (string?)items[(3 * i) + 2] ?? "");
        }
    }

    private JobOutcome Outcome(string queue, NewJob job, long status, string text, string child)
    {
        var attachment = child.Length == 0 ? null : child.Split(' ', 2) is [var id, "-7"] ? $"Its child {id} was there already and belongs to another parent." : $"Of its children, {child}.";
        return status switch
        {
            1 => new JobOutcome { Server = this, Queue = queue, Id = text, NewId = text, Status = JobOutcomeStatus.Added, Message = attachment },
            0 => new JobOutcome
            {
                Server = this, Queue = queue, Id = text, Status = JobOutcomeStatus.AlreadyExists,
                Message = job.Id == text ? "A job with this id is there already." : $"Job {text} holds its deduplication id.",
            },
            _ => Refused(queue, job.Id ?? "", errors.Server(text, "add")),
        };
    }

    private JobOutcome Refused(string queue, string id, JobServerException fault, JobState before = JobState.Unknown) =>
        new() { Server = this, Queue = queue, Id = id, Status = JobOutcomeStatus.Refused, PreviousState = before, Message = fault.Message, Fault = fault };

    private JobOutcome Outcome(string queue, NewJob job, JobOutcomeStatus status, string message) =>
        new() { Server = this, Queue = queue, Id = job.Id ?? "", Status = status, Message = message };

    /// <summary>The connection broke with new jobs under way: those with ids of their own can be looked for.</summary>
    private async Task LookForAddedAsync(string queue, List<AddPlan> plans, List<int> places, JobServerException fault, JobOutcome[] outcomes, CancellationToken cancellationToken)
    {
        var ids = places.Select(place => plans[place].Job.Id).OfType<string>().ToList();
        var now = ids.Count > 0 ? await ReadAfterFaultAsync(queue, ids, cancellationToken).ConfigureAwait(false) : null;
        foreach (var place in places)
        {
            var plan = plans[place];
            var found = plan.Job.Id is { } id ? now?.GetValueOrDefault(id) : null;
            outcomes[place] = found is null ? Outcome(queue, plan.Job, JobOutcomeStatus.Unknown, fault.Message)
                : found.Timestamp?.ToUnixTimeMilliseconds() == plan.At.ToUnixTimeMilliseconds()
                    ? new JobOutcome { Server = this, Queue = queue, Id = found.Id, NewId = found.Id, Status = JobOutcomeStatus.Added, Message = "The connection broke; the job was seen afterwards." }
                    : Outcome(queue, plan.Job, JobOutcomeStatus.AlreadyExists, "A job with this id is there already.");
        }
    }
}
