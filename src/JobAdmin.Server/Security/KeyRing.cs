using System.Security.Cryptography;

namespace JobAdmin.Server.Security;

/// <summary>All keys that are good now. The file is looked at again when it changes, so keys come and go without a restart.</summary>
internal sealed class KeyRing
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private readonly IReadOnlyList<AccessKey> fixedKeys;
    private readonly string? file;
    private readonly ILogger<KeyRing> log;
    private readonly object turn = new();
    private volatile AccessKey[] keys;
    private (DateTime Written, long Length) seen;
    private string? failure;
    private long lookedAt;

    public KeyRing(Hosting.ServerOptions options, ILogger<KeyRing> log)
    {
        (fixedKeys, file, this.log) = (options.Keys, options.KeysFile, log);
        keys = [.. fixedKeys];
        if (file is not null)
        {
            seen = Stamp(file);
            keys = [.. fixedKeys, .. KeySource.FromFile(file)];
        }
    }

    /// <summary>Whether there is no key at all, so that only loopback is served.</summary>
    public bool IsEmpty => keys.Length == 0 && file is null;

    /// <summary>The key that was presented; null when it is none of ours. It takes the same time whichever it is.</summary>
    public AccessKey? Find(string presented)
    {
        Refresh();
        var hash = AccessKey.HashOf(presented);
        AccessKey? found = null;
        foreach (var key in keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, key.Hash))
            {
                found = key;
            }
        }

        return found;
    }

    /// <summary>Whether a key that was let in is still one of ours, and may still see what it could then.</summary>
    public bool IsGood(AccessKey key)
    {
        Refresh();
        return key == AccessKey.Local ? IsEmpty : Array.Exists(keys, known => known.Hash.AsSpan().SequenceEqual(key.Hash) && known.Role == key.Role && known.Queues.IsSame(key.Queues));
    }

    private void Refresh()
    {
        if (file is null || Environment.TickCount64 - Interlocked.Read(ref lookedAt) < LookAgain.TotalMilliseconds)
        {
            return;
        }

        lock (turn)
        {
            Interlocked.Exchange(ref lookedAt, Environment.TickCount64);
            var now = Stamp(file);
            if (now == seen && failure is null)
            {
                return;
            }

            try
            {
                var read = KeySource.FromFile(file);
                keys = [.. fixedKeys, .. read];
                failure = null;
                log.LogInformation("Keys were read again from {File}: {Count}", file, read.Count);
            }
            catch (Hosting.OptionError e)
            {
                // The keys from before go on: half a file is no reason to lock everybody out, or in. It is tried again, for what could not be read may be whole.
                if (now != seen || e.Message != failure)
                {
                    log.LogError("{Reason} The keys from before stay.", e.Message);
                }

                failure = e.Message;
            }

            seen = now;
        }
    }

    private static (DateTime, long) Stamp(string file)
    {
        try
        {
            // Of the file itself where the path is a link: in Kubernetes it is one to a link, and only that one is changed.
            var info = File.ResolveLinkTarget(file, returnFinalTarget: true) as FileInfo ?? new FileInfo(file);
            return info.Exists ? (info.LastWriteTimeUtc, info.Length) : default;
        }
        catch (IOException)
        {
            return default;
        }
    }
}
