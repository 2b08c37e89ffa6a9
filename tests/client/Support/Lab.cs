using System.Text.Json;
using System.Text.Json.Nodes;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests;

/// <summary>One Redis and one peer for all tests; each test has databases of its own in it.</summary>
public sealed class Bench : IAsyncLifetime
{
    private readonly Unobserved unobserved = new();
    private int lastDatabase = -1;

    public RedisServer Redis { get; private set; } = null!;

    public Peer Peer { get; private set; } = null!;

    public ConnectionMultiplexer Connection { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Peer = new Peer();
        Redis = await RedisServer.StartAsync();
        Connection = await Redis.ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        await Peer.DisposeAsync();
        await Redis.DisposeAsync();
        unobserved.Check();
        unobserved.Dispose();
    }

    /// <summary>An empty database with a queue to be, for one version of BullMQ.</summary>
    public Lab Lab(string lib = "bullmq", string prefix = "bull", string queue = "emails") =>
        Lab(Redis, Connection, lib, prefix, queue);

    /// <summary>The same on a Redis of the test's own.</summary>
    public Lab Lab(RedisServer redis, ConnectionMultiplexer connection, string lib = "bullmq", string prefix = "bull", string queue = "emails") =>
        new(this, redis, connection, Interlocked.Increment(ref lastDatabase), lib, prefix, queue);
}

/// <summary>One database of a Redis, seen by BullMQ's library and by ours.</summary>
public sealed class Lab(Bench bench, RedisServer redis, ConnectionMultiplexer connection, int number, string lib, string prefix, string queue) : IAsyncDisposable
{
    private IJobServer? server;

    public string Lib { get; } = lib;

    public string Prefix { get; } = prefix;

    public string Queue { get; } = queue;

    public int Number { get; } = number;

    public RedisServer Redis { get; } = redis;

    /// <summary>Whether the peer leaves the queue's version alone; for a version of the library that is not the application's.</summary>
    public bool SkipMeta { get; init; }

    /// <summary>The plain database.</summary>
    public IDatabase Db { get; } = connection.GetDatabase(number);

    /// <summary>What every key of the queue begins with.</summary>
    public string Base => $"{Prefix}:{Queue}:";

    /// <summary>Our client, connected to this database.</summary>
    public async Task<IJobServer> ServerAsync() => server ??= await Servers.ConnectAsync(Options());

    public JobServerOptions Options() => new() { Name = "lab", Address = Redis.Address, Database = Number, Prefix = Prefix, Timeout = TimeSpan.FromSeconds(20) };

    /// <summary>Has the peer do something; <paramref name="arguments"/> is an anonymous object that may name another queue or library.</summary>
    public Task<JsonNode?> DoAsync(string what, object? arguments = null)
    {
        var command = arguments is null ? [] : JsonSerializer.SerializeToNode(arguments, PeerJson)!.AsObject();
        command["do"] = what;
        foreach (var (name, value) in (IEnumerable<(string, JsonNode)>)[("lib", Lib), ("queue", Queue), ("prefix", Prefix), ("port", Redis.Port), ("db", Number), ("skipMeta", SkipMeta)])
        {
            command[name] ??= value;
        }

        return bench.Peer.DoAsync(command);
    }

    public async Task<string> AddAsync(object? data = null, object? opts = null, string name = "job") =>
        (await DoAsync("add", new { name, data = data ?? new { }, opts = opts ?? new { } }))!.GetValue<string>();

    /// <summary>Adds a flow. Its queues have had a <c>Queue</c> object each, as in most applications.</summary>
    public async Task FlowAsync(object flow, params string[] queues)
    {
        foreach (var name in (string[])[Queue, .. queues])
        {
            await DoAsync("counts", new { queue = name });
        }

        await DoAsync("addFlow", new { flow });
    }

    /// <summary>Has the next waiting jobs fail, one after the other.</summary>
    public async Task<string[]> FailNextAsync(int count = 1, string reason = "boom") => Strings(await DoAsync("run", new { count, reason }));

    public async Task<string[]> CompleteNextAsync(int count = 1) => Strings(await DoAsync("run", new { count, result = new { ok = true } }));

    /// <summary>Adds a job and has it fail.</summary>
    public async Task<string> FailedAsync(object? opts = null, object? data = null, string reason = "boom", string name = "job")
    {
        var id = await AddAsync(data, opts, name);
        Assert.Equal(id, (await FailNextAsync(1, reason)).Single());
        return id;
    }

    public async Task<string> StateAsync(string id) => (await DoAsync("getState", new { id }))!.GetValue<string>();

    public async Task<string[]> IdsAsync(string state, bool asc = false) => Strings(await DoAsync("ids", new { states = new[] { state }, asc }));

    /// <summary>A copy of the whole database, for the same or another version of the library.</summary>
    public async Task<Lab> CopyAsync(string? reference = null)
    {
        var copy = bench.Lab(reference ?? Lib, Prefix, Queue);
        copy = new Lab(bench, Redis, connection, copy.Number, copy.Lib, Prefix, Queue) { SkipMeta = reference is not null && reference != Lib };
        foreach (var key in await Keyspace.ScanAsync(Db))
        {
            await Db.ExecuteAsync("COPY", key, key, "DB", copy.Number);
        }

        return copy;
    }

    public static string[] Strings(JsonNode? list) => [.. list!.AsArray().Select(n => n?.ToString() ?? "null")];

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await server.DisposeAsync();
        }

        await DoAsync("close");
        await Db.ExecuteAsync("FLUSHDB", "ASYNC");
    }

    private static readonly JsonSerializerOptions PeerJson = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
