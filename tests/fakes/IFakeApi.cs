using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>A fake of one kind of server.</summary>
public interface IFakeApi
{
    /// <summary>The answer to a request.</summary>
    FakeAnswer Answer(FakeRequest request);

    /// <summary>Does something that no client can, and gives what came of it.</summary>
    JsonNode? Command(JsonObject command);
}
