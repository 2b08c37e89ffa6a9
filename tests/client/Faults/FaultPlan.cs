using System.Text;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>The faults of one run, all from its seed: which, when (by the bytes that have passed), and for how long.</summary>
internal sealed class FaultPlan
{
    private static readonly string[] Kinds =
    [
        "delay", "delay", "cut", "cut", "cut", "reset", "reset", "reset", "late", "late", "refuse", "refuse", "garbage", "garbage", "kill", "kill", "restart", "failover",
        "readonly", "full", "flush", "flush", "busy", "busy", "pause", "pause", "swallow", "half-open",
    ];

    private readonly Random random;
    private readonly MortalRedis redis;
    private readonly List<string> planned = [];

    /// <summary>Arms one to three faults.</summary>
    /// <param name="redis">Where.</param>
    /// <param name="random">The run's.</param>
    /// <param name="requests">Bytes that the run sends, about.</param>
    /// <param name="replies">Bytes that it is sent, about.</param>
    public FaultPlan(MortalRedis redis, Random random, int requests, int replies)
    {
        (this.redis, this.random) = (redis, random);
        var count = random.Next(1, 4);
        for (var i = 0; i < count; i++)
        {
            var kind = Kinds[random.Next(Kinds.Length)];
            // A server that can't be written to or is gone for good part of the run is met once at the most.
            if (kind is "swallow" or "half-open" && HasHole)
            {
                kind = "reset";
            }

            var onReply = random.Next(2) == 0;
            var at = (long)Math.Pow(10, random.NextDouble() * Math.Log10(Math.Max(10, (onReply ? replies : requests) / count)));
            planned.Add($"{kind} at {at} {(onReply ? "reply" : "request")} bytes");
            redis.Proxy.Arm(at, onReply, Fault(kind));
        }
    }

    /// <summary>Whether one of them is a connection that swallows everything.</summary>
    public bool HasHole => planned.Any(p => p.StartsWith("swallow", StringComparison.Ordinal) || p.StartsWith("half", StringComparison.Ordinal));

    public override string ToString() => string.Join(", ", planned);

    private Func<FaultProxy.Link, Task> Fault(string kind)
    {
        var time = TimeSpan.FromMilliseconds(random.Next(50, 500));
        var part = random.NextDouble();
        var noise = new byte[random.Next(1, 400)];
        random.NextBytes(noise);
        var proxy = redis.Proxy;
        return kind switch
        {
            "delay" => _ => Task.Delay(time),
            // A part of what was on its way, and then the end.
            "cut" => async link =>
            {
                await link.TellClientAsync(Encoding.ASCII.GetBytes("*100\r\n$500\r\nab")[..(1 + (int)(part * 13))]);
                link.Close(reset: false);
            },
            "reset" => link => Run(() => link.Close(reset: true)),
            // The request still arrives, and nobody hears of it.
            "late" => async link =>
            {
                await link.TellServerAsync(link.Pending);
                await Task.Delay(20);
                link.Close(reset: true);
            },
            "refuse" => async _ =>
            {
                proxy.Refusing = true;
                proxy.DropAll(reset: true);
                await Task.Delay(time);
                proxy.Refusing = false;
                redis.BackAt = System.Diagnostics.Stopwatch.GetTimestamp();
            },
            "garbage" => link => link.TellClientAsync(noise),
            "kill" => _ => redis.KillAsync(time),
            "restart" => _ => redis.RestartAsync(time),
            "failover" => _ => redis.FailOverAsync(),
            "readonly" => _ => redis.ReadOnlyAsync(time),
            "full" => _ => redis.FullAsync(time),
            "flush" => async _ => await redis.Db.ExecuteAsync("SCRIPT", "FLUSH"),
            "busy" => _ => redis.BusyAsync(time),
            "pause" => _ => redis.PauseAsync(time, writesOnly: part < 0.5),
            "swallow" => async link =>
            {
                link.Swallows = proxy.Swallowing = true;
                await Task.Delay(time);
                proxy.Swallowing = false;
            },
            "half-open" => link => Run(() => link.Swallows = true),
            _ => throw new InvalidOperationException(kind),
        };
    }

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
