using System.Collections;
using System.Management.Automation;
using System.Net;
using System.Security;

namespace JobAdmin.Parameters;

/// <summary>Lets a secret parameter take a text, a SecureString or a credential, and a hashtable of them where several are meant.</summary>
public sealed class SecretAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>A <see cref="Secret"/>, a hashtable of them, or null.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (value is not IDictionary table)
        {
            return ToSecret(value);
        }

        var secrets = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in table)
        {
            secrets[entry.Key.ToString()!] = ToSecret(entry.Value is PSObject inner ? inner.BaseObject : entry.Value);
        }

        return secrets;
    }

    private static Secret? ToSecret(object? value) => value switch
    {
        null => null,
        Secret secret => secret,
        SecureString secure => new Secret(new NetworkCredential("", secure).Password),
        PSCredential credential => new Secret(credential.GetNetworkCredential().Password),
        _ => new Secret(value.ToString() ?? ""),
    };
}
