using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Finding queues and reading what is shown of them.</summary>
internal sealed partial class BullMqServer
{
    private const int QueuesInFlight = 64;

    public async IAsyncEnumerable<JobQueueInfo> GetQueuesAsync(QueueQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var patterns = query.Names is { Count: > 0 } names ? names.Select(n => new JobWildcard(n)).ToArray() : null;
        var away = new List<JobServerException>();
        IReadOnlyList<string> wanted = patterns is not null && patterns.All(p => p.IsLiteral)
            ? [.. patterns.Select(p => p.Literal!).Distinct(StringComparer.Ordinal)]
            : [.. (await FindQueuesAsync(away, cancellationToken).ConfigureAwait(false)).Where(n => patterns is null || patterns.Any(p => p.IsMatch(n)))
                .Union(patterns?.Where(p => p.IsLiteral).Select(p => p.Literal!) ?? [], StringComparer.Ordinal).Order(StringComparer.OrdinalIgnoreCase)];
        if (query.NamesOnly)
        {
            foreach (var name in wanted)
            {
                if (patterns?.Any(p => p.IsLiteral && p.Literal == name) == true)
                {
                    await ProfileAsync(name, fresh: false, cancellationToken).ConfigureAwait(false);
                }

                yield return new JobQueueInfo { Name = name, Prefix = Prefix, Server = this };
            }

            if (away.Count > 0)
            {
                throw away[0];
            }

            yield break;
        }

        var workers = query.SkipWorkers ? null : await CountWorkersAsync(cancellationToken).ConfigureAwait(false);
        var missing = new List<string>();
        var denied = new List<(string Name, JobServerException Error)>();
        var running = new Queue<(string Name, Task<JobQueueInfo?> Task)>();
        var next = 0;
        while (next < wanted.Count || running.Count > 0)
        {
            while (next < wanted.Count && running.Count < QueuesInFlight)
            {
                var name = wanted[next++];
                running.Enqueue((name, ReadQueueAsync(name, workers, cancellationToken)));
            }

            var (first, task) = running.Dequeue();
            JobQueueInfo? info;
            try
            {
                info = await task.ConfigureAwait(false);
            }
            catch (JobServerException exception) when (exception.Kind == JobErrorKind.Access)
            {
                // The user may have rights to the keys of some queues only: those are given first.
                denied.Add((first, exception));
                continue;
            }
            catch (JobServerException exception) when (away.Count > 0 && RedisErrors.IsPassing(exception))
            {
                // A cluster may give nothing while a node is away.
                throw away[0];
            }

            if (info is not null)
            {
                yield return info;
            }
            else if (patterns?.Any(p => p.IsLiteral && p.Literal == first) == true)
            {
                missing.Add(first);
            }
        }

        if (away.Count > 0)
        {
            // What the other nodes have was given.
            throw away[0];
        }

        if (missing.Count > 0)
        {
            throw NoQueue(missing[0]);
        }

        if (denied.Count > 0)
        {
            throw Denied(denied[0].Name, denied.Count - 1, denied[0].Error);
        }
    }

    /// <summary>The names of all queues with our prefix, found by the keys that only queues have.</summary>
    private Task<HashSet<string>> FindQueuesAsync(CancellationToken cancellationToken) => FindQueuesAsync(null, cancellationToken);

    private async Task<HashSet<string>> FindQueuesAsync(List<JobServerException>? away, CancellationToken cancellationToken)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var start = Prefix + ":";
        // `meta` is BullMQ's, `id` is classic Bull's too.
        var pattern = EscapeGlob(start) + "*:[im]*";
        await foreach (var page in ScanAsync(pattern, KeysForNames, start, away, cancellationToken).ConfigureAwait(false))
        {
            foreach (var key in page)
            {
                var end = key.EndsWith(":meta", StringComparison.Ordinal) ? 5 : key.EndsWith(":id", StringComparison.Ordinal) ? 3 : 0;
                if (end > 0 && key.Length > start.Length + end && key.IndexOf(':', start.Length) == key.Length - end)
                {
                    found.Add(key[start.Length..^end]);
                }
            }
        }

        return found;
    }

    private async Task<JobQueueInfo?> ReadQueueAsync(string name, Dictionary<string, int>? workers, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadSoundQueueAsync(name, workers, cancellationToken).ConfigureAwait(false);
        }
        catch (JobServerException exception) when (exception.ErrorId == "WrongKeyType")
        {
            return new JobQueueInfo { Name = name, Server = this, Prefix = Prefix, Warnings = ["one of its keys is of another type than BullMQ's: it can't be read"] };
        }
    }

    private async Task<JobQueueInfo?> ReadSoundQueueAsync(string name, Dictionary<string, int>? workers, CancellationToken cancellationToken)
    {
        var keys = Keys(name);
        var items = (RedisResult[])(await runner.RunAsync(ScriptCatalog.Own("queue-info"), reads: true, [keys.Meta], [keys.Base], cancellationToken).ConfigureAwait(false))!;
        if ((long)items[18] == 0 && (long)items[19] == 0)
        {
            return null;
        }

        var profile = await ProfileAsync(name, fresh: false, cancellationToken).ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        var oldest = new[] { Milliseconds(items[13]), Milliseconds(items[14]) }.Where(t => t is not null).Min();
        var max = Whole(items[3]);
        var held = (long)items[16];
        var started = Number(items[17]);
        var paused = profile.Layout != QueueLayout.Bull ? (long)items[1] == 1 : profile.IsPaused;
        var waiting = (long)items[5];
        var pausedJobs = (long)items[7];
        var warnings = new List<string>();
        switch (profile.Layout)
        {
            case QueueLayout.Bull:
                warnings.Add("classic Bull: read-only here");
                break;
            case QueueLayout.BullMqPro:
                warnings.Add("BullMQ Pro: jobs in groups are out of sight");
                break;
            case QueueLayout.BullMq4:
                warnings.Add("BullMQ 4: reads and simple changes only");
                break;
        }

        if (waiting > 0 && pausedJobs > 0)
        {
            warnings.Add("both the waiting and the paused list hold jobs: a pause or resume by BullMQ 4 or 5 would lose one of them; Resume-JobQueue joins them");
        }

        return new JobQueueInfo
        {
            Name = name,
            Server = this,
            Prefix = Prefix,
            Version = (string?)items[0],
            Layout = profile.Layout,
            IsPaused = paused,
            Workers = workers is null ? null : workers.GetValueOrDefault(name),
            Counts = new JobCounts
            {
                Waiting = waiting,
                Active = (long)items[6],
                Paused = pausedJobs,
                Prioritized = (long)items[8],
                Delayed = (long)items[9],
                WaitingChildren = (long)items[10],
                Completed = (long)items[11],
                Failed = (long)items[12],
            },
            OldestWaiting = oldest is { } t ? (now > t ? now - t : TimeSpan.Zero) : null,
            LastActivity = (string?)items[15] is { } id && long.TryParse(id.AsSpan(0, id.IndexOf('-')), CultureInfo.InvariantCulture, out var ms) ? JobRows.FromMilliseconds(ms) : null,
            Concurrency = Whole(items[2]),
            RateLimitMax = max,
            RateLimitDuration = Number(items[4]) is { } d && d < TimeSpan.MaxValue.TotalMilliseconds ? TimeSpan.FromMilliseconds(d) : null,
            RateLimitedFor = held > 0 && started is { } s && (s > 1L << 52 || (max is { } m && s >= m)) ? TimeSpan.FromMilliseconds(held) : null,
            Warnings = warnings,
        };
    }

    // BullMQ writes down what the application gives: Infinity, half a millisecond, or a number that no int holds.
    private static long? Number(RedisResult item) =>
        long.TryParse((string?)item, CultureInfo.InvariantCulture, out var whole) ? whole
        : double.TryParse((string?)item, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < long.MaxValue ? (long)number
        : null;

    private static int? Whole(RedisResult item) => Number(item) is { } number ? (int)Math.Clamp(number, int.MinValue, int.MaxValue) : null;

    private static DateTimeOffset? Milliseconds(RedisResult item) =>
        long.TryParse((string?)item, CultureInfo.InvariantCulture, out var milliseconds) ? JobRows.FromMilliseconds(milliseconds) : null;

    private static string EscapeGlob(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '*' or '?' or '[' or ']' or '\\' or '^')
            {
                escaped.Append('\\');
            }

            escaped.Append(c);
        }

        return escaped.ToString();
    }
}
