using System.Globalization;
using System.Text.Json.Nodes;

namespace JobAdmin.Fakes;

/// <summary>A job of the fake.</summary>
public sealed class FakeConveyorJob(string queue, string id, string state, string at, string? ended)
{
    /// <summary>The time as Conveyor writes it.</summary>
    public static string Now => Text(DateTimeOffset.UtcNow);

    public string Queue { get; } = queue;

    public string Id { get; } = id;

    public string State { get; set; } = state;

    public string At { get; } = at;

    public string? Ended { get; set; } = ended;

    public string? Started { get; set; }

    public string Name { get; set; } = "send-" + id;

    public string Data { get; set; } = "{}";

    public JsonObject Options { get; set; } = [];

    public string? Reason { get; set; }

    public JsonNode? Result { get; set; }

    public JsonNode? Progress { get; set; } = 0;

    public int Attempts { get; set; }

    public string? Group { get; set; }

    public string? CancelledAt { get; set; }

    public FakeConveyorJob? Parent { get; set; }

    public List<FakeConveyorJob> Children { get; } = [];

    public List<string> Logs { get; } = [];

    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public JsonObject ToJson() => new()
    {
        ["name"] = Name, ["queueName"] = Queue, ["data"] = JsonNode.Parse(Data), ["state"] = State, ["attemptsMade"] = Attempts, ["progress"] = Progress?.DeepClone(),
        ["returnvalue"] = Result?.DeepClone(), ["failedReason"] = Reason, ["opts"] = Options.DeepClone(), ["deduplicationKey"] = null, ["logs"] = new JsonArray([.. Logs.Select(static line => (JsonNode)line)]),
        ["stacktrace"] = Reason is null ? [] : new JsonArray($"Error: {Reason}"), ["createdAt"] = At, ["processedAt"] = Started, ["completedAt"] = State == "completed" ? Ended : null,
        ["failedAt"] = State == "failed" ? Ended : null, ["delayUntil"] = State == "delayed" ? Text(DateTimeOffset.UtcNow.AddHours(1)) : null, ["lockUntil"] = null,
        ["lockedBy"] = State == "active" ? "worker-1" : null, ["parentId"] = Parent?.Id, ["parentQueueName"] = Parent?.Queue,
        ["pendingChildrenCount"] = Children.Count(static child => child.State is not ("completed" or "failed")), ["cancelledAt"] = CancelledAt, ["groupId"] = Group, ["discarded"] = false,
        ["attemptLogs"] = new JsonArray(), ["childrenIds"] = new JsonArray([.. Children.Select(static child => (JsonNode)child.Id)]), ["id"] = Id,
    };
}
