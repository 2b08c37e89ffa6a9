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
            var positions = await OpenAsync(queues, query, cancellationToken).ConfigureAwait(false);
            var (awake, refusal) = (new HashSet<string>(StringComparer.Ordinal), (JobServerException?)null);
            while (true)
            {
                // After a fault nobody knows which streams moved.
                var (all, count) = (awake.Count == 0, positions.Count);
                foreach (var position in positions.Where(p => all || awake.Contains((string)p.Key!)).ToList())
                {
                    while (await ReadOrLeaveAsync(position, positions, query, cancellationToken).ConfigureAwait(false) is { Count: > 0 } events)
                    {
                        yield return events;
                    }
                }

                if (refusal is not null && positions.Count == count)
                {
                    throw refusal;
                }

                (awake, refusal) = await WaitForEventsAsync(waiter, positions, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Where the watch begins in each queue. The ends are resolved now, in the order of the queues; Redis's `$` would be another end at every reconnect.</summary>
    private async Task<List<StreamPosition>> OpenAsync(IReadOnlyList<string> queues, EventQuery query, CancellationToken cancellationToken)
    {
        var positions = new List<StreamPosition>();
        var refusals = new List<JobServerException>();
        foreach (var queue in queues)
        {
            var id = StartId(query.Positions?.GetValueOrDefault(queue) ?? query.From);
            try
            {
                var position = new StreamPosition(queue, Keys(queue).Events);
                if (id is not null)
                {
                    position.Seek(id, isTime: id.EndsWith(EndOfMillisecond, StringComparison.Ordinal));
                }
                else
                {
                    await position.SeekEndAsync(runner, cancellationToken).ConfigureAwait(false);
                }

                positions.Add(position);
            }
            catch (JobServerException exception) when (query.LeftOut is not null && IsOfQueue(exception, queue))
            {
                refusals.Add(OfEvents(queue, exception));
            }
        }

        foreach (var refusal in refusals)
        {
            await (positions.Count > 0 ? query.LeftOut!(refusal) : throw refusal).ConfigureAwait(false);
        }

        return positions;
    }

    /// <summary>Reads on. A queue whose events can't be read is left out, as long as others are left.</summary>
    private async Task<List<JobEvent>?> ReadOrLeaveAsync(StreamPosition position, List<StreamPosition> positions, EventQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadPatientlyAsync(position, cancellationToken).ConfigureAwait(false);
        }
        catch (JobServerException exception) when (query.LeftOut is not null && IsOfQueue(exception, position.Queue))
        {
            var refusal = OfEvents(position.Queue, exception);
            if (positions.Count == 1)
            {
                throw refusal;
            }

            positions.Remove(position);
            await query.LeftOut(refusal).ConfigureAwait(false);
            return null;
        }
    }

    private static bool IsOfQueue(JobServerException error, string queue) => error.ErrorId is "AccessDenied" or "WrongKeyType" || error.IsAbout(queue);

    private static JobServerException OfEvents(string queue, JobServerException error) => error.IsAbout(queue) ? error
        : new(error.ErrorId, error.Kind, $"The events of queue '{queue}' can't be read. {error.Message}", error.Advice, error) { Target = queue };

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

        if (StreamPosition.TryNormalise(from) is { } id)
        {
            return id;
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

    /// <summary>Waits until a stream has something behind its position: its keys; empty after the wait or a fault. A refusal does not say of which stream it is: they are read then.</summary>
    private async Task<(HashSet<string> Awake, JobServerException? Refusal)> WaitForEventsAsync(ScriptRunner waiter, List<StreamPosition> positions, CancellationToken cancellationToken)
    {
        if (IsCluster)
        {
            // Streams of several nodes can't be waited for in one call.
            await Task.Delay(100, cancellationToken).ConfigureAwait(false);
            return ([], null);
        }

        object[] arguments = ["COUNT", 1, "BLOCK", BlockMilliseconds, "STREAMS", .. positions.Select(p => (object)p.Key), .. positions.Select(p => p.LastId)];
        try
        {
            var answer = await waiter.CommandAsync(reads: true, again: false, "XREAD", arguments, cancellationToken).ConfigureAwait(false);
            return (answer.IsNull ? [] : [.. ((RedisResult[])answer!).Select(s => (string)((RedisResult[])s!)[0]!)], null);
        }
        catch (JobServerException exception) when (RedisErrors.IsPassing(exception))
        {
            await Task.Delay(200, cancellationToken).ConfigureAwait(false);
            return ([], null);
        }
        catch (JobServerException exception) when (exception.ErrorId is "AccessDenied" or "WrongKeyType")
        {
            return ([], exception);
        }
    }
}
