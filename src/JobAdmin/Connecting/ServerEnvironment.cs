namespace JobAdmin.Connecting;

/// <summary>The environment variables that the servers' own tools read.</summary>
internal static class ServerEnvironment
{
    /// <summary>The address for a kind of server.</summary>
    /// <param name="kind">The kind; null when none was named.</param>
    /// <returns>The address, or null.</returns>
    public static string? Address(JobServerKind? kind) => kind switch
    {
        null or JobServerKind.Redis => First("REDIS_URL"),
        JobServerKind.Mcrit => First("MCRIT_CLI_SERVER"),
        _ => null,
    };

    /// <summary>The key for a kind of server. Only for a kind that was named: a key must not go to whoever answers at an address.</summary>
    /// <param name="kind">The kind; null when none was named.</param>
    /// <returns>The key, or null.</returns>
    public static Secret? Key(JobServerKind? kind)
    {
        var key = kind switch
        {
            JobServerKind.BioAgents => First("ADMIN_API_KEY", "ADMIN_PASSWORD"),
            JobServerKind.Mcrit => First("MCRIT_CLI_APITOKEN"),
            _ => null,
        };
        return key is null ? null : new Secret(key);
    }

    private static string? First(params string[] names) =>
        names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
}
