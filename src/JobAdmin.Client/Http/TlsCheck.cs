using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace JobAdmin.Client.Http;

/// <summary>How a server's certificate is checked: as the system does, with one more authority, or not at all when the user says so.</summary>
internal static class TlsCheck
{
    public static SslClientAuthenticationOptions Options(JobServerOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options.ClientCertificate is { } own)
        {
            tls.ClientCertificates = [own];
        }

        if (options.SkipCertificateCheck)
        {
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
        }
        else if (options.CertificateAuthority is { } authority)
        {
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => errors == SslPolicyErrors.None
                || (errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate is not null && IsSignedBy(certificate, chain, authority));
        }

        return tls;
    }

    private static bool IsSignedBy(X509Certificate certificate, X509Chain? sent, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        using var leaf = new X509Certificate2(certificate);
        return chain.Build(leaf);
    }
}
