namespace JobAdmin.Server.Security;

/// <summary>Reads keys: <c>name role sha256:hex [queues=a,b*]</c>, one a line, <c>#</c> for remarks.</summary>
internal static class KeySource
{
    private const string Form = "a line reads: name reader|operator|admin sha256:<64 hex digits> [queues=a,b*]";

    /// <summary>The keys that the environment gives.</summary>
    public static IReadOnlyList<AccessKey> FromEnvironment(Func<string, string?> environment)
    {
        var keys = new List<AccessKey>();
        foreach (var name in new[] { "ADMIN_API_KEY", "ADMIN_PASSWORD" })
        {
            // As the first page has it: the password counts where there is no key.
            if (keys.Count == 0 && environment(name) is { Length: > 0 } key)
            {
                keys.Add(new AccessKey(name, AccessRole.Admin, AccessKey.HashOf(key), QueueFilter.All));
            }
        }

        keys.AddRange(Parse(environment("JOBADMIN_KEYS")?.Split(';', '\n') ?? [], "JOBADMIN_KEYS"));
        return keys;
    }

    /// <summary>Reads a file.</summary>
    public static IReadOnlyList<AccessKey> FromFile(string file)
    {
        try
        {
            return Parse(File.ReadAllLines(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Hosting.OptionError($"The keys can't be read from {file}: {e.Message}");
        }
    }

    /// <summary>Reads lines. An error names the line and never shows what stands there: it may be a key.</summary>
    public static List<AccessKey> Parse(IReadOnlyList<string> lines, string where)
    {
        var keys = new List<AccessKey>();
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            Hosting.OptionError Bad(string why) => new($"{where}, line {i + 1}: {why}; {Form}");
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is < 3 or > 4)
            {
                throw Bad("it has not three or four words");
            }

            var role = words[1] switch
            {
                "reader" => AccessRole.Reader,
                "operator" => AccessRole.Operator,
                "admin" => AccessRole.Admin,
                _ => throw Bad("its second word is no role"),
            };
            byte[] hash;
            try
            {
                hash = words[2].StartsWith("sha256:", StringComparison.Ordinal) ? Convert.FromHexString(words[2].AsSpan(7)) : [];
            }
            catch (FormatException)
            {
                hash = [];
            }

            if (hash.Length != 32)
            {
                throw Bad("its third word is no hash");
            }

            var queues = words.Length == 3 ? null : words[3].StartsWith("queues=", StringComparison.Ordinal) ? words[3][7..] : throw Bad("its fourth word is not queues=…");
            keys.Add(new AccessKey(words[0], role, hash, QueueFilter.Parse(queues)));
        }

        return keys;
    }
}
