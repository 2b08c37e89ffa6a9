using System.Net;
using System.Net.Sockets;

namespace JobAdmin.Client.Tests.Faults;

/// <summary>A TCP proxy that does to a connection what networks do: it delays, cuts a reply in the middle, resets, swallows everything, or sends garbage.
/// Faults are armed by the number of bytes that pass, so that a run with the same seed meets them at the same places.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly object gate = new();
    private readonly HashSet<Link> links = [];
    private readonly Queue<(long Bytes, bool Replies, Func<Link, Task> Act)> armed = new();
    private long passed;
    private Task acting = Task.CompletedTask;

    public FaultProxy(int target)
    {
        Target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>The port on this machine that new connections are led to.</summary>
    public volatile int Target;

    /// <summary>Whether new connections are closed at once.</summary>
    public volatile bool Refusing;

    /// <summary>Whether new connections are taken and never answered.</summary>
    public volatile bool Swallowing;

    /// <summary>How many armed faults have struck.</summary>
    public int Struck { get; private set; }

    /// <summary>Has something happen when so many bytes more have passed since the last fault (or since now, for the first).</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="replies">Whether bytes from the server count, not those to it.</param>
    /// <param name="act">What happens, before the bytes that made it happen go on. It is given the connection that they belong to.</param>
    public void Arm(long bytes, bool replies, Func<Link, Task> act)
    {
        lock (gate)
        {
            if (armed.Count == 0)
            {
                passed = 0;
            }

            armed.Enqueue((bytes, replies, act));
        }
    }

    /// <summary>Forgets the faults that have not struck, and waits for one that is striking.</summary>
    public Task DisarmAsync()
    {
        lock (gate)
        {
            armed.Clear();
            return acting;
        }
    }

    /// <summary>Ends every connection.</summary>
    /// <param name="reset">By a reset, not politely.</param>
    public void DropAll(bool reset)
    {
        Link[] all;
        lock (gate)
        {
            all = [.. links];
        }

        foreach (var link in all)
        {
            link.Close(reset);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Stop();
        DropAll(reset: true);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(ending.Token);
                _ = ServeAsync(client);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        var link = new Link(client, server) { Swallows = Swallowing };
        lock (gate)
        {
            links.Add(link);
        }

        try
        {
            if (Refusing)
            {
                link.Close(reset: true);
                return;
            }

            if (!link.Swallows)
            {
                await server.ConnectAsync(IPAddress.Loopback, Target, ending.Token);
                await Task.WhenAny(PumpAsync(link, client, server, replies: false), PumpAsync(link, server, client, replies: true));
            }
            else
            {
                await client.GetStream().CopyToAsync(Stream.Null, ending.Token);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // One end has gone.
        }
        finally
        {
            link.Close(reset: false);
            lock (gate)
            {
                links.Remove(link);
            }
        }
    }

    private async Task PumpAsync(Link link, TcpClient from, TcpClient to, bool replies)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, ending.Token) is var read and > 0)
            {
                if (Strikes(read, replies, link) is { } act)
                {
                    link.Pending = buffer.AsMemory(0, read);
                    await act;
                }

                if (!link.Swallows)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), ending.Token);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // One end has gone; the other follows.
        }

        if (link.Swallows)
        {
            // A connection that swallows everything swallows the end of it, too.
            await Task.Delay(Timeout.Infinite, ending.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private Task? Strikes(int read, bool replies, Link link)
    {
        lock (gate)
        {
            if (link.Swallows || !armed.TryPeek(out var next) || !acting.IsCompleted)
            {
                return null;
            }

            if (next.Replies == replies)
            {
                passed += read;
            }

            if (next.Replies != replies || passed < next.Bytes)
            {
                return null;
            }

            armed.Dequeue();
            passed = 0;
            Struck++;
            return acting = Task.Run(() => next.Act(link));
        }
    }

    /// <summary>One connection through the proxy.</summary>
    public sealed class Link(TcpClient client, TcpClient server)
    {
        private readonly Socket[] ends = [client.Client, server.Client];

        /// <summary>Whether nothing goes through any more, while both ends believe the connection well.</summary>
        public volatile bool Swallows;

        /// <summary>What was on its way when the fault struck.</summary>
        public ReadOnlyMemory<byte> Pending { get; set; }

        /// <summary>Sends bytes to the client that the server never sent.</summary>
        public Task TellClientAsync(ReadOnlyMemory<byte> bytes) => client.GetStream().WriteAsync(bytes).AsTask();

        /// <summary>Sends bytes to the server, which may then be the last.</summary>
        public Task TellServerAsync(ReadOnlyMemory<byte> bytes) => server.GetStream().WriteAsync(bytes).AsTask();

        public void Close(bool reset)
        {
            foreach (var end in ends)
            {
                try
                {
                    if (reset)
                    {
                        end.LingerState = new LingerOption(true, 0);
                    }

                    end.Close();
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    // It has ended already.
                }
            }
        }
    }
}
