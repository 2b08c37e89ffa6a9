using System;
using System.Diagnostics;
using System.Net.Sockets;
using System.Threading;

/// <summary>A second client that pings Redis all the time, and notes how long the longest answer took.</summary>
public sealed class PingLoop : IDisposable
{
    private readonly TcpClient client;
    private readonly Thread thread;
    private volatile bool stop;
    private double longest;

    /// <summary>Starts to ping.</summary>
    /// <param name="port">Redis's port on this machine.</param>
    public PingLoop(int port)
    {
        client = new TcpClient("127.0.0.1", port) { NoDelay = true };
        thread = new Thread(Run) { IsBackground = true, Priority = ThreadPriority.Highest };
        thread.Start();
    }

    /// <summary>Ends, and tells the longest answer.</summary>
    /// <returns>Milliseconds.</returns>
    public double Stop()
    {
        Dispose();
        return longest;
    }

    public void Dispose()
    {
        stop = true;
        thread.Join();
        client.Dispose();
    }

    private void Run()
    {
        var ping = new[] { (byte)'P', (byte)'I', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n' };
        var answer = new byte[64];
        try
        {
            var stream = client.GetStream();
            while (!stop)
            {
                var started = Stopwatch.GetTimestamp();
                stream.Write(ping, 0, ping.Length);
                for (var read = 0; read < 7;)
                {
                    var more = stream.Read(answer, read, answer.Length - read);
                    if (more == 0)
                    {
                        return;
                    }

                    read += more;
                }

                longest = Math.Max(longest, (Stopwatch.GetTimestamp() - started) * 1000.0 / Stopwatch.Frequency);
                Thread.Sleep(2);
            }
        }
        catch (Exception exception) when (exception is System.IO.IOException or SocketException)
        {
            // Redis has gone: what was measured stays.
        }
    }
}
