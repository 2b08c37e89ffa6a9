using System.Security.Cryptography.X509Certificates;

namespace JobAdmin.Server.Hosting;

/// <summary>Reads an address such as <c>rediss://user:password@host:6379/0</c>. The password never gets into an error.</summary>
internal static class RedisAddress
{
    /// <summary>Makes connection options of an address.</summary>
    public static JobServerOptions Parse(string text)
    {
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        var scheme = mark < 0 ? "redis" : text[..mark].ToLowerInvariant();
        if (scheme is not ("redis" or "rediss"))
        {
            throw new OptionError("The address of Redis begins with redis:// or rediss://.");
        }

        var rest = mark < 0 ? text : text[(mark + 3)..];
        // A password may hold an '@' that nobody escaped.
        var at = rest.LastIndexOf('@');
        var login = at < 0 ? "" : rest[..at];
        var places = rest[(at + 1)..].Split('?')[0].Split('/', 2);
        var database = 0;
        if (places.Length > 1 && places[1].Trim('/').Length > 0 && !int.TryParse(places[1].Trim('/'), out database))
        {
            throw new OptionError($"'{places[1]}' is not the number of a Redis database.");
        }

        var hosts = places[0].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (hosts.Length == 0 || !Uri.TryCreate($"{scheme}://{hosts[0]}", UriKind.Absolute, out var address) || address.Host.Length == 0)
        {
            throw new OptionError("The address of Redis names no host.");
        }

        var colon = login.IndexOf(':');
        var password = Uri.UnescapeDataString(login[(colon + 1)..]);
        return new JobServerOptions
        {
            Name = "redis",
            Kind = JobServerKind.Redis,
            Address = address,
            MoreAddresses = hosts[1..],
            User = colon > 0 ? Uri.UnescapeDataString(login[..colon]) : null,
            Password = password.Length > 0 ? new Secret(password) : null,
            Database = database,
            Timeout = TimeSpan.FromSeconds(3),
        };
    }

    /// <summary>Reads a certificate from a PEM or DER file.</summary>
    public static X509Certificate2 Certificate(string file)
    {
        try
        {
            return new X509Certificate2(file);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new OptionError($"{file} can't be read as a certificate: {e.Message}");
        }
    }
}
