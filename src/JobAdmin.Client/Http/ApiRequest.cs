namespace JobAdmin.Client.Http;

/// <summary>One request, as it may be sent more than once.</summary>
/// <param name="Method">The method.</param>
/// <param name="Path">The path and query below the root, escaped.</param>
internal sealed record ApiRequest(HttpMethod Method, string Path)
{
    /// <summary>JSON to send, or null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>How many times the usual time an answer may take (long lists, bulk changes).</summary>
    public double Patience { get; init; } = 1;

    /// <summary>Whether it is sent again after faults that pass; a probe is not.</summary>
    public bool Once { get; init; }

    /// <summary>Whether the key goes with it.</summary>
    public bool WithKey { get; init; } = true;

    /// <summary>Whether an event stream is wanted rather than JSON.</summary>
    public bool Events { get; init; }

    /// <summary>Whether it only asks, whatever its method.</summary>
    public bool Asks { get; init; }

    /// <summary>Whether it changes nothing on the server.</summary>
    public bool IsRead => Asks || Method == HttpMethod.Get;

    public static ApiRequest Get(string path, double patience = 1) => new(HttpMethod.Get, path) { Patience = patience };

    public static ApiRequest Post(string path, byte[]? body = null, double patience = 1) => new(HttpMethod.Post, path) { Body = body, Patience = patience };

    public static ApiRequest Delete(string path, double patience = 1) => new(HttpMethod.Delete, path) { Patience = patience };

    public static ApiRequest Patch(string path, byte[] body) => new(HttpMethod.Patch, path) { Body = body };
}
