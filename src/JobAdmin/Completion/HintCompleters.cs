using JobAdmin.Connecting;

namespace JobAdmin.Completion;

/// <summary>Shows how a length of time is written.</summary>
public sealed class DurationCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
    [
        ("500ms", "half a second"), ("10s", "ten seconds"), ("1m", "a minute"), ("10m", "ten minutes"), ("1h", "an hour"), ("6h", "six hours"),
        ("1d", "a day"), ("7d", "a week"), ("30d", "thirty days"),
    ];
}

/// <summary>Shows where a watch may begin.</summary>
public sealed class EventStartCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        [("start", "all that is kept"), ("1m", "a minute ago"), ("10m", "ten minutes ago"), ("1h", "an hour ago")];
}

/// <summary>Shows how a backoff is written.</summary>
public sealed class BackoffCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        [("5s", "five seconds before each further attempt"), ("exponential:1s", "a second, then two, four, eight, …"), ("fixed:5s", "five seconds before each further attempt")];
}

/// <summary>Shows how many finished jobs may be kept.</summary>
public sealed class KeepCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        [("0", "none"), ("1000", "the newest thousand"), ("7d", "those of a week"), ("-1", "all")];
}

/// <summary>Shows how a schedule is written.</summary>
public sealed class CronCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
    [
        ("*/5 * * * *", "every five minutes"), ("0 * * * *", "every hour"), ("0 3 * * *", "every day at 3:00"), ("0 8 * * 1-5", "on working days at 8:00"),
        ("0 0 * * 0", "on Sundays at 0:00"), ("0 0 1 * *", "on the first of the month"), ("*/10 * * * * *", "every ten seconds"),
    ];
}

/// <summary>Completes addresses: those of this session's connections, and how one is written.</summary>
public sealed class AddressCompleter : WordCompleter
{
    internal override IEnumerable<(string Value, string Tip)> Words(string commandName) =>
        ConnectionRegistry.Here.All.Select(connection => (connection.Endpoint, $"connection {connection.Name}, {connection.Kind}"))
            .Concat([("redis://localhost:6379", "BullMQ on Redis"), ("rediss://", "BullMQ on Redis with TLS"), ("https://", "a server with an admin API")])
            .DistinctBy(address => address.Item1);
}
