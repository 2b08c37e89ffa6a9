using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace JobAdmin.Client.Tests;

/// <summary>A private redis-server on a free loopback port with a temporary folder. It ends with this process, however that ends.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    private readonly Process guard;
    private readonly StringBuilder output = new();
    private bool ended;

    private RedisServer(int port, string folder, IEnumerable<string> options)
    {
        Port = port;
        Folder = folder;
        // The guard sees its stdin end when this process dies, even by a signal; redis-server itself would live on.
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        // A configuration file comes first and says it all.
        var given = options.ToList();
        string[] usual = given[0].StartsWith("--", StringComparison.Ordinal) ? ["--bind", "127.0.0.1", "--save", "", "--databases", "4096"] : [];
        foreach (var argument in (string[])[Path.Combine(Peer.Folder, "guard.mjs"), folder, "redis-server", .. usual, .. given])
        {
            start.ArgumentList.Add(argument);
        }

        guard = Process.Start(start)!;
        guard.OutputDataReceived += (_, e) => Note(e.Data);
        guard.ErrorDataReceived += (_, e) => Note(e.Data);
        guard.BeginOutputReadLine();
        guard.BeginErrorReadLine();
    }

    public int Port { get; }

    /// <summary>The server's own folder; it is deleted at the end.</summary>
    public string Folder { get; }

    public Uri Address => new($"redis://127.0.0.1:{Port}");

    /// <summary>Starts a server and waits until it accepts connections.</summary>
    /// <param name="options">Further arguments, such as <c>--requirepass secret</c> as two strings. <c>{folder}</c> in them is the server's folder.</param>
    /// <param name="prepare">Puts files into the folder before the start.</param>
    /// <param name="wanted">The port; null for one that is free.</param>
    public static async Task<RedisServer> StartAsync(IReadOnlyList<string>? options = null, Action<string>? prepare = null, int? wanted = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = wanted ?? FreePort();
            var folder = Directory.CreateTempSubdirectory("jobadmin-redis-").FullName;
            prepare?.Invoke(folder);
            var given = (options ?? []).Select(o => o.Replace("{folder}", folder).Replace("{port}", $"{port}")).ToList();
            var server = new RedisServer(port, folder, given.Contains("--port") ? given : given is [var first, ..] && !first.StartsWith("--", StringComparison.Ordinal) ? [.. given, "--port", $"{port}"] : ["--port", $"{port}", .. given]);
            if (await server.AnswersAsync())
            {
                return server;
            }

            var log = server.Log;
            await server.DisposeAsync();
            if (attempt == 3)
            {
                throw new InvalidOperationException($"redis-server did not start (is it installed?): {log}");
            }
        }
    }

    public string Log
    {
        get
        {
            lock (output)
            {
                return output.ToString();
            }
        }
    }

    /// <summary>A port that nobody listens on, and that nobody was given before: the other one may not listen yet.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (Given.TryAdd(port, true))
            {
                return port;
            }
        }
    }

    /// <summary>A plain connection for the tests' own looks and writes.</summary>
    public Task<ConnectionMultiplexer> ConnectAsync(string extra = "") =>
        ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},allowAdmin=true,abortConnect=true,connectTimeout=20000,connectRetry=5,syncTimeout=20000,asyncTimeout=20000{extra}");

    public async ValueTask DisposeAsync()
    {
        if (ended)
        {
            return;
        }

        ended = true;
        guard.StandardInput.Close();
        await guard.WaitForExitAsync();
        guard.Dispose();
    }

    private void Note(string? line)
    {
        lock (output)
        {
            if (line is not null && output.Length < 20_000)
            {
                output.AppendLine(line);
            }
        }
    }

    private async Task<bool> AnswersAsync()
    {
        for (var i = 0; i < 250 && !guard.HasExited; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }

        return false;
    }
}
