using System.Text;

namespace JobAdmin.Client.BullMq;

/// <summary>What the name of a Redis client says of the worker behind it: <c>prefix:queue</c> or <c>prefix:queue:w:name</c>, where Node writes the
/// queue in base64 and other ports write it as it is.</summary>
/// <param name="Written">The queue as it stands there.</param>
/// <param name="Decoded">The queue read as base64; null when that gives no name.</param>
/// <param name="Name">The worker's name; null when it has none.</param>
internal readonly record struct WorkerName(string Written, string? Decoded, string? Name)
{
    /// <summary>Reads a client's name; null when it is no worker's.</summary>
    public static WorkerName? Parse(string client, string prefix)
    {
        if (client.Length <= prefix.Length + 1 || client[prefix.Length] != ':' || !client.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = client[(prefix.Length + 1)..];
        var worker = rest.IndexOf(":w:", StringComparison.Ordinal);
        if (worker < 0 && rest.Contains(':'))
        {
            // An events reader or something else of the queue's.
            return null;
        }

        var written = worker < 0 ? rest : rest[..worker];
        return written.Length == 0 || written.Contains(':') ? null : new WorkerName(written, Decode(written), worker < 0 ? null : rest[(worker + 3)..]);
    }

    private static string? Decode(string text)
    {
        Span<byte> bytes = new byte[text.Length];
        if (text.Length % 4 != 0 || !Convert.TryFromBase64String(text, bytes, out var length))
        {
            return null;
        }

        var decoded = Encoding.UTF8.GetString(bytes[..length]);
        return decoded.Any(c => char.IsControl(c) || c is '\uFFFD' or ':') ? null : decoded;
    }
}
