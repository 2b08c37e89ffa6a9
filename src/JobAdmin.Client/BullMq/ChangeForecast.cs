namespace JobAdmin.Client.BullMq;

/// <summary>Counts what a deletion or a stop would come to. The jobs below are found as BullMQ's own deletion finds them; what it refuses for one that is locked stays whole.</summary>
internal sealed class ChangeForecast(BullMqServer server, JobChange change) : IJobForecast
{
    /// <summary>How many jobs below are counted at the most: more are told as that.</summary>
    internal const int MostBelow = 100_000;

    private const int Together = 500, Named = 20, ChildrenTogether = 10_000;

    private readonly HashSet<string> below = new(StringComparer.Ordinal);
    // Those of the named jobs that may hang below others that are named.
    private readonly HashSet<string> named = new(StringComparer.Ordinal);
    // Of those, the ones that would be refused: they may go with a parent all the same.
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);
    private bool allMatching, isLeast, isMost;
    private long schedulerOwned, locked, missing;

    public JobForecast Sum => new(below.Count(key => !named.Contains(key) || refused.Contains(key)), isLeast, isMost, schedulerOwned, locked, missing);

    public async Task<int> AddAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var changed = 0;
        foreach (var part in ids.Chunk(Together))
        {
            changed += await AddPartAsync(queue, part, cancellationToken).ConfigureAwait(false);
        }

        return changed;
    }

    public async Task AddAsync(JobQuery query, CancellationToken cancellationToken)
    {
        allMatching = query.First is null;
        await foreach (var ids in server.ForecastIdsAsync(query, change, cancellationToken).ConfigureAwait(false))
        {
            await AddAsync(query.Queue, ids, cancellationToken).ConfigureAwait(false);
        }

        var start = server.KeyOf(query.Queue, "");
        foreach (var own in below.Where(key => allMatching && key.StartsWith(start, StringComparison.Ordinal)).Select(key => key[start.Length..]).Chunk(Together))
        {
            named.UnionWith((await server.WhichMatchAsync(query, own, cancellationToken).ConfigureAwait(false)).Select(id => start + id));
        }
    }

    private async Task<int> AddPartAsync(string queue, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var seen = await server.ForeseeAsync(queue, below: false, ids, change, isLeast ? 0 : Named, cancellationToken).ConfigureAwait(false);
        var changed = 0;
        var trees = new List<Tree>();
        var start = server.KeyOf(queue, "");
        for (var i = 0; i < ids.Count; i++)
        {
            missing += seen[i].Code == 0 ? 1 : 0;
            locked += seen[i].Code == 2 ? 1 : 0;
            schedulerOwned += seen[i].Code == 3 ? 1 : 0;
            if (seen[i].Code != 1)
            {
                refused.UnionWith(seen[i].IsChild ? [start + ids[i]] : []);
                continue;
            }

            changed++;
            // Where all that match are meant, it is seen at the end which ones do.
            if (seen[i].IsChild && !allMatching && !(isMost |= named.Count >= MostBelow))
            {
                named.Add(start + ids[i]);
            }

            if (seen[i].Children > 0 && !isLeast)
            {
                trees.Add(new Tree(start + ids[i], seen[i]));
            }
        }

        for (var at = 0; at < trees.Count && !isLeast;)
        {
            long children = 0;
            var some = trees.Skip(at).TakeWhile(tree => (children += tree.Root.Children) <= ChildrenTogether || children == tree.Root.Children).ToList();
            at += some.Count;
            changed -= await DescendAsync(queue, some, cancellationToken).ConfigureAwait(false);
        }

        return changed;
    }

    /// <summary>Walks down trees level by level, and adds what is below those that would be deleted.</summary>
    /// <returns>How many would be refused, since a worker has a child.</returns>
    private async Task<int> DescendAsync(string queue, List<Tree> trees, CancellationToken cancellationToken)
    {
        var level = new List<Branch>();
        foreach (var tree in trees)
        {
            await BranchAsync(tree, tree.Key, tree.Root, pending: true, level, cancellationToken).ConfigureAwait(false);
        }

        while (level.Count > 0)
        {
            var next = new List<Branch>();
            foreach (var part in level.Chunk(Together))
            {
                var seen = await server.ForeseeAsync(queue, below: true, Array.ConvertAll(part, branch => branch.Key), change, Named, cancellationToken).ConfigureAwait(false);
                for (var i = 0; i < part.Length; i++)
                {
                    var (tree, key, pending) = part[i];
                    // BullMQ looks for locks among the children that are awaited, and theirs.
                    tree.IsLocked |= pending && seen[i].Code == 2;
                    tree.Below.UnionWith(seen[i].Code == 0 ? [] : [key]);
                    await BranchAsync(tree, key, seen[i], pending, next, cancellationToken).ConfigureAwait(false);
                }
            }

            level = next;
        }

        foreach (var tree in trees.Where(tree => !tree.IsLocked))
        {
            below.UnionWith(tree.Below);
        }

        isLeast |= below.Count >= MostBelow;
        var held = trees.FindAll(tree => tree.IsLocked);
        refused.UnionWith(held.Where(tree => tree.Root.IsChild).Select(tree => tree.Key));
        locked += held.Count;
        return held.Count;
    }

    private async Task BranchAsync(Tree tree, string job, BullMqServer.Foreseen seen, bool pending, List<Branch> level, CancellationToken cancellationToken)
    {
        if (seen.Children == seen.Keys.Count)
        {
            Add(seen.Keys);
            return;
        }

        await foreach (var keys in server.AllChildrenAsync(job, cancellationToken).ConfigureAwait(false))
        {
            if (isLeast |= level.Count >= MostBelow)
            {
                return;
            }

            Add(keys);
        }

        void Add(IReadOnlyList<(bool Pending, string Key)> keys) =>
            level.AddRange(keys.Where(key => tree.Seen.Add(key.Key)).Select(key => new Branch(tree, key.Key, pending && key.Pending)));
    }

    private sealed record Branch(Tree Tree, string Key, bool Pending);

    private sealed class Tree(string key, BullMqServer.Foreseen root)
    {
        public string Key => key;

        public BullMqServer.Foreseen Root => root;

        public bool IsLocked { get; set; }

        public HashSet<string> Seen { get; } = new([key], StringComparer.Ordinal);

        public HashSet<string> Below { get; } = new(StringComparer.Ordinal);
    }
}
