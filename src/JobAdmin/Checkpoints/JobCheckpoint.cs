using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>What a run has done so far, so that another one goes on where it broke off: no job twice, and none left out.</summary>
/// <remarks>A batch is written down before it is sent and again when its outcomes are there. What was under way when a run broke off is looked at by the next
/// one, which sees by the jobs themselves whether their change was made.</remarks>
internal sealed class JobCheckpoint : CheckpointRun
{
    private readonly JobChange? change;
    private readonly SemaphoreSlim turn = new(1);
    private readonly Dictionary<string, HashSet<string>> taken = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, CheckpointLine> open = [];
    private int last;

    /// <summary>Opens the checkpoint of a command.</summary>
    /// <param name="path">Where.</param>
    /// <param name="run">What it would be of, if it is new.</param>
    /// <param name="change">The change; null for adding jobs.</param>
    public JobCheckpoint(string path, CheckpointHeader run, JobChange? change)
        : base(path, run) => this.change = change;

    /// <summary>How many jobs have been tried, in this run and before.</summary>
    public long Done { get; private set; }

    /// <inheritdoc/>
    public override bool HasOpen => open.Count > 0;

    /// <inheritdoc/>
    protected override string Sum => $"{Done:N0} jobs";

    /// <summary>Takes a job into this run.</summary>
    /// <returns>Whether it is to be changed: not when it has been, or is about to be.</returns>
    public bool Take(string queue, string id)
    {
        lock (taken)
        {
            return Ids(queue).Add(id);
        }
    }

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

        Write(new CheckpointLine { Done = rest.Number }, lasting: false);
        return [];
    }

    /// <summary>Changes jobs between a line that they are sent and one that they are done.</summary>
    public Task<IReadOnlyList<JobOutcome>> ChangeAsync(QueueReference queue, IReadOnlyList<string> ids, ChangeJobs send, CancellationToken token) => ChangeAsync(queue, ids, null, send, token);

    private async Task<IReadOnlyList<JobOutcome>> ChangeAsync(QueueReference queue, IReadOnlyList<string> ids, int? again, ChangeJobs send, CancellationToken token)
    {
        await turn.WaitAsync(token).ConfigureAwait(false);
        try
        {
            var jobs = change is null ? null : await queue.Server.GetJobsByIdAsync(queue.Queue, ids, JobParts.None, token).ConfigureAwait(false);
            var number = last + 1;
            Write(new CheckpointLine { Sent = number, Again = again, Queue = queue.Queue, Ids = ids, Marks = jobs?.Select(JobMark.Of).ToList() }, lasting: true);
            var outcomes = await send(queue, ids, token).ConfigureAwait(false);
            var left = ids.Where((_, i) => outcomes[i].Status is JobOutcomeStatus.Unknown or JobOutcomeStatus.NotChanged).ToList();
            Write(new CheckpointLine { Done = number, Left = left.Count > 0 ? left : null }, lasting: false);
            return outcomes;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    protected override void Take(CheckpointLine line)
    {
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
        else
        {
            throw Stranger();
        }
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
}
