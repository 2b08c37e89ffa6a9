using System.Reflection;

namespace JobAdmin.Client.Tests.Http.Fakes;

/// <summary>A real exchange that was recorded: the curl command and the whole answer.</summary>
public sealed record Capture(string Method, string Target, string? RequestBody, FakeAnswer Answer)
{
    /// <summary>Reads one.</summary>
    /// <param name="name">Its name, as in <c>conveyor/02-queues</c>.</param>
    public static Capture Load(string name)
    {
        var text = Text(name);
        var lines = text.Split('\n');
        var words = lines[0].Split(' ');
        var at = Array.FindIndex(words, word => word.StartsWith("http://HOST", StringComparison.Ordinal));
        var method = Array.IndexOf(words, "-X") is >= 0 and var x ? words[x + 1] : "GET";
        var body = lines[0].Contains(" -d ", StringComparison.Ordinal) ? lines[0][(lines[0].IndexOf(" -d ", StringComparison.Ordinal) + 4)..] : null;
        var blank = Array.FindIndex(lines, 1, string.IsNullOrWhiteSpace);
        var headers = lines[2..blank].Select(line => line.TrimEnd('\r').Split(": ", 2)).Select(pair => (Name: pair[0], Value: pair[1])).ToArray();
        // The server that plays it back frames the body and the connection itself.
        string[] own = ["content-length", "content-type", "connection", "keep-alive", "transfer-encoding", "date"];
        return new(method, words[at]["http://HOST".Length..], body, new FakeAnswer(
            int.Parse(lines[1].Split(' ')[1]), string.Join('\n', lines[(blank + 1)..]).Trim(),
            headers.First(pair => pair.Name.Equals("content-type", StringComparison.OrdinalIgnoreCase)).Value)
        {
            Headers = [.. headers.Where(pair => !own.Contains(pair.Name.ToLowerInvariant()))],
        });
    }

    /// <summary>A file of captures as it is.</summary>
    public static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"captures/{name}.txt")
            ?? throw new FileNotFoundException($"There is no capture {name}.");
        return new StreamReader(stream).ReadToEnd();
    }
}
