using JobAdmin.Client;
using JobAdmin.Server.Api;

namespace JobAdmin.Server.Hosting;

/// <summary>The one connection to Redis. It is made as soon as Redis answers, and what asks while Redis is away is told so at once.</summary>
internal sealed class RedisGateway(ServerOptions options, ILogger<RedisGateway> log) : BackgroundService
{
    private const string NoQueue = "jobadmin-is-it-there";
    private static readonly TimeSpan NamesLast = TimeSpan.FromSeconds(5), WhenWell = TimeSpan.FromSeconds(2), WhenAway = TimeSpan.FromMilliseconds(250);
    private readonly SemaphoreSlim naming = new(1);
    private volatile IJobServer? server;
    private volatile bool away = true;
    private volatile Known? names;

    private sealed record Known(IReadOnlyList<string> Names, long At);

    /// <summary>Whether Redis answers.</summary>
    public bool IsReady => !away && server is not null;

    /// <summary>The server.</summary>
    /// <exception cref="ApiFault">Redis is away.</exception>
    public IJobServer Server => server is { } there && !away ? there : throw ApiFault.Away();

    /// <summary>Notes that a call failed because Redis was away.</summary>
    public void Report(JobServerException fault)
    {
        if (IsAway(fault) && !away)
        {
            away = true;
            log.LogWarning("Redis is away: {Reason}", fault.Message);
        }
    }

    /// <summary>The names of all queues. Finding them means looking at every key, so what was found serves everybody for a few seconds.</summary>
    public async Task<IReadOnlyList<string>> QueueNamesAsync(CancellationToken stop)
    {
        await naming.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            if (names is { } known && Environment.TickCount64 - known.At < NamesLast.TotalMilliseconds)
            {
                return known.Names;
            }

            var found = new List<string>();
            await foreach (var queue in Server.GetQueuesAsync(new QueueQuery { NamesOnly = true }, stop).ConfigureAwait(false))
            {
                found.Add(queue.Name);
            }

            names = new Known(found, Environment.TickCount64);
            return found;
        }
        finally
        {
            naming.Release();
        }
    }

    /// <summary>Has the names read again when a queue is not among them.</summary>
    public void NoteQueue(string queue)
    {
        if (names is { } known && !known.Names.Contains(queue))
        {
            ForgetNames();
        }
    }

    /// <summary>Has the names read again: a queue came or went.</summary>
    public void ForgetNames() => names = null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? said = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AskAsync(stoppingToken).ConfigureAwait(false);
                if (away)
                {
                    away = false;
                    said = null;
                    log.LogInformation("Redis answers at {Address} with the prefix {Prefix}", server!.Connection.Endpoint, options.Redis.Prefix);
                }
            }
            catch (JobServerException e)
            {
                away = true;
                if (said != e.Message)
                {
                    said = e.Message;
                    log.LogWarning("Redis is away: {Reason}", e.Message);
                }
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Task.Delay(away ? WhenAway : WhenWell, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (server is { } there)
        {
            await there.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task AskAsync(CancellationToken stop)
    {
        if (server is not { } there)
        {
            there = await new JobServerFactory().ConnectAsync(options.Redis, stop).ConfigureAwait(false);
            foreach (var warning in there.Connection.Warnings)
            {
                log.LogWarning("{Warning}", warning);
            }

            server = there;
        }

        try
        {
            await there.GetJobsByIdAsync(NoQueue, ["0"], JobParts.None, stop).ConfigureAwait(false);
        }
        catch (JobServerException e) when (e.ErrorId == "QueueNotFound")
        {
            // It answered.
        }
    }

    private static bool IsAway(JobServerException e) => e.Kind is JobErrorKind.Connection or JobErrorKind.Timeout || e.ErrorId is "ServerLoading";
}
