using System.Globalization;
using System.Text;

namespace JobAdmin.Client.Http;

/// <summary>Builds paths and queries in which nothing that a user or a server names can mean more than itself.</summary>
internal static class ApiPath
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>One path segment.</summary>
    /// <param name="value">The name or id.</param>
    /// <param name="what">What it is, for the error (<c>job id</c>).</param>
    public static string Segment(string value, string what)
    {
        // Every HTTP library and server takes dot segments out of a path, escaped or not: such a name would address another resource.
        if (value is "" or "." or ".." || value.Length > 8000 || !IsWellFormed(value))
        {
            throw new JobServerException("InvalidName", JobErrorKind.InvalidInput,
                $"'{(value.Length > 100 ? value[..100] + "…" : value)}' can't be sent as a {what}: it has no place in the path of a web address.",
                "Give a name or id that is not empty, not a dot or two, and of ordinary length.") { Target = value };
        }

        return Uri.EscapeDataString(value);
    }

    /// <summary>A query string with its question mark; pairs without a value are left out.</summary>
    public static string Query(params (string Name, object? Value)[] pairs)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in pairs)
        {
            var word = value switch
            {
                null => null,
                bool flag => flag ? "true" : "false",
                DateTimeOffset time => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
            if (word is not null)
            {
                text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(word));
            }
        }

        return text.ToString();
    }

    /// <summary>The address with a path that ends in a slash, and in a given ending unless it has it already.</summary>
    /// <param name="address">What the user gave.</param>
    /// <param name="ending">The ending without slashes, or nothing.</param>
    public static Uri Root(Uri address, string ending)
    {
        var path = address.AbsolutePath.TrimEnd('/');
        if (ending.Length > 0 && !path.EndsWith('/' + ending, StringComparison.OrdinalIgnoreCase))
        {
            path += '/' + ending;
        }

        return new UriBuilder(address.Scheme, address.Host, address.Port, path + '/').Uri;
    }

    private static bool IsWellFormed(string value)
    {
        try
        {
            Strict.GetByteCount(value);
            return true;
        }
        catch (EncoderFallbackException)
        {
            // Half a surrogate pair would be sent as another character, and so as another id.
            return false;
        }
    }
}
