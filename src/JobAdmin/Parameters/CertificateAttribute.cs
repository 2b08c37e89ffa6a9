using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace JobAdmin.Parameters;

/// <summary>Lets a certificate parameter take the path of a file (PEM, DER or PFX without a password) besides a certificate.</summary>
public sealed class CertificateAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether the private key is needed too.</summary>
    public bool WithKey { get; init; }

    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>A certificate, or the argument as it was.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        if ((inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is not string path)
        {
            return inputData;
        }

        var file = engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        if (!File.Exists(file))
        {
            throw new ArgumentTransformationMetadataException($"There is no certificate at '{file}'.");
        }

        try
        {
            return WithKey && Path.GetExtension(file).ToLowerInvariant() is not (".pfx" or ".p12")
                ? X509Certificate2.CreateFromPemFile(file)
                : new X509Certificate2(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new ArgumentTransformationMetadataException(
                $"The certificate '{file}' can't be read: {e.Message} A file with a password is read with Get-PfxCertificate.", e);
        }
    }
}
