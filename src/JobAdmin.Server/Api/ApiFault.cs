namespace JobAdmin.Server.Api;

/// <summary>An answer other than success. It becomes the error shape of the page that the route belongs to.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">The second page's code.</param>
/// <param name="message">What is wrong, without anything of the server's insides.</param>
internal sealed class ApiFault(int status, string code, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The second page's code.</summary>
    public string Code { get; } = code;

    /// <summary>A second text beside the first page's error.</summary>
    public string? Detail { get; init; }

    /// <summary>After how many seconds it is worth trying again; 0 for no word on it.</summary>
    public int RetryAfter { get; init; }

    public static ApiFault Bad(string message) => new(400, "BAD_REQUEST", message);

    public static ApiFault NoQueue(string queue) => new(404, "NOT_FOUND", $"Queue '{Shown(queue)}' not found");

    public static ApiFault NoJob(string id) => new(404, "NOT_FOUND", $"Job {Shown(id)} not found");

    public static ApiFault Forbidden(string message) => new(403, "FORBIDDEN", message);

    public static ApiFault Away() => new(503, "UNAVAILABLE", "Redis can't be reached; try again shortly") { RetryAfter = 1 };

    /// <summary>The connection to Redis broke while a change was under way. Nothing invites the caller to send it again.</summary>
    public static ApiFault Unsure() => new(504, "OUTCOME_UNKNOWN", "The connection to Redis broke: whether the change was made is not known, so look before you try again");

    /// <summary>What a fault of the client means to a caller.</summary>
    public static ApiFault From(JobServerException e) => e.ErrorId switch
    {
        "QueueNotFound" => e.Target is string queue ? NoQueue(queue) : new ApiFault(404, "NOT_FOUND", "Queue not found"),
        "ReadOnlyConnection" => Forbidden("The server is in read-only mode"),
        "ReadOnlyReplica" or "OutOfMemory" or "ServerRefusesWrites" or "ServerLoading" or "ServerBusy" =>
            new ApiFault(503, "UNAVAILABLE", "Redis does not take changes now; try again shortly") { RetryAfter = 5 },
        "CrossSlot" => new ApiFault(502, "BAD_GATEWAY", "The queue's keys lie on different nodes of the Redis cluster"),
        "WrongKeyType" => new ApiFault(409, "CONFLICT", "A key of this queue is not BullMQ's: it can't be read"),
        _ => e.Kind switch
        {
            JobErrorKind.Connection or JobErrorKind.Timeout => Away(),
            JobErrorKind.NotFound => new ApiFault(404, "NOT_FOUND", e.Message),
            JobErrorKind.InvalidState or JobErrorKind.InvalidInput => Bad(e.Message),
            JobErrorKind.NotSupported => new ApiFault(400, "NOT_SUPPORTED", "BullMQ can't do this"),
            _ => new ApiFault(502, "BAD_GATEWAY", "Redis answered with an error; the server's log has it"),
        },
    };

    /// <summary>A text of the caller's as far as it fits into a sentence.</summary>
    public static string Shown(string text) => text.Length <= 200 ? text : text[..(char.IsHighSurrogate(text[199]) ? 199 : 200)] + "…";
}
