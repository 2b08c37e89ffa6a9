using System.Globalization;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Watching events, on a connection of its own since the wait for them blocks it.</summary>
internal sealed partial class BullMqServer
{
    private const int BlockMilliseconds = 1000;

    // No event has this id: it stands behind all of one millisecond.
    private const string EndOfMillisecond = "-18446744073709551615";

    public async IAsyncEnumerable<IReadOnlyList<JobEvent>> WatchEventsAsync(EventQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queues = query.Queues;
        if (queues.Count == 0)
        {
            queues = [.. (await FindQueuesAsync(cancellationToken).ConfigureAwait(false)).Order(StringComparer.Ordinal)];
        }

        if (queues.Count == 0)
        {
            throw new JobServerException("QueueNotFound", JobErrorKind.NotFound, $"There is no queue with the prefix '{Prefix}' on {Connection.Name} to watch.",
                "Name a queue that will come (-Queue), or connect with the application's -Prefix.");
        }

        var stalls = new StallGuard();
        var own = await RedisConnector.ConnectAsync(options, errors, TimeSpan.FromSeconds(5), stalls, cancellationToken).ConfigureAwait(false);
        await using (new Hangup(own))
        {
            var waiter = new ScriptRunner(own.GetDatabase(), readOnlyScripts: false, errors, stalls);
            var positions = queues.Select(q => new StreamPosition(q, Keys(q).Events)).ToList();
            // The ends are resolved now, in the order of the queues; Redis's `$` would be another end at every reconnect.
            foreach (var position in positions)
            {
                if (StartId(query.Positions?.GetValueOrDefault(position.Queue) ?? query.From) is { } id)
                {
                    position.Seek(id, isTime: id.EndsWith(EndOfMillisecond, StringComparison.Ordinal));
                }
                else
                {
                    await position.SeekEndAsync(runner, cancellationToken).ConfigureAwait(false);
                }
            }

            var all = true;
            var awake = new HashSet<string>(StringComparer.Ordinal);
            while (true)
            {
                foreach (var position in positions.Where(p => all || awake.Contains((string)p.Key!)))
                {
                    while (await ReadPatientlyAsync(position, cancellationToken).ConfigureAwait(false) is { Count: > 0 } events)
                    {
                        yield return events;
                    }
                }

                awake = await WaitForEventsAsync(waiter, positions, cancellationToken).ConfigureAwait(false);
                // After a fault nobody knows which streams moved.
                all = awake.Count == 0;
            }
        }
    }

    /// <summary>Ends a connection without waiting for its last answer, which is the one to a wait.</summary>
    private readonly struct Hangup(ConnectionMultiplexer connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await connection.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static string? StartId(string? from)
    {
        if (from is null)
        {
            return null;
        }

        if (from is "0" or "start")
        {
            return "0-0";
        }

        if (from.Length > 0 && from.All(c => char.IsAsciiDigit(c) || c == '-') && from.Count(c => c == '-') <= 1 && from[0] != '-')
        {
            return from.Contains('-') ? from : from + "-0";
        }

        if (DateTimeOffset.TryParse(from, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time))
        {
            // Ids begin with the time in milliseconds; the last id before that time is what we stand behind.
            return $"{Math.Max(0, time.ToUnixTimeMilliseconds() - 1)}{EndOfMillisecond}";
        }

        throw new JobServerException("InvalidInput", JobErrorKind.InvalidInput, $"'{from}' is neither a time nor an event id.", "Give a time, an event's EventId, or 'start'.");
    }

    /// <summary>Reads on, waiting out a server that is away.</summary>
    private async Task<List<JobEvent>> ReadPatientlyAsync(StreamPosition position, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await position.ReadAsync(this, runner, cancellationToken).ConfigureAwait(false);
            }
            catch (JobServerException exception) when (RedisErrors.IsPassing(exception))
            {
                await Task.Delay(200, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until a stream has something behind its position: its keys; empty after the wait or a fault.</summary>
    private async Task<HashSet<string>> WaitForEventsAsync(ScriptRunner waiter, List<StreamPosition> positions, CancellationToken cancellationToken)
    {
        if (IsCluster)
        {
            // Streams of several nodes can't be waited for in one call.
            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
            return [];
        }

        object[] arguments = ["COUNT", 1, "BLOCK", BlockMilliseconds, "STREAMS", .. positions.Select(p => (object)p.Key), .. positions.Select(p => p.LastId)];
        try
        {
            var answer = await waiter.CommandAsync(reads: true, again: false, "XREAD", arguments, cancellationToken).ConfigureAwait(false);
            return answer.IsNull ? [] : [.. ((RedisResult[])answer!).Select(s => (string)((RedisResult[])s!)[0]!)];
        }
        catch (JobServerException exception) when (RedisErrors.IsPassing(exception))
        {
            await Task.Delay(200, cancellationToken).ConfigureAwait(false);
            return [];
        }
    }
}
