using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>What has to be asked of every node of a cluster, since it belongs to no key.</summary>
internal sealed partial class BullMqServer
{
    private const int KeysAtOnce = 2000, KeysForNames = 5000;

    private bool IsCluster => Array.Exists(multiplexer.GetServers(), server => server.ServerType == ServerType.Cluster);

    /// <summary>The nodes that have slots, as the cluster says now, also those that are away: what they hold is not gone. One without an endpoint where there is no cluster.</summary>
    private async Task<IReadOnlyList<Node>> NodesAsync(CancellationToken cancellationToken)
    {
        if (!IsCluster)
        {
            return [new Node(null, [])];
        }

        // The library's own reading of this leaves out nodes that have failed.
        var asked = ServerAt(null);
        var text = (string?)await runner.CallAsync(() => (asked = ServerAt(null)).ExecuteAsync("CLUSTER", "NODES"), "CLUSTER NODES", 0, cancellationToken).ConfigureAwait(false);
        var nodes = (text ?? "").Split('\n').Select(line => Node.Parse(line, asked.EndPoint)).OfType<Node>().ToList();
        if (nodes.Exists(node => Array.TrueForAll(multiplexer.GetServers(), server => !server.EndPoint.Equals(node.EndPoint))))
        {
            // One that has come since we connected.
            await multiplexer.ConfigureAsync().WaitOrLeaveAsync(cancellationToken).ConfigureAwait(false);
        }

        return nodes;
    }

    private sealed record Node(EndPoint? EndPoint, IReadOnlyList<(int From, int To)> Slots)
    {
        /// <summary>Reads a line of CLUSTER NODES; null for a node without slots.</summary>
        public static Node? Parse(string line, EndPoint asked)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            // What stands in brackets is under way to or from the node.
            var slots = words.Skip(8).Where(word => word[0] != '[').Select(word => word.Split('-')).Select(ends => (int.Parse(ends[0], CultureInfo.InvariantCulture), int.Parse(ends[^1], CultureInfo.InvariantCulture))).ToList();
            if (slots.Count == 0)
            {
                return null;
            }

            var address = words[1].Split('@', ',')[0];
            var colon = address.LastIndexOf(':');
            var (host, port) = (address[..colon], int.Parse(address[(colon + 1)..], CultureInfo.InvariantCulture));
            return new Node(words[2].Contains("myself", StringComparison.Ordinal) && host.Length == 0 ? asked
                : IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, port) : new DnsEndPoint(host.Length == 0 ? "?" : host, port), slots);
        }
    }

    /// <summary>A node of a cluster; without an endpoint the server there is, which after a failover is another one.</summary>
    private IServer ServerAt(EndPoint? node)
    {
        var servers = multiplexer.GetServers();
        return node is null ? Array.Find(servers, s => s.IsConnected && !s.IsReplica) ?? Array.Find(servers, s => s.IsConnected) ?? servers[0]
            : Array.Find(servers, s => s.EndPoint.Equals(node)) ?? throw errors.Server("CLUSTERDOWN", "CLUSTER NODES");
    }

    /// <summary>Keys that match a pattern, on every node; a key may come more than once.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="count">How many keys of the server one answer is about.</param>
    /// <param name="near">A key whose slot has all of them, where they have a hash tag: other nodes are not waited for.</param>
    /// <param name="away">Takes the errors of nodes that are away, while the others are searched; null where one of them ends the search.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async IAsyncEnumerable<IReadOnlyList<string>> ScanAsync(string pattern, int count, RedisKey near, List<JobServerException>? away, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var nodes = (await NodesAsync(cancellationToken).ConfigureAwait(false)).ToList();
        if (ScriptRunner.HasTag(near) && multiplexer.GetHashSlot(near) is var slot)
        {
            nodes = [.. nodes.Where(node => node.EndPoint is null || node.Slots.Any(range => range.From <= slot && slot <= range.To) || ServerAt(node.EndPoint).IsConnected)];
        }

        var before = await MovesAsync(nodes, away, cancellationToken).ConfigureAwait(false);
        foreach (var node in nodes)
        {
            await foreach (var page in ScanNodeAsync(node.EndPoint, pattern, count, cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }
        }

        if (!before.Contains('[') && before == await MovesAsync(nodes, null, cancellationToken).ConfigureAwait(false))
        {
            yield break;
        }

        // Keys on the move may have passed us, from a node yet to come to one we had left: on the way back they are met.
        foreach (var node in Enumerable.Reverse(nodes))
        {
            await foreach (var page in ScanNodeAsync(node.EndPoint, pattern, count, cancellationToken).ConfigureAwait(false))
            {
                yield return page;
            }
        }
    }

    /// <summary>The slots of nodes in the words of each, with what is under way in brackets. Those that are away are taken out of the list where their errors are wanted.</summary>
    private async Task<string> MovesAsync(List<Node> nodes, List<JobServerException>? away, CancellationToken cancellationToken)
    {
        var own = new List<string>();
        foreach (var node in nodes.Where(node => node.EndPoint is not null && nodes.Count > 1).ToList())
        {
            string text;
            try
            {
                text = (string?)await runner.CallAsync(() => ServerAt(node.EndPoint).ExecuteAsync("CLUSTER", "NODES"), $"CLUSTER NODES on {node.EndPoint}", 0, cancellationToken).ConfigureAwait(false) ?? "";
            }
            catch (JobServerException exception) when (away is not null && nodes.Count > 1 && RedisErrors.IsPassing(exception))
            {
                away.Add(exception);
                nodes.Remove(node);
                continue;
            }

            own.AddRange(text.Split('\n').Where(line => line.Contains("myself", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ').Skip(8))));
        }

        return string.Join('|', own);
    }

    private async IAsyncEnumerable<IReadOnlyList<string>> ScanNodeAsync(EndPoint? node, string pattern, int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var what = node is null ? "SCAN" : $"SCAN on {node}";
        var (cursor, source) = ("0", default((EndPoint, long)));
        do
        {
            var (at, server) = (cursor, ServerAt(null));
            var answer = (RedisResult[])(await runner.CallAsync(
                () =>
                {
                    server = ServerAt(node);
                    source = at == "0" ? Line(server) : source;
                    return server.ExecuteAsync(options.Database, "SCAN", [at, "MATCH", pattern, "COUNT", count]);
                },
                what, 1, cancellationToken).ConfigureAwait(false))!;
            cursor = (string)answer[0]!;
            if (at != "0" && Line(server) != source)
            {
                // The cursor was of a server that has been restarted or has another's place by now, which hashes keys its own way: from the beginning.
                cursor = "0";
                await foreach (var page in ScanNodeAsync(node, pattern, count, cancellationToken).ConfigureAwait(false))
                {
                    yield return page;
                }
            }
            else if ((string[])answer[1]! is { Length: > 0 } found)
            {
                yield return found;
            }
        }
        while (cursor != "0");
    }

    /// <summary>Which server this is, by which of the connections to it.</summary>
    private static (EndPoint Server, long Connection) Line(IServer server) => (server.EndPoint, server.GetCounters().Interactive.SocketCount);
}
