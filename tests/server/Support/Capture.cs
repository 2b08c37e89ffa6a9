using System.Text.Json;

namespace JobAdmin.Server.Tests;

/// <summary>An answer that a page's real server once gave.</summary>
internal static class Capture
{
    /// <summary>The status and the body.</summary>
    public static (int Status, JsonElement Body) Read(string name)
    {
        using var reader = new StreamReader(typeof(Capture).Assembly.GetManifestResourceStream($"captures/{name}") ?? throw new FileNotFoundException(name));
        var text = reader.ReadToEnd().Replace("\r", "");
        var status = int.Parse(text.Split("HTTP/1.1 ")[1][..3], System.Globalization.CultureInfo.InvariantCulture);
        using var document = JsonDocument.Parse(text[text.IndexOf("\n\n", StringComparison.Ordinal)..]);
        return (status, document.RootElement.Clone());
    }

    /// <summary>Fails unless an answer has everything that the real one has, of the same kinds. What is null on one side fits whatever it could be.</summary>
    public static void AssertShape(JsonElement real, JsonElement ours, string path = "$")
    {
        if (real.ValueKind == JsonValueKind.Null || ours.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        Assert.True(Kind(real) == Kind(ours), $"{path}: {ours.GetRawText()} is not of the kind of {real.GetRawText()}");
        foreach (var property in real.ValueKind == JsonValueKind.Object ? real.EnumerateObject() : default)
        {
            Assert.True(ours.TryGetProperty(property.Name, out var value), $"{path}.{property.Name} is missing in {ours.GetRawText()}");
            // What an application puts into its jobs is its own affair.
            if (!real.TryGetProperty("id", out _) || property.Name is not ("data" or "opts" or "progress" or "returnvalue"))
            {
                AssertShape(property.Value, value, $"{path}.{property.Name}");
            }
        }

        if (real.ValueKind == JsonValueKind.Array && real.GetArrayLength() > 0 && ours.GetArrayLength() > 0)
        {
            AssertShape(real[0], ours[0], path + "[]");
        }
    }

    private static JsonValueKind Kind(JsonElement value) => value.ValueKind == JsonValueKind.False ? JsonValueKind.True : value.ValueKind;
}
