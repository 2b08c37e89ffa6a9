using System.Security.Cryptography;
using System.Text;

namespace JobAdmin.Server.Security;

/// <summary>One key as the server knows it: by its hash alone.</summary>
/// <param name="Name">Whose it is, for the audit log.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Hash">The SHA-256 of the key.</param>
/// <param name="Queues">The queues it may see, within those that the server serves.</param>
internal sealed record AccessKey(string Name, AccessRole Role, byte[] Hash, QueueFilter Queues)
{
    /// <summary>Stands for a caller on loopback where no key was set up.</summary>
    public static AccessKey Local { get; } = new("local", AccessRole.Admin, [], QueueFilter.All);

    /// <summary>The hash of a key as it is presented.</summary>
    public static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
