using System.Runtime.CompilerServices;

namespace JobAdmin.Client.BullMq;

/// <summary>Flows: parents and what is under them.</summary>
internal sealed partial class BullMqServer : IJobFlows
{
    /// <summary>What tells the children of jobs.</summary>
    public static readonly LuaScript ChildrenScript = ScriptCatalog.OfChildren("flow-children");

    private const int ChildrenUnlessSaid = 1000;

    private readonly record struct ChildKey(string Queue, string Id, JobChildState State, string? ForeignPrefix);

    private sealed record ChildCounts(int Pending, int Completed, int Ignored, int Failed, IReadOnlyList<ChildKey> Keys)
    {
        public int Total => Pending + Completed + Ignored + Failed;
    }

    /// <summary>A job of the tree while its children are still being read.</summary>
    private sealed class FlowDraft(QueueJob job, int depth, JobChildState state)
    {
        public QueueJob Job { get; } = job;

        public int Depth { get; } = depth;

        public JobChildState State { get; } = state;

        public ChildCounts? Counts { get; set; }

        public List<FlowDraft> Children { get; } = [];

        public bool IsGone => Job.RawState == "missing";
    }

    public async IAsyncEnumerable<IReadOnlyList<QueueJob>> GetFlowParentsAsync(JobState? state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var queue in (await FindQueuesAsync(cancellationToken).ConfigureAwait(false)).Order(StringComparer.OrdinalIgnoreCase))
        {
            var query = new JobQuery { Queue = queue, States = state is { } one ? [one] : [] };
            await foreach (var page in GetJobsAsync(query, cancellationToken).ConfigureAwait(false))
            {
                var counts = await ReadChildrenAsync(queue, [.. page.Select(job => job.Id)], 0, cancellationToken).ConfigureAwait(false);
                var parents = page.Where((_, i) => counts[i].Total > 0).ToList();
                if (parents.Count > 0)
                {
                    yield return parents;
                }
            }
        }
    }

    public Task<JobFlowNode?> GetFlowAsync(string queue, string id, int maxDepth, JobParts parts, CancellationToken cancellationToken) =>
        GetFlowAsync(queue, id, maxDepth, ChildrenUnlessSaid, parts, cancellationToken);

    public async Task<JobFlowNode?> GetFlowAsync(string queue, string id, int maxDepth, int maxChildren, JobParts parts, CancellationToken cancellationToken)
    {
        if ((await GetJobsByIdAsync(queue, [id], parts, cancellationToken).ConfigureAwait(false))[0] is not { } job)
        {
            return null;
        }

        var root = new FlowDraft(job, 0, JobChildState.Unknown);
        var seen = new HashSet<(string, string)> { (queue, id) };
        List<FlowDraft> level = [root];
        for (var depth = 0; level.Count > 0; depth++)
        {
            await ReadChildrenAsync(level, depth < maxDepth ? maxChildren : 0, cancellationToken).ConfigureAwait(false);
            level = await DescendAsync(level, depth + 1, seen, parts, cancellationToken).ConfigureAwait(false);
        }

        var paused = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in seen.Select(s => s.Item1).Distinct().ToList())
        {
            if (await IsPausedAsync(name, cancellationToken).ConfigureAwait(false))
            {
                paused.Add(name);
            }
        }

        return Finish(root, paused);
    }

    private async Task ReadChildrenAsync(List<FlowDraft> level, int most, CancellationToken cancellationToken)
    {
        foreach (var group in level.Where(draft => !draft.IsGone).GroupBy(draft => draft.Job.Queue))
        {
            foreach (var part in group.Chunk(most > 0 ? Math.Clamp(20_000 / most, 1, 200) : 200))
            {
                var counts = await ReadChildrenAsync(group.Key, Array.ConvertAll(part, draft => draft.Job.Id), most, cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < part.Length; i++)
                {
                    part[i].Counts = counts[i];
                }
            }
        }
    }

    /// <summary>Reads the jobs under one level, those of a queue together.</summary>
    private async Task<List<FlowDraft>> DescendAsync(List<FlowDraft> level, int depth, HashSet<(string, string)> seen, JobParts parts, CancellationToken cancellationToken)
    {
        var wanted = level.SelectMany(draft => (draft.Counts?.Keys ?? []).Where(key => seen.Add((key.Queue, key.Id))).Select(key => (Parent: draft, Key: key))).ToList();
        var found = new Dictionary<(string, string), QueueJob>();
        foreach (var group in wanted.Where(w => w.Key.ForeignPrefix is null).GroupBy(w => w.Key.Queue))
        {
            foreach (var read in await ReadByIdAsync(group.Key, [.. group.Select(w => w.Key.Id)], JobState.Unknown, parts, "", cancellationToken).ConfigureAwait(false))
            {
                found[(read.Queue, read.Id)] = read;
            }
        }

        var next = new List<FlowDraft>(wanted.Count);
        foreach (var (parent, key) in wanted)
        {
            var child = new FlowDraft(found.GetValueOrDefault((key.Queue, key.Id)) ?? Missing(key), depth, key.State);
            parent.Children.Add(child);
            next.Add(child);
        }

        return next;
    }

    private QueueJob Missing(ChildKey key) => new QueueJob { Server = this, Queue = key.Queue, Id = key.Id, RawState = "missing" }
        .WithProblem(key.ForeignPrefix is { } prefix ? $"it is kept under another prefix ({prefix})" : "it is gone");

    private async Task<bool> IsPausedAsync(string queue, CancellationToken cancellationToken)
    {
        try
        {
            return (await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false)).IsPaused;
        }
        catch (JobServerException exception) when (exception.Kind == JobErrorKind.NotFound)
        {
            return false;
        }
    }

    private static JobFlowNode Finish(FlowDraft draft, HashSet<string> paused)
    {
        // The ones that hold it up come first, then by name, so that two looks at one flow are alike.
        var children = draft.Children.OrderBy(child => child.State is JobChildState.Failed ? 0 : child.State is JobChildState.Pending ? 1 : 2)
            .ThenBy(child => child.Job.Queue, StringComparer.Ordinal).ThenBy(child => child.Job.Name, StringComparer.Ordinal).ThenBy(child => child.Job.Timestamp)
            .ThenBy(child => child.Job.Id.Length).ThenBy(child => child.Job.Id, StringComparer.Ordinal).ToList();
        return new JobFlowNode
        {
            Job = draft.Job,
            Children = [.. children.Select(child => Finish(child, paused))],
            ChildCount = draft.Counts?.Total,
            PendingChildren = draft.Counts?.Pending,
            Depth = draft.Depth,
            ChildState = draft.State,
            BlockedBy = Blocking(draft, paused),
        };
    }

    /// <summary>What a parent waits for, in words.</summary>
    private static string? Blocking(FlowDraft draft, HashSet<string> paused)
    {
        if (draft.Job.State != JobState.WaitingChildren || draft.Counts is not { } counts)
        {
            return null;
        }

        if (counts.Pending == 0)
        {
            return "no child is pending, and nothing will release it: Repair-JobQueue does";
        }

        var pending = draft.Children.Where(child => child.State == JobChildState.Pending).ToList();
        var words = pending.GroupBy(child => child.IsGone ? "gone" : StateWords.RawName(child.Job.State))
            .OrderBy(group => group.Key is "gone" ? 0 : group.Key is "failed" ? 1 : 2).ThenByDescending(group => group.Count())
            .Select(group => $"{group.Count()} {group.Key}").ToList();
        if (counts.Pending > pending.Count)
        {
            words.Add($"{counts.Pending - pending.Count} not read");
        }

        var held = pending.Select(child => child.Job.Queue).Where(paused.Contains).Distinct().ToList();
        return $"{counts.Pending} of {counts.Total} children: {string.Join(", ", words)}"
            + (held.Count > 0 ? $"; paused: {string.Join(", ", held)}" : "");
    }

    private async Task<List<ChildCounts>> ReadChildrenAsync(string queue, IReadOnlyList<string> ids, int most, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var answer = await runner.RunAsync(ChildrenScript, reads: true, [keys.Meta], [keys.Base, most, .. ids], cancellationToken).ConfigureAwait(false);
        return ParseChildren((byte[])answer!, ids.Count);
    }

    private List<ChildCounts> ParseChildren(ReadOnlyMemory<byte> packed, int count)
    {
        var all = new List<ChildCounts>(count);
        var reader = new MsgPackReader(packed);
        for (var i = 0; i < count; i++)
        {
            var (pending, completed, ignored, failed) = ((int)reader.ReadInteger(), (int)reader.ReadInteger(), (int)reader.ReadInteger(), (int)reader.ReadInteger());
            var keys = new ChildKey[reader.ReadCount()];
            for (var k = 0; k < keys.Length; k++)
            {
                var state = reader.ReadString() switch { "p" => JobChildState.Pending, "c" => JobChildState.Completed, "i" => JobChildState.Ignored, _ => JobChildState.Failed };
                keys[k] = ParseChildKey(reader.ReadString() ?? "", state);
            }

            all.Add(new ChildCounts(pending, completed, ignored, failed, keys));
        }

        return all;
    }

    // A queue's name has no colon, an id may have: behind our own prefix the first colon ends the queue.
    private ChildKey ParseChildKey(string key, JobChildState state)
    {
        var start = Prefix.Length + 1;
        if (key.StartsWith(Prefix + ":", StringComparison.Ordinal) && key.IndexOf(':', start) is var colon and > 0)
        {
            return new ChildKey(key[start..colon], key[(colon + 1)..], state, null);
        }

        var last = key.LastIndexOf(':');
        var before = last > 0 ? key.LastIndexOf(':', last - 1) : -1;
        return before < 0 ? new ChildKey("", key, state, "") : new ChildKey(key[(before + 1)..last], key[(last + 1)..], state, key[..before]);
    }
}
