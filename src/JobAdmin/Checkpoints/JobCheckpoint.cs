using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>What a run has done so far, so that another one goes on where it broke off: no job twice, and none left out.</summary>
/// <remarks>A batch is written down before it is sent and again when its outcomes are there. What was under way when a run broke off is looked at by the next
/// one, which sees by the jobs themselves whether their change was made.</remarks>
internal sealed class JobCheckpoint : IDisposable
{
    private readonly CheckpointFile file;
    private readonly CheckpointHeader run;
    private readonly JobChange? change;
    private readonly SemaphoreSlim turn = new(1);
    private readonly Dictionary<string, HashSet<string>> taken = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, CheckpointLine> open = [];
    private int last;
    private bool attached;

    private JobCheckpoint(string path, CheckpointHeader run, JobChange? change)
    {
        this.change = change;
        file = CheckpointFile.Open(path, Take);
        if (file.Header is { } header)
        {
            // Later jobs than those of the first run are not meant, and ids of jobs that are made stay the same.
            this.run = run with { Id = header.Id, Started = header.Started };
            Compare(header);
        }
        else
        {
            this.run = run;
        }
    }

    /// <summary>The run's own name.</summary>
    public string Id => run.Id;

    /// <summary>When the first run began.</summary>
    public DateTimeOffset Started => run.Started;

    /// <summary>When everything was done; null as long as it isn't.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>Whether it goes on with what an earlier run began.</summary>
    public bool IsResumed => file.Header is not null;

    /// <summary>How many jobs have been tried, in this run and before.</summary>
    public long Done { get; private set; }

    /// <summary>Whether of some jobs it is not known what became of them.</summary>
    public bool HasOpen => open.Count > 0;

    /// <summary>Opens the checkpoint of a command.</summary>
    /// <param name="path">Where.</param>
    /// <param name="run">What it would be of, if it is new.</param>
    /// <param name="change">The change; null for adding jobs.</param>
    public static JobCheckpoint Open(string path, CheckpointHeader run, JobChange? change) => new(path, run, change);

    /// <summary>Takes a job into this run.</summary>
    /// <returns>Whether it is to be changed: not when it has been, or is about to be.</returns>
    public bool Take(string queue, string id)
    {
        lock (taken)
        {
            return Ids(queue).Add(id);
        }
    }

    /// <summary>Says which server is meant. There is one.</summary>
    public void Attach(IJobServer server)
    {
        if (run.Server != Name(server))
        {
            throw IsResumed ? CheckpointFile.Refuse(file.Path, 1, $"it is of {run.Server}, and this is {Name(server)}")
                : JobErrors.Input("InvalidCheckpoint", $"The jobs are of {Name(server)} and of {run.Server}, and a checkpoint is of one server.", "Change the jobs of each server with a checkpoint of its own.", file.Path);
        }

        attached = true;
    }

    /// <summary>The server as a checkpoint names it.</summary>
    public static string Name(IJobServer server) => server.Connection is var c && c.Prefix is null ? $"{c.Kind} {c.Endpoint}" : $"{c.Kind} {c.Endpoint} prefix {c.Prefix}";

    /// <summary>Looks at what was under way when an earlier run broke off.</summary>
    /// <returns>The batches of which something is still to be done, and what.</returns>
    public async Task<IReadOnlyList<CheckpointRest>> ReviewAsync(IJobServer server, CancellationToken token)
    {
        var rests = new List<CheckpointRest>();
        foreach (var (number, batch) in open.ToList())
        {
            var queue = new QueueReference(server, batch.Queue!);
            var marks = batch.Marks;
            var jobs = marks is null ? null : await server.GetJobsByIdAsync(queue.Queue, batch.Ids!, JobParts.None, token).ConfigureAwait(false);
            var again = batch.Ids!.Where((_, i) => JobMark.MustRepeat(change, marks?[i] ?? "", jobs?[i])).ToList();
            rests.Add(new CheckpointRest(number, queue, batch.Ids!.Count, again));
        }

        return rests;
    }

    /// <summary>Does what is still to be done of a batch.</summary>
    public async Task<IReadOnlyList<JobOutcome>> SettleAsync(CheckpointRest rest, ChangeJobs send, CancellationToken token)
    {
        if (rest.Ids.Count > 0)
        {
            return await ChangeAsync(rest.Queue, rest.Ids, rest.Number, send, token).ConfigureAwait(false);
        }

        Write(new CheckpointLine { Done = rest.Number });
        return [];
    }

    /// <summary>Changes jobs between a line that they are sent and one that they are done.</summary>
    public Task<IReadOnlyList<JobOutcome>> ChangeAsync(QueueReference queue, IReadOnlyList<string> ids, ChangeJobs send, CancellationToken token) => ChangeAsync(queue, ids, null, send, token);

    /// <summary>Says that everything was done.</summary>
    public void End()
    {
        if (IsResumed && !HasOpen && Ended is null)
        {
            Write(new CheckpointLine { End = DateTimeOffset.UtcNow });
        }
    }

    /// <summary>Lets the file go.</summary>
    public void Dispose() => file.Dispose();

    private async Task<IReadOnlyList<JobOutcome>> ChangeAsync(QueueReference queue, IReadOnlyList<string> ids, int? again, ChangeJobs send, CancellationToken token)
    {
        System.Diagnostics.Debug.Assert(attached, "the server is compared before anything is sent");
        await turn.WaitAsync(token).ConfigureAwait(false);
        try
        {
            if (file.Header is null)
            {
                file.Begin(run);
            }

            var jobs = change is null ? null : await queue.Server.GetJobsByIdAsync(queue.Queue, ids, JobParts.None, token).ConfigureAwait(false);
            var number = last + 1;
            Write(new CheckpointLine { Sent = number, Again = again, Queue = queue.Queue, Ids = ids, Marks = jobs?.Select(JobMark.Of).ToList() });
            var outcomes = await send(queue, ids, token).ConfigureAwait(false);
            var left = ids.Where((_, i) => outcomes[i].Status is JobOutcomeStatus.Unknown or JobOutcomeStatus.NotChanged).ToList();
            Write(new CheckpointLine { Done = number, Left = left.Count > 0 ? left : null });
            return outcomes;
        }
        finally
        {
            turn.Release();
        }
    }

    private void Write(CheckpointLine line)
    {
        file.Add(line, lasting: line.Sent is not null);
        Take(line);
    }

    private void Take(CheckpointLine line)
    {
        if (Ended is not null)
        {
            throw new InvalidDataException("there is more behind its end");
        }

        if (line is { Sent: { } sent })
        {
            TakeSent(line, sent);
        }
        else if (line is { Done: { } done })
        {
            if (!open.Remove(done, out var batch))
            {
                throw new InvalidDataException($"it ends batch {done}, which was not sent");
            }

            Keep(done, batch, line.Left);
        }

        Ended = line.End;
    }

    private void TakeSent(CheckpointLine line, int sent)
    {
        if (sent != last + 1 || line is not { Queue: not null, Ids: { Count: > 0 } ids } || (line.Marks is { } marks && marks.Count != ids.Count))
        {
            throw new InvalidDataException(sent != last + 1 ? $"it is batch {sent}, and {last + 1} comes next" : "its batch is not whole");
        }

        last = sent;
        if (line.Again is { } again)
        {
            if (!open.Remove(again, out var before))
            {
                throw new InvalidDataException($"it repeats batch {again}, which was not sent");
            }

            Done += before.Ids!.Count - ids.Count;
        }

        open[sent] = line;
        lock (taken)
        {
            Ids(line.Queue).UnionWith(ids);
        }
    }

    // Of what is left of a batch it has to be seen later whether it was done.
    private void Keep(int number, CheckpointLine batch, IReadOnlyList<string>? left)
    {
        Done += batch.Ids!.Count - (left?.Count ?? 0);
        if (left is { Count: > 0 })
        {
            var places = left.Select(id => batch.Ids.ToList().IndexOf(id)).ToList();
            if (places.Contains(-1))
            {
                throw new InvalidDataException($"it leaves a job that is not in batch {number}");
            }

            open[number] = batch with { Ids = left, Marks = batch.Marks is { } marks ? places.ConvertAll(i => marks[i]) : null };
        }
    }

    private HashSet<string> Ids(string queue) => taken.TryGetValue(queue, out var ids) ? ids : taken[queue] = new HashSet<string>(StringComparer.Ordinal);

    private void Compare(CheckpointHeader header)
    {
        if (header.Command != run.Command)
        {
            throw Other($"it is of {header.Command}, and this is {run.Command}");
        }

        if (header.Server != run.Server)
        {
            throw Other($"it is of {header.Server}, and this is {run.Server}");
        }

        foreach (var name in header.Parameters.Keys.Union(run.Parameters.Keys).Order(StringComparer.Ordinal))
        {
            var (then, now) = (header.Parameters.GetValueOrDefault(name), run.Parameters.GetValueOrDefault(name));
            if (then != now)
            {
                throw Other(then is null ? $"it has no -{name}, and this has {now}" : now is null ? $"it has -{name} {then}, and this has none" : $"it has -{name} {then}, and this has {now}");
            }
        }

        if (header.DefaultQueue != run.DefaultQueue)
        {
            throw Other($"it is of queue {header.DefaultQueue ?? "*"}, and this is of {run.DefaultQueue ?? "*"}");
        }
    }

    private JobServerException Other(string why)
    {
        file.Dispose();
        return CheckpointFile.Refuse(file.Path, 1, why);
    }
}
