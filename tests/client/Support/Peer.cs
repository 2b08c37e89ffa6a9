using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobAdmin.Client.Tests;

/// <summary>BullMQ's own libraries in one long-lived Node process (tests/peers/peer.mjs).</summary>
public sealed class Peer : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode?>> calls = new();
    private readonly ConcurrentQueue<string> complaints = new();
    private readonly SemaphoreSlim writing = new(1);
    private int last;

    public Peer()
    {
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(Folder, "peer.mjs"));
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => Answer(e.Data);
        process.ErrorDataReceived += (_, e) => complaints.Enqueue(e.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The folder of the Node side.</summary>
    public static string Folder { get; } =
        typeof(Peer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "PeersFolder").Value!;

    /// <summary>Runs one command and gives its result; an error of the library is thrown with its message.</summary>
    public async Task<JsonNode?> DoAsync(JsonObject command)
    {
        var call = Interlocked.Increment(ref last);
        var done = calls[call] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        command["call"] = call;
        var line = command.ToJsonString();
        await writing.WaitAsync();
        try
        {
            await process.StandardInput.WriteLineAsync(line);
            await process.StandardInput.FlushAsync();
        }
        finally
        {
            writing.Release();
        }

        try
        {
            return await done.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"No answer to {line[..Math.Min(300, line.Length)]}: {string.Join('\n', complaints)}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Answer(string? line)
    {
        if (line is null)
        {
            foreach (var call in calls.Values)
            {
                call.TrySetException(new InvalidOperationException($"The peer ended: {string.Join('\n', complaints)}"));
            }

            return;
        }

        var answer = JsonNode.Parse(line, documentOptions: new JsonDocumentOptions { MaxDepth = 2000 })!.AsObject();
        if (calls.TryRemove(answer["call"]!.GetValue<int>(), out var done))
        {
            if (answer["error"] is { } error)
            {
                done.SetException(new PeerException(error.GetValue<string>()));
            }
            else
            {
                done.SetResult(answer["result"]?.DeepClone());
            }
        }
    }
}

/// <summary>An error that BullMQ's library threw.</summary>
public sealed class PeerException(string message) : Exception(message);
