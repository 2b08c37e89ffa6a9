namespace JobAdmin.Client.Tests.Http.Fakes;

/// <summary>A server that gives recorded answers to the requests that they were given to.</summary>
internal static class Replay
{
    /// <summary>Starts one.</summary>
    /// <param name="folder">The captures' folder.</param>
    /// <param name="names">The captures.</param>
    /// <param name="missing">The answer to everything else.</param>
    public static FakeServer Start(string folder, IEnumerable<string> names, FakeAnswer missing)
    {
        var answers = new Dictionary<string, Capture>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var capture = Capture.Load($"{folder}/{name}");
            answers[$"{capture.Method} {capture.Target}"] = capture;
        }

        return new(request => answers.TryGetValue(request.ToString(), out var capture) ? capture.Answer : missing);
    }
}
