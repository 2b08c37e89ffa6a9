using System.Globalization;

namespace JobAdmin.Connecting;

/// <summary>An address as the user gave it, taken apart: what may be shown, and what may not.</summary>
internal sealed class ServerAddress
{
    private const string Advice = "It may be redis://host:6379/0, rediss://host:6380, host:port, or https://host/path for a server with an HTTP API.";
    private const int RedisPort = 6379;
    private const int SentinelPort = 26379;

    private ServerAddress(string scheme) => Scheme = scheme;

    /// <summary><c>redis</c>, <c>rediss</c>, <c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; }

    /// <summary>Whether it is Redis.</summary>
    public bool IsRedis => Scheme is "redis" or "rediss";

    /// <summary>Every address, as <c>host:port</c>; the first is the one of <see cref="Uri"/>.</summary>
    public IReadOnlyList<string> Hosts { get; private set; } = [];

    /// <summary>The address without user and password.</summary>
    public Uri Uri { get; private set; } = null!;

    /// <summary>The Redis database.</summary>
    public int Database { get; private set; }

    /// <summary>The user, or null.</summary>
    public string? User { get; private set; }

    /// <summary>The password, or null.</summary>
    public string? Password { get; private set; }

    /// <summary>The address as <c>host:port</c> and what else tells it from others on the same host.</summary>
    public string DisplayName => IsRedis
        ? Hosts[0] + (Database > 0 ? $"/{Database}" : "")
        : Hosts[0] + Uri.AbsolutePath.TrimEnd('/');

    /// <summary>User, password and options as they are written in an address, whatever else may be wrong with it.</summary>
    /// <param name="text">The address.</param>
    /// <param name="defaultScheme">The scheme when it has none.</param>
    /// <returns>What must not be shown.</returns>
    public static IReadOnlyList<string> FindSecrets(string text, string defaultScheme)
    {
        var (scheme, rest) = CutScheme(text, defaultScheme);
        var at = EndOfUserInfo(scheme, rest);
        var info = rest[..(at + 1)].TrimEnd('@');
        return [info, info[(info.IndexOf(':') + 1)..], CutQuery(rest[(at + 1)..]).Query];
    }

    /// <summary>Takes an address apart. Nothing of user and password is in the error when it can't.</summary>
    /// <param name="text">The address.</param>
    /// <param name="defaultScheme">The scheme when it has none.</param>
    /// <param name="sentinel">Whether the hosts are sentinels, whose port is another.</param>
    /// <returns>The address.</returns>
    public static ServerAddress Parse(string text, string defaultScheme, bool sentinel)
    {
        var (scheme, rest) = CutScheme(text, defaultScheme);
        var address = new ServerAddress(scheme);
        var at = EndOfUserInfo(scheme, rest);
        address.Login(rest[..Math.Max(at, 0)], at >= 0);
        rest = rest[(at + 1)..];
        if (scheme is not ("redis" or "rediss" or "http" or "https"))
        {
            throw address.Invalid(rest, "only redis, rediss, http and https are known");
        }

        if (address.IsRedis)
        {
            address.ParseRedis(rest, sentinel ? SentinelPort : RedisPort);
        }
        else
        {
            address.ParseHttp(rest);
        }

        return address;
    }

    private static (string Scheme, string Remainder) CutScheme(string text, string defaultScheme)
    {
        text = text.Trim();

        // Only letters make a scheme: "user:a://b@host" has none, but a password.
        var mark = text.IndexOf("://", StringComparison.Ordinal);
        return mark > 0 && text[..mark].All(char.IsAsciiLetter) ? (text[..mark].ToLowerInvariant(), text[(mark + 3)..]) : (defaultScheme, text);
    }

    // A password may hold an unescaped '/' or '@', so the last '@' counts, but in a web address one may stand in the path.
    private static int EndOfUserInfo(string scheme, string rest)
    {
        var slash = scheme is "http" or "https" ? rest.IndexOf('/') : -1;
        return slash < 0 ? rest.LastIndexOf('@') : rest.LastIndexOf('@', slash);
    }

    private static (string Before, string Query) CutQuery(string rest)
    {
        var mark = rest.IndexOf('?');
        return mark < 0 ? (rest, "") : (rest[..mark], rest[(mark + 1)..]);
    }

    private void Login(string userInfo, bool given)
    {
        if (!given)
        {
            return;
        }

        // Without a colon it is the password, as redis-cli has it.
        var colon = userInfo.IndexOf(':');
        User = colon > 0 ? Uri.UnescapeDataString(userInfo[..colon]) : null;
        Password = Uri.UnescapeDataString(userInfo[(colon + 1)..]);
    }

    private void ParseRedis(string rest, int defaultPort)
    {
        var (path, query) = CutQuery(rest);
        var slash = path.IndexOf('/');
        var hosts = slash < 0 ? path : path[..slash];
        var database = slash < 0 ? "" : path[(slash + 1)..].TrimEnd('/');
        if (TakeOptions(query) is { } other && database.Length == 0)
        {
            database = other;
        }

        if (database.Length > 0)
        {
            Database = int.TryParse(database, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw Invalid(rest, $"'{database}' is not the number of a database");
        }

        var named = new List<string>();
        foreach (var host in hosts.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate($"{Scheme}://{host}", UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.AbsolutePath is not ("" or "/"))
            {
                // What is no port may be a password whose host was left out.
                var shown = host.LastIndexOf(':') is > 0 and var colon && !host[(colon + 1)..].All(char.IsAsciiDigit) ? host[..colon] + ":***" : host;
                throw Invalid(rest.Replace(host, shown, StringComparison.Ordinal), $"'{shown}' is not a host and port, and user and password stand before an @");
            }

            Uri = Uri is null ? With(uri, defaultPort) : Uri;
            var one = With(uri, defaultPort);
            named.Add($"{one.Host}:{one.Port}");
        }

        Hosts = named.Count > 0 ? named : throw Invalid(rest, "it names no host");
    }

    // The application's ioredis takes options from there too, where they do not stand before it. The others say how to connect, and not as whom or to what.
    private string? TakeOptions(string query)
    {
        string? database = null;
        foreach (var part in query.Split('&'))
        {
            var equals = part.IndexOf('=');
            var value = Uri.UnescapeDataString(part[(equals + 1)..].Replace('+', ' '));
            switch (equals < 0 ? "" : part[..equals])
            {
                case "db":
                    database = value;
                    break;
                case "username":
                    User ??= value;
                    break;
                case "password":
                    Password ??= value;
                    break;
            }
        }

        return database;
    }

    private void ParseHttp(string rest)
    {
        if (!Uri.TryCreate($"{Scheme}://{rest}", UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw Invalid(rest, "it names no host");
        }

        if (uri.Query.Length > 1)
        {
            // It may be a key, and the server would be asked without it.
            throw Invalid(rest, "what stands behind its ? is not sent; a key is given with -Key, and other headers with -Header");
        }

        Uri = uri;
        Hosts = [uri.IsDefaultPort ? uri.Host : $"{uri.Host}:{uri.Port}"];
    }

    private static Uri With(Uri uri, int defaultPort) => uri.Port > 0 ? uri : new UriBuilder(uri) { Port = defaultPort }.Uri;

    private JobServerException Invalid(string rest, string why) => Base.JobErrors.Input("InvalidAddress",
        $"The address {Scheme}://{(Password is null ? "" : "***@")}{CutQuery(rest).Before} can't be used: {why}.", Advice);
}
