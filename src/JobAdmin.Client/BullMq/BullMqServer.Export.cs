using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Exporting jobs field by field.</summary>
internal sealed partial class BullMqServer : IJobTransfer
{
    private const int ExportPage = 500;

    public async IAsyncEnumerable<JobExportSlice> ExportJobsAsync(JobQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var profile = await ProfileAsync(query.Queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var states = StateWords.Course.Intersect(StateWords.Expand(query.States)).ToList();
        var back = new JobsGoneBack(this, runner, query.Queue, Keys(query.Queue).Events);
        if (states.Count > 1)
        {
            // A job that stays in the one state that is walked can't be missed.
            await back.BeginAsync(cancellationToken).ConfigureAwait(false);
        }

        // Walks may have met a list that was renamed meanwhile under neither name.
        List<JobState> renamed = profile.RenamesList ? [.. states.Where(state => state is JobState.Waiting or JobState.Paused)] : [];
        var walks = new Queue<JobState>(states);
        while (walks.TryDequeue(out var state))
        {
            await using (var pages = new ExportPages(this, query, state, cancellationToken))
            {
                await foreach (var slice in PageStream.ReadAsync(pages.NextAsync, cancellationToken).ConfigureAwait(false))
                {
                    yield return slice;
                    await back.FollowAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            if (walks.Count == 0)
            {
                await back.ReadAsync(cancellationToken).ConfigureAwait(false);
                if (renamed.Count > 0 && back.IsToBeWalkedAgain())
                {
                    renamed.ForEach(walks.Enqueue);
                }
            }
        }

        var filter = new FilterText(query.Filter, scoreIsTime: false);
        foreach (var ids in back.Ids.Chunk(ExportPage))
        {
            var jobs = await ReadByIdAsync(query.Queue, ids, JobState.Unknown, filter.Parts, filter.Json, cancellationToken).ConfigureAwait(false);
            var matching = jobs.Where(job => states.Contains(job.State) && (!filter.NeedsLook || filter.Matches(job))).Select(job => job.Id).ToList();
            await foreach (var slice in ExportJobsAsync(query.Queue, matching, JobState.Unknown, JobKin.None, cancellationToken).ConfigureAwait(false))
            {
                yield return slice;
            }
        }

        if (back.Doubt is { } doubt)
        {
            yield return new JobExportSlice(0, default, []) { Doubt = doubt };
        }
    }

    public IAsyncEnumerable<JobExportSlice> ExportJobsAsync(string queue, IReadOnlyList<string> ids, JobState seen, JobKin kin, CancellationToken cancellationToken) =>
        ExportJobsAsync(queue, ids, seen, kin, null, cancellationToken);

    // Abroad are the parents in other queues that came along before: with that set, new ones do too, each once.
    private async IAsyncEnumerable<JobExportSlice> ExportJobsAsync(string queue, IReadOnlyList<string> ids, JobState seen, JobKin kin, HashSet<string>? abroad,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var writer = new JobRecordWriter();
        var relatives = new Relatives(Prefix, queue, kin, abroad);
        var written = new HashSet<string>(StringComparer.Ordinal);
        var jobs = new List<ExportedJob>();
        var (from, some, isHome) = (queue, ids, true);
        while (true)
        {
            for (var at = 0; at < some.Count;)
            {
                var rows = await RowsAsync(from, some.Skip(at).Take(ExportPage), isHome ? seen : JobState.Unknown, cancellationToken).ConfigureAwait(false);
                var before = jobs.Count;
                at += WriteRows(writer, from, rows, relatives, isHome, jobs);
                written.UnionWith(jobs.Skip(before).Where(job => job.Root is null).Select(job => job.Id));
                if (writer.Length >= ExportSlice)
                {
                    yield return new JobExportSlice(writer.Count, writer.Lines, []) { Jobs = jobs };
                    writer.Clear();
                    jobs = [];
                }
            }

            if (relatives.Next() is not var (other, more))
            {
                break;
            }

            (from, some, isHome) = (other, more, false);
        }

        yield return new JobExportSlice(writer.Count, writer.Lines, [.. ids.Where(id => !written.Contains(id))]) { Jobs = jobs };
    }

    public async IAsyncEnumerable<JobExportSlice> ExportQueueKeysAsync(string queue, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        var keys = Keys(queue);
        string[] own = ["meta", "id", "pc", "repeat", "metrics:completed", "metrics:completed:data", "metrics:failed", "metrics:failed:data"];
        yield return await WriteKeysAsync(queue, own, cancellationToken).ConfigureAwait(false);
        foreach (var pattern in new[] { "repeat:", "de:", "dn:" })
        {
            await foreach (var found in ScanAsync(EscapeGlob(keys.Base + pattern) + "*", KeysAtOnce, keys.Meta, null, cancellationToken).ConfigureAwait(false))
            {
                var names = found.Select(k => k[keys.Base.Length..]).Where(k => !IsJobOfScheduler(k)).ToList();
                yield return await WriteKeysAsync(queue, names, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether a key is that of a scheduler's job (<c>repeat:ID:TIME</c>, or what belongs to it) rather than the scheduler itself.</summary>
    private static bool IsJobOfScheduler(string name)
    {
        var parts = name.Split(':');
        return parts[0] == "repeat" && (parts[^1].Length >= 10 && parts.Length > 2 && parts[^1].All(char.IsAsciiDigit) || JobWords.ContainsKey(parts[^1]));
    }

    /// <summary>The rows of jobs, of as many of them as fit.</summary>
    private async Task<ReadOnlyMemory<byte>> RowsAsync(string queue, IEnumerable<string> ids, JobState seen, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        object[] arguments = [keys.Base, StateWords.KeyWord(seen) ?? "", BytesAtMost, .. ids];
        return (byte[])(await runner.RunAsync(ScriptCatalog.Export(), reads: true, [keys.Meta], arguments, cancellationToken).ConfigureAwait(false))!;
    }

    private static int WriteRows(JobRecordWriter writer, string queue, ReadOnlyMemory<byte> packed, Relatives relatives, bool isHome, List<ExportedJob> jobs)
    {
        var reader = new MsgPackReader(packed);
        var looked = (int)reader.ReadInteger();
        var children = relatives.Kin == JobKin.None ? null : new List<string>();
        for (var rows = reader.ReadInteger(); rows > 0; rows--)
        {
            var (id, state, parent) = writer.WriteJob(ref reader, queue, children);
            jobs.Add(new ExportedJob(queue, id, StateWords.Parse(state), parent, isHome ? null : relatives.Root(queue, id)));
            if (children is not null)
            {
                relatives.Add(queue, id, children, parent);
                children.Clear();
            }
        }

        return looked;
    }

    private async Task<JobExportSlice> WriteKeysAsync(string queue, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var keys = Keys(queue);
        var writer = new JobRecordWriter();
        foreach (var name in names)
        {
            var key = keys[name];
            var type = (string?)await runner.CommandAsync(reads: true, "TYPE", [key], cancellationToken).ConfigureAwait(false);
            object[]? command = type switch
            {
                "string" => ["GET", key],
                "hash" => ["HGETALL", key],
                "list" => ["LRANGE", key, 0, -1],
                "set" => ["SMEMBERS", key],
                "zset" => ["ZRANGE", key, 0, -1, "WITHSCORES"],
                _ => null,
            };
            if (command is null)
            {
                continue;
            }

            var left = (long)await runner.CommandAsync(reads: true, "PTTL", [key], cancellationToken).ConfigureAwait(false);
            var answer = await runner.CommandAsync(reads: true, (string)command[0], command[1..], cancellationToken).ConfigureAwait(false);
            IReadOnlyList<ReadOnlyMemory<byte>> values = type == "string" ? answer.IsNull ? [] : [(byte[])answer!]
                : [.. ((RedisResult[])answer!).Select(v => (ReadOnlyMemory<byte>)(byte[])v!)];
            if (values.Count > 0)
            {
                writer.WriteKey(queue, name, type!, left >= 0 ? DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + left : null, values);
            }
        }

        return new JobExportSlice(writer.Count, writer.ToArray(), []);
    }

    /// <summary>Jobs that go along with others, each once, until there are no more.</summary>
    private sealed class Relatives(string prefix, string home, JobKin kin, HashSet<string>? abroad)
    {
        private readonly HashSet<(string Queue, string Id)> known = [];
        private readonly Dictionary<string, List<string>> waiting = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Queue, string Id), string> roots = [];

        public JobKin Kin => kin;

        /// <summary>The job for which another one was asked, in the end.</summary>
        public string Root(string queue, string id) => roots.GetValueOrDefault((queue, id), id);

        public void Add(string queue, string id, List<string> children, string? parent)
        {
            known.Add((queue, id));
            if (waiting.TryGetValue(queue, out var same) && same.Remove(id))
            {
                // One of those asked for, which a parent among them has named before.
                roots.Remove((queue, id));
            }

            var root = Root(queue, id);
            if (kin.HasFlag(JobKin.Children))
            {
                children.ForEach(child => Ask(child, root));
            }

            if (kin.HasFlag(JobKin.Parents) && parent is not null && (parent.StartsWith($"{prefix}:{home}:", StringComparison.Ordinal) || abroad?.Add(parent) == true))
            {
                Ask(parent, root);
            }
        }

        public (string Queue, List<string> Ids)? Next()
        {
            foreach (var (queue, ids) in waiting)
            {
                waiting.Remove(queue);
                if (ids.Count > 0)
                {
                    return (queue, ids);
                }
            }

            return null;
        }

        private void Ask(string key, string root)
        {
            // A child of another prefix is beyond this connection; BullMQ has no such flows.
            if (!key.StartsWith(prefix + ":", StringComparison.Ordinal) || key.IndexOf(':', prefix.Length + 1) is not (> 0 and var colon))
            {
                return;
            }

            var (queue, id) = (key[(prefix.Length + 1)..colon], key[(colon + 1)..]);
            if (queue.Length > 0 && known.Add((queue, id)))
            {
                if (!waiting.TryGetValue(queue, out var ids))
                {
                    waiting[queue] = ids = [];
                }

                ids.Add(id);
                roots[(queue, id)] = root;
            }
        }
    }
}
