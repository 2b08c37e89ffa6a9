using System.Globalization;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Workers, as the connections that they hold show them.</summary>
internal sealed partial class BullMqServer : IJobWorkers
{
    private static readonly string[] ShownFields = ["user", "lib-name", "lib-ver", "cmd"];

    public async Task<IReadOnlyList<JobWorker>> GetWorkersAsync(string? queue, CancellationToken cancellationToken)
    {
        if (queue is not null)
        {
            await ProfileAsync(queue, fresh: false, cancellationToken).ConfigureAwait(false);
        }

        var now = DateTimeOffset.UtcNow;
        var nodes = new List<List<JobWorker>>();
        var decisions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (node, _) in await NodesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (node is not null && !ServerAt(node).IsConnected)
            {
                // Whoever works with the nodes that are there is connected to them, too.
                continue;
            }

            var list = (string?)await runner.CallAsync(() => ServerAt(node).ExecuteAsync("CLIENT", "LIST"), "CLIENT LIST", 1, cancellationToken).ConfigureAwait(false) ?? "";
            var here = new List<JobWorker>();
            foreach (var line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var fields = Fields(line);
                if (WorkerName.Parse(fields.GetValueOrDefault("name", ""), Prefix) is { } name && fields.GetValueOrDefault("db") == options.Database.ToString(CultureInfo.InvariantCulture))
                {
                    var of = await QueueOfAsync(name, queue, decisions, cancellationToken).ConfigureAwait(false);
                    if (queue is null || of == queue)
                    {
                        here.Add(Worker(of, name.Name, fields, now));
                    }
                }
            }

            nodes.Add(here);
        }

        // In a cluster a worker is connected to several nodes. As BullMQ does, those of the node that sees the most of them are taken.
        var found = nodes.SelectMany(here => here.GroupBy(w => (w.Queue, w.Name)).Select(same => (same.Key, Workers: same.ToList())))
            .GroupBy(seen => seen.Key).SelectMany(seen => seen.MaxBy(same => same.Workers.Count).Workers);

        return [.. found.OrderBy(w => w.Queue, StringComparer.OrdinalIgnoreCase).ThenBy(w => w.Name, StringComparer.OrdinalIgnoreCase).ThenByDescending(w => w.Age)];
    }

    /// <summary>Connected workers by queue; null when the user may not list clients.</summary>
    private async Task<Dictionary<string, int>?> CountWorkersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var workers = await GetWorkersAsync(null, cancellationToken).ConfigureAwait(false);
            return workers.GroupBy(w => w.Queue, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count(), StringComparer.Ordinal);
        }
        catch (JobServerException exception) when (exception.Kind is JobErrorKind.Access or JobErrorKind.Server)
        {
            return null;
        }
    }

    /// <summary>The queue that a worker's name means. Some plain names can be read as base64 too: then the queue that is there decides.</summary>
    private async Task<string> QueueOfAsync(WorkerName name, string? asked, Dictionary<string, string> decisions, CancellationToken cancellationToken)
    {
        if (name.Decoded is not { } decoded)
        {
            return name.Written;
        }

        if (asked is not null && (decoded == asked || name.Written == asked))
        {
            return asked;
        }

        if (!decisions.TryGetValue(name.Written, out var queue))
        {
            queue = decoded;
            if (name.Written.AsSpan().IndexOfAny('+', '/', '=') < 0)
            {
                var known = (bool)await runner.CommandAsync(reads: true, "EXISTS", [Keys(decoded).Meta], cancellationToken).ConfigureAwait(false);
                var plain = !known && (bool)await runner.CommandAsync(reads: true, "EXISTS", [Keys(name.Written).Meta], cancellationToken).ConfigureAwait(false);
                queue = plain ? name.Written : decoded;
            }

            decisions[name.Written] = queue;
        }

        return queue;
    }

    private JobWorker Worker(string queue, string? name, Dictionary<string, string> fields, DateTimeOffset now)
    {
        var age = Seconds("age");
        var idle = Seconds("idle");
        return new JobWorker
        {
            Server = this,
            Queue = queue,
            Id = fields.GetValueOrDefault("id"),
            Name = name,
            Host = fields.GetValueOrDefault("addr"),
            Started = now - age,
            LastSeen = now - idle,
            Age = age,
            Idle = idle,
            Fields = ShownFields.Where(f => fields.GetValueOrDefault(f) is { Length: > 0 }).ToDictionary(f => f, f => fields[f], StringComparer.Ordinal),
        };

        TimeSpan? Seconds(string field) => long.TryParse(fields.GetValueOrDefault(field), CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static Dictionary<string, string> Fields(string line)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=');
            if (equals > 0)
            {
                fields[part[..equals]] = part[(equals + 1)..];
            }
        }

        return fields;
    }
}
