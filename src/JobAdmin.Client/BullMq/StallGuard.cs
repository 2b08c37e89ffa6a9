using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Hangs up connections that have gone silent. A peer that vanished without a word (a firewall that forgot us, a host without power) leaves a
/// connection that looks well for a quarter of an hour; the library makes a new one as soon as the old one ends.</summary>
internal sealed class StallGuard
{
    private readonly object gate = new();
    private readonly List<(long Since, WeakReference<Socket> Socket)> sockets = [];

    /// <summary>Takes note of a new connection; the library calls it.</summary>
    public void Note(EndPoint endpoint, ConnectionType type, Socket socket)
    {
        lock (gate)
        {
            sockets.RemoveAll(s => !s.Socket.TryGetTarget(out _));
            sockets.Add((Stopwatch.GetTimestamp(), new WeakReference<Socket>(socket)));
        }
    }

    /// <summary>Ends the connections on which a call got no answer: those that were there when it was made.</summary>
    /// <param name="called">When the call was made, as <see cref="Stopwatch.GetTimestamp"/> counts.</param>
    public void HangUp(long called)
    {
        lock (gate)
        {
            foreach (var (_, reference) in sockets.Where(s => s.Since <= called))
            {
                if (reference.TryGetTarget(out var socket))
                {
                    try
                    {
                        socket.Shutdown(SocketShutdown.Both);
                    }
                    catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                    {
                        // It has ended already.
                    }
                }
            }

            sockets.RemoveAll(s => s.Since <= called);
        }
    }
}
