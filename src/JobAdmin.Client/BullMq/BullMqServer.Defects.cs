using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Looking for damage in a queue.</summary>
internal sealed partial class BullMqServer : IJobRepair
{
    private const int DefectSlice = 500, ChildrenAtOnce = 3000, NamedChildren = 100;
    private const long Overdue = 5000, Tolerance = 1000;
    private static readonly TimeSpan LongTaken = TimeSpan.FromMinutes(1), BetweenMarkers = TimeSpan.FromSeconds(2);

    public async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindDefectsAsync(JobDefectQuery query, IProgress<BulkProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var profile = await ProfileAsync(query.Queue, fresh: true, cancellationToken).ConfigureAwait(false);
        RequireRepairable(query.Queue, profile);
        foreach (var kind in query.Kinds.Count > 0 ? query.Kinds.Distinct() : Enum.GetValues<JobDefectKind>())
        {
            var pages = kind switch
            {
                JobDefectKind.LostActive => FindLostAsync(query, cancellationToken),
                JobDefectKind.MissingJob => FindMissingAsync(query.Queue, progress, cancellationToken),
                JobDefectKind.OrphanedKey => FindOrphansAsync(query.Queue, profile, progress, cancellationToken),
                JobDefectKind.Parent => FindParentsAsync(query.Queue, progress, cancellationToken),
                JobDefectKind.Marker => FindMarkerAsync(query, profile, cancellationToken),
                _ => FindListsAsync(query.Queue, profile, cancellationToken),
            };
            await foreach (var page in pages.ConfigureAwait(false))
            {
                yield return page;
            }
        }
    }

    private static void RequireRepairable(string queue, QueueProfile profile)
    {
        if (profile.Layout is QueueLayout.Bull)
        {
            throw new JobServerException("UnsupportedLayout", JobErrorKind.InvalidState, $"Queue '{queue}' belongs to classic Bull (3 or 4): what is damage in it can't be told here.",
                "Look at it with its own library.") { Target = queue };
        }
    }

    /// <summary>Active jobs without a lock, at each of three looks over two intervals; or at one, when they were taken long ago.</summary>
    private async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindLostAsync(JobDefectQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var lost = await LookForLostAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        if (query.StalledInterval <= TimeSpan.Zero)
        {
            lost.RemoveAll(job => job.Since is { } taken && DateTimeOffset.UtcNow - taken < LongTaken);
        }

        for (var look = 0; look < 2 && lost.Count > 0 && query.StalledInterval > TimeSpan.Zero; look++)
        {
            await Task.Delay(query.StalledInterval, cancellationToken).ConfigureAwait(false);
            var still = (await LookForLostAsync(query.Queue, cancellationToken).ConfigureAwait(false)).Select(job => (job.Id, job.Mark)).ToHashSet();
            lost.RemoveAll(job => !still.Contains((job.Id, job.Mark)));
        }

        if (lost.Count > 0)
        {
            yield return lost;
        }
    }

    private async Task<List<JobDefect>> LookForLostAsync(string queue, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var lost = new List<JobDefect>();
        await foreach (var ids in AllIdsAsync(queue, JobState.Active, cancellationToken).ConfigureAwait(false))
        {
            var answer = await runner.RunAsync(ScriptCatalog.Own("lost"), reads: true, [keys["active"]], [keys.Base, .. ids], cancellationToken).ConfigureAwait(false);
            var reader = new MsgPackReader((byte[])answer!);
            for (var left = reader.ReadInteger(); left > 0; left--)
            {
                var (id, started, taken, name) = (reader.ReadString()!, reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadString() ?? "");
                var since = long.TryParse(taken, CultureInfo.InvariantCulture, out var ms) ? JobRows.FromMilliseconds(ms) : null;
                lost.Add(new JobDefect
                {
                    Server = this, Queue = queue, Kind = JobDefectKind.LostActive, Id = id, State = JobState.Active, Since = since, Mark = $"{started}|{taken}",
                    Message = $"job {name} counts as active, and no worker holds it",
                });
            }
        }

        return lost;
    }

    private async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindMissingAsync(string queue, IProgress<BulkProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        long looked = 0;
        foreach (var state in StateWords.All)
        {
            await foreach (var ids in AllIdsAsync(queue, state, cancellationToken).ConfigureAwait(false))
            {
                var found = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("missing"), reads: true, [keys.Meta], [keys.Base, .. ids], cancellationToken).ConfigureAwait(false))!;
                progress?.Report(new BulkProgress(looked += ids.Count, null, $"{StateWords.RawName(state)} jobs looked at"));
                var page = new List<JobDefect>();
                for (var i = 0; i < found.Length; i += 2)
                {
                    page.Add(new JobDefect
                    {
                        Server = this, Queue = queue, Kind = JobDefectKind.MissingJob, Id = (string)found[i]!, State = state, Keys = (long)found[i + 1] == 1 ? [keys.Base + (string)found[i]!] : [],
                        Message = (long)found[i + 1] == 1 ? $"is {StateWords.RawName(state)}, and only a remnant of the job is there" : $"is {StateWords.RawName(state)}, and the job is gone",
                    });
                }

                if (page.Count > 0)
                {
                    yield return page;
                }
            }
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindParentsAsync(string queue, IProgress<BulkProgress>? progress, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        long looked = 0;
        await foreach (var ids in AllIdsAsync(queue, JobState.WaitingChildren, cancellationToken).ConfigureAwait(false))
        {
            for (var at = 0; at < ids.Count;)
            {
                object[] arguments = [keys.Base, ChildrenAtOnce, NamedChildren, .. ids.Skip(at)];
                var answer = await runner.RunAsync(ScriptCatalog.Own("parents"), reads: true, [keys["waiting-children"]], arguments, cancellationToken).ConfigureAwait(false);
                var (count, page) = ReadParents(queue, (byte[])answer!);
                at += count;
                progress?.Report(new BulkProgress(looked += count, null, "parents looked at"));
                if (page.Count > 0)
                {
                    yield return page;
                }
            }
        }
    }

    private (int Looked, List<JobDefect> Page) ReadParents(string queue, ReadOnlyMemory<byte> packed)
    {
        var reader = new MsgPackReader(packed);
        var looked = (int)reader.ReadInteger();
        var page = new List<JobDefect>();
        for (var left = reader.ReadInteger(); left > 0; left--)
        {
            var id = reader.ReadString()!;
            var (pending, gone, done, partly) = (reader.ReadInteger(), reader.ReadInteger(), reader.ReadInteger(), reader.ReadInteger() == 1);
            var children = new List<string>();
            for (var named = reader.ReadInteger(); named > 0; named--)
            {
                children.Add(reader.ReadString()!);
            }

            var parts = new List<string>();
            if (gone > 0)
            {
                parts.Add($"{gone:N0}{(partly ? " or more" : "")} {(gone == 1 ? "child that is" : "children that are")} gone");
            }

            if (done > 0)
            {
                parts.Add($"{done:N0}{(partly ? " or more" : "")} that completed and {(done == 1 ? "was" : "were")} not counted");
            }

            var rest = pending - gone - done;
            page.Add(new JobDefect
            {
                Server = this, Queue = queue, Kind = JobDefectKind.Parent, Id = id, State = JobState.WaitingChildren, Keys = children,
                Message = pending == 0 ? "waits for children, and has none left to wait for" : $"waits for {string.Join(" and ", parts)}{(rest > 0 ? $", besides {rest:N0} others" : "")}",
            });
        }

        return (looked, page);
    }

    private sealed record MarkerLook(string? Problem, string LastEvent);

    /// <summary>The mark is looked at twice: a worker that has just been woken takes it away for a moment.</summary>
    private async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindMarkerAsync(JobDefectQuery query, QueueProfile profile, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (profile.Major < 5)
        {
            yield break;
        }

        var first = await LookAtMarkerAsync(query.Queue, cancellationToken).ConfigureAwait(false);
        if (first.Problem is null)
        {
            yield break;
        }

        if (query.StalledInterval > TimeSpan.Zero)
        {
            await Task.Delay(query.StalledInterval < BetweenMarkers ? query.StalledInterval : BetweenMarkers, cancellationToken).ConfigureAwait(false);
        }

        if (await LookAtMarkerAsync(query.Queue, cancellationToken).ConfigureAwait(false) == first)
        {
            yield return [new JobDefect { Server = this, Queue = query.Queue, Kind = JobDefectKind.Marker, Message = first.Problem }];
        }
    }

    private async Task<MarkerLook> LookAtMarkerAsync(string queue, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var items = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("marker"), reads: true, [keys.Meta], [keys.Base], cancellationToken).ConfigureAwait(false))!;
        var (paused, maxed, waiting, limited) = ((long)items[0] == 1, (long)items[1] == 1, (long)items[2], (long)items[6] > 0);
        var due = double.TryParse((string?)items[3], CultureInfo.InvariantCulture, out var d) ? d : (double?)null;
        var wakes = ((string?)items[4])?.Length > 0;
        var next = double.TryParse((string?)items[5], CultureInfo.InvariantCulture, out var n) ? n : (double?)null;
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var problem = paused ? wakes || next is not null ? "the queue is paused, and the mark that wakes workers is there all the same" : null
            : waiting > 0 && !maxed && !limited && !wakes ? "jobs wait, and the mark that wakes idle workers is missing"
            : due is { } at && next is { } mark && mark > at + Tolerance ? "the mark that wakes workers for delayed jobs is later than the first of them is due"
            : due is { } late && next is null && !wakes && late < now - Overdue && !limited ? "a delayed job is overdue, and the mark that wakes idle workers is missing"
            : null;
        return new MarkerLook(problem, (string?)items[7] ?? "");
    }

    private async IAsyncEnumerable<IReadOnlyList<JobDefect>> FindListsAsync(string queue, QueueProfile profile, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (profile.MixedPause)
        {
            yield return [new JobDefect
            {
                Server = this, Queue = queue, Kind = JobDefectKind.Lists,
                Message = $"{profile.WaitLength:N0} jobs stand in the waiting list and {profile.PausedLength:N0} in the paused one: a pause or resume by BullMQ 4 or 5 would lose those of one",
            }];
        }
        else if (!profile.IsPaused && profile.PausedLength > 0)
        {
            yield return [new JobDefect { Server = this, Queue = queue, Kind = JobDefectKind.Lists, Message = $"{profile.PausedLength:N0} jobs stand in the list of a paused queue, which is not paused: no worker looks there" }];
        }
    }

    /// <summary>Every id of a state, whether or not there is a job to it.</summary>
    private async IAsyncEnumerable<IReadOnlyList<string>> AllIdsAsync(string queue, JobState state, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        if (StateWords.IsList(state))
        {
            var walk = new ListWalk(runner, keys, state, fromTail: true);
            while (await walk.NextAsync(DefectSlice, cancellationToken).ConfigureAwait(false) is { Count: > 0 } ids)
            {
                yield return ids;
            }

            yield break;
        }

        var pager = new SetPager(runner, keys, state, newestFirst: false, new FilterText(new JobFilter(), scoreIsTime: false), JobParts.None, idsOnly: true);
        var (cursor, more) = (SetCursor.Start, true);
        while (more)
        {
            var page = await pager.NextAsync(cursor, DefectSlice, DefectSlice, cancellationToken).ConfigureAwait(false);
            (cursor, more) = (page.Cursor, page.More);
            if (JobRows.ReadIds(page.Rows, page.Matches) is { Count: > 0 } ids)
            {
                yield return ids;
            }
        }
    }
}
