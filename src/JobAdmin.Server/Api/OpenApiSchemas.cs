namespace JobAdmin.Server.Api;

/// <summary>The shapes of bodies and answers, as JSON Schema.</summary>
internal static class OpenApiSchemas
{
    private const string Text = """{"type":"string"}""", Number = """{"type":"integer"}""", Flag = """{"type":"boolean"}""", Anything = "{}";
    private const string NullableText = """{"type":["string","null"]}""", NullableNumber = """{"type":["integer","null"]}""", NullableTime = """{"type":["string","null"],"format":"date-time"}""";
    private const string Texts = """{"type":"array","items":{"type":"string"}}""", Map = """{"type":"object"}""";

    /// <summary>The schemas by name.</summary>
    public static IReadOnlyList<(string Name, string Schema)> All { get; } =
    [
        ("AdminError", Object(["error"], ("error", Text), ("message", Text))),
        ("Error", Object(["error"], ("error", Object(["code", "message"], ("code", Text), ("message", Text))))),
        ("AdminJob", Object(["id", "name", "state", "attemptsMade"], ("id", Text), ("name", Text), ("data", Anything), ("state", Text), ("progress", Anything), ("attemptsMade", Number),
            ("timestamp", Number), ("processedOn", Number), ("finishedOn", Number), ("failedReason", Text))),
        ("AdminJobList", Object(["queue", "jobs", "counts"], ("queue", Text), ("jobs", List("AdminJob")), ("counts", """{"type":"object","additionalProperties":{"type":"integer"}}"""))),
        ("AdminRetry", Object(["success", "jobId", "message"], ("success", Flag), ("jobId", Text), ("message", Text))),
        ("Counts", Object(["waiting", "waiting-children", "delayed", "active", "completed", "failed"], ("waiting", Number), ("waiting-children", Number), ("delayed", Number),
            ("active", Number), ("completed", Number), ("failed", Number))),
        ("Queue", Object(["name", "counts", "isPaused"], ("name", Text), ("counts", Ref("Counts")), ("isPaused", Flag), ("latestActivity", NullableTime), ("scheduledCount", Number), ("version", NullableText))),
        ("QueueList", Data(List("Queue"))),
        ("QueueDetail", Data(Object(["name", "counts", "pausedNames"], ("name", Text), ("counts", Ref("Counts")), ("pausedNames", Texts), ("version", NullableText), ("warnings", Texts)))),
        ("Job", Object(["id", "name", "queueName", "state"], ("id", Text), ("name", Text), ("queueName", Text), ("data", Anything), ("state", Text), ("attemptsMade", Number), ("progress", Anything),
            ("returnvalue", Anything), ("failedReason", NullableText), ("opts", Map), ("deduplicationKey", NullableText), ("logs", Texts), ("stacktrace", Texts), ("createdAt", NullableTime),
            ("processedAt", NullableTime), ("completedAt", NullableTime), ("failedAt", NullableTime), ("delayUntil", NullableTime), ("lockUntil", NullableTime), ("lockedBy", NullableText),
            ("parentId", NullableText), ("parentQueueName", NullableText), ("pendingChildrenCount", Number), ("cancelledAt", NullableTime), ("groupId", NullableText), ("discarded", Flag),
            ("attemptLogs", """{"type":"array"}"""), ("childrenIds", Texts), ("priority", Number), ("maxAttempts", NullableNumber), ("attemptsStarted", NullableNumber), ("stalledCount", Number),
            ("processedBy", NullableText), ("schedulerId", NullableText), ("deferredFailure", NullableText))),
        ("JobAnswer", Data(Ref("Job"))),
        ("JobList", Object(["data"], ("data", """{"type":"array","items":{"oneOf":[{"$ref":"#/components/schemas/Job"},{"type":"null"}]}}"""), ("truncated", Flag))),
        ("JobPage", Object(["data", "meta"], ("data", List("Job")), ("meta", Object(["total", "start", "end"], ("total", Number), ("start", Number), ("end", Number))), ("truncated", Flag))),
        ("SearchAnswer", Object(["data"], ("data", """{"oneOf":[{"type":"null"},{"$ref":"#/components/schemas/Job"},{"type":"array"}]}"""), ("truncated", Flag))),
        ("PauseBody", Object([], ("jobName", Text))),
        ("CleanBody", Object(["state"], ("state", Text), ("grace", Number))),
        ("RetryBody", Object(["state"], ("state", """{"enum":["failed","completed"]}"""), ("resetAttempts", Flag))),
        ("EditBody", Object([], ("data", Anything), ("opts", Object([], ("priority", Number), ("delay", Number))))),
        ("NewJob", Object(["name"], ("name", Text), ("data", Anything), ("opts", Map))),
        ("IdsBody", Object(["ids"], ("ids", Texts))),
        ("BulkBody", Object(["action", "ids"], ("action", """{"enum":["retry","promote","remove","stop"]}"""), ("ids", Texts), ("resetAttempts", Flag), ("keepChildren", Flag), ("reason", Text))),
        ("OutcomeList", Data("""{"type":"array","items":""" + Object(["id", "status", "ok"], ("id", Text), ("status", Text), ("ok", Flag), ("previousState", NullableText)) + "}")),
        ("Paused", Data(Object(["paused"], ("paused", Text)))),
        ("Resumed", Data(Object(["resumed"], ("resumed", Text)))),
        .. new[] { "Drained", "Obliterated", "RetriedOne", "PromotedOne", "CancelledOne", "RemovedOne" }.Select(static name => (name, Done(name, Flag))),
        .. new[] { "Removed", "Retried", "Promoted" }.Select(static name => (name, Done(name, Number))),
        ("GroupList", Data("""{"type":"array","items":""" + Object(["groupId"], ("groupId", Text), ("activeCount", Number), ("waitingCount", Number)) + "}")),
        ("MetricList", Data("""{"type":"array","items":""" + Object(["queueName", "jobName", "periodStart", "granularity"], ("queueName", Text), ("jobName", Text), ("periodStart", NullableTime),
            ("granularity", Text), ("completedCount", Number), ("failedCount", Number), ("totalProcessMs", NullableNumber), ("minProcessMs", NullableNumber), ("maxProcessMs", NullableNumber)) + "}")),
        ("Sparklines", Data("""{"type":"object","additionalProperties":{"type":"array","items":{"type":"integer"}}}""")),
        ("MetricsStatus", Data(Object(["enabled"], ("enabled", Flag)))),
        ("Config", Data(Object(["readOnly", "authRequired"], ("readOnly", Flag), ("authRequired", Flag)))),
        ("Capabilities", Data(Object(["server", "version", "role", "readOnly", "has"], ("server", Text), ("version", Text), ("key", Text), ("role", Text), ("readOnly", Flag), ("has", Texts),
            ("lacks", Texts), ("limits", """{"type":"object","additionalProperties":{"type":"integer"}}""")))),
        ("WorkerList", Data("""{"type":"array","items":""" + Object(["queueName"], ("id", NullableText), ("name", NullableText), ("queueName", Text), ("host", NullableText), ("startedAt", NullableTime),
            ("lastSeenAt", NullableTime), ("isRunning", Flag)) + "}")),
        ("Health", Object(["status"], ("status", Text))),
        ("OpenApi", Map),
    ];

    private static string Ref(string name) => $$"""{"$ref":"#/components/schemas/{{name}}"}""";

    private static string List(string name) => $$"""{"type":"array","items":{{Ref(name)}}}""";

    private static string Data(string schema) => Object(["data"], ("data", schema));

    private static string Done(string name, string schema)
    {
        var word = name.Replace("One", "", StringComparison.Ordinal).ToLowerInvariant();
        return Data(Object([word], (word, schema)));
    }

    private static string Object(IReadOnlyList<string> required, params (string Name, string Schema)[] properties) =>
        $"{{\"type\":\"object\",\"required\":[{string.Join(',', required.Select(static name => $"\"{name}\""))}],\"properties\":{{{string.Join(',', properties.Select(static p => $"\"{p.Name}\":{p.Schema}"))}}}}}";
}
