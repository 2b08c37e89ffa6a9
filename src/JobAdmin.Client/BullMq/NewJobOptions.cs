using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobAdmin.Client.BullMq;

/// <summary>The options of a new job as BullMQ's library would store them, and the rules that it checks before it sends a job.</summary>
internal static class NewJobOptions
{
    public const long PriorityLimit = (1 << 21) - 1;

    private static readonly Dictionary<string, string> ShortNames = new(StringComparer.Ordinal)
    {
        ["deduplication"] = "de", ["failParentOnFailure"] = "fpof", ["continueParentOnFailure"] = "cpof", ["ignoreDependencyOnFailure"] = "idof",
        ["removeDependencyOnFailure"] = "rdof", ["keepLogs"] = "kl",
    };

    private static readonly string[] ChildFlags = ["fpof", "cpof", "idof", "rdof"];

    /// <summary>The options in the order in which BullMQ has them.</summary>
    public static JsonObject Build(NewJob job)
    {
        var options = new JsonObject { ["attempts"] = job.Attempts ?? 0 };
        Set("priority", job.Priority is { } priority and not 0 ? priority : null);
        Set("delay", job.Delay is { } delay && delay > TimeSpan.Zero ? Milliseconds(delay) : null);
        Set("lifo", job.Lifo ? true : null);
        Set("removeOnComplete", Keep(job.KeepCompleted));
        Set("removeOnFail", Keep(job.KeepFailed));
        Set("jobId", job.Id);
        if (job.DeduplicationId is { } id)
        {
            var deduplication = new JsonObject { ["id"] = id };
            if (job.DeduplicationTtl is { } ttl)
            {
                deduplication["ttl"] = Milliseconds(ttl);
            }

            options["de"] = deduplication;
        }

        foreach (var (name, value) in Parse(job.Options))
        {
            if (!options.ContainsKey(name) || (name == "attempts" && job.Attempts is null))
            {
                options[name] = value?.DeepClone();
            }
        }

        if (job.Backoff is { } backoff)
        {
            options["backoff"] = new JsonObject { ["type"] = backoff.Type, ["delay"] = Milliseconds(backoff.Delay) };
        }
        else if (options["backoff"] is JsonValue number && number.GetValueKind() == JsonValueKind.Number)
        {
            options["backoff"] = new JsonObject { ["type"] = "fixed", ["delay"] = number.DeepClone() };
        }

        return options;

        void Set(string name, JsonNode? value)
        {
            if (value is not null)
            {
                options[name] = value;
            }
        }
    }

    /// <summary>Options as the user or another job has them, in BullMQ's short names.</summary>
    public static JsonObject Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return [];
        }

        JsonNode? node;
        try
        {
            node = JsonNodes.Parse(text);
        }
        catch (JsonException exception)
        {
            throw new JobServerException("InvalidJson", JobErrorKind.InvalidInput, $"The options are not JSON: {exception.Message}", "Give a JSON object.", exception);
        }

        if (node is not JsonObject given)
        {
            throw new JobServerException("InvalidJson", JobErrorKind.InvalidInput, "The options are not a JSON object.", """Give them by name, as in {"keepLogs":100}.""");
        }

        var options = new JsonObject();
        foreach (var (name, value) in given.ToList())
        {
            if (name == "telemetry" && value is JsonObject telemetry)
            {
                foreach (var (inner, field) in telemetry)
                {
                    options[inner == "metadata" ? "tm" : inner == "omitContext" ? "omc" : inner] = field?.DeepClone();
                }
            }
            else if (value is not null)
            {
                options[ShortNames.GetValueOrDefault(name, name)] = value.DeepClone();
            }
        }

        return options;
    }

    /// <summary>What BullMQ would refuse; null when it would not.</summary>
    public static string? Problem(NewJob job, JsonObject options, bool isChild)
    {
        if (job.Id is { } id)
        {
            if (id.Length == 0 || id == "0" || id.StartsWith("0:", StringComparison.Ordinal) || IsInteger(id))
            {
                return $"'{id}' can't be a job's own id: whole numbers are BullMQ's.";
            }

            if (BullMqServer.IsQueueWord(id))
            {
                return $"'{id}' can't be a job's own id: the queue keeps something of its own under that name.";
            }

            if (id.Contains(':') && id.Count(c => c == ':') != 2)
            {
                return $"'{id}' can't be a job's own id: it has a colon.";
            }
        }

        if (Number(options, "priority") is { } priority && (priority is < 0 or > PriorityLimit || Math.Floor(priority) != priority))
        {
            return $"The priority {priority} is not a whole number from 0 to {PriorityLimit}.";
        }

        if (Number(options, "delay") < 0)
        {
            return "The delay is negative.";
        }

        if (options["de"] is JsonObject deduplication)
        {
            if (isChild || job.Children.Count > 0)
            {
                return "Deduplication can't be used on the jobs of a flow.";
            }

            if (deduplication["id"] is not JsonValue value || value.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Length == 0)
            {
                return "The deduplication has no id.";
            }
        }

        if (ChildFlags.Count(flag => options[flag] is JsonValue set && set.GetValueKind() == JsonValueKind.True) > 1)
        {
            return "Only one of failParentOnFailure, continueParentOnFailure, ignoreDependencyOnFailure and removeDependencyOnFailure can be set.";
        }

        if (options["backoff"] is JsonObject backoff && Number(backoff, "jitter") is < 0 or > 1)
        {
            return "The jitter of the backoff is not between 0 and 1.";
        }

        return Number(options, "sizeLimit") is > 0 and var limit && Length(job) > limit ? $"Its data are larger than its size limit of {limit} bytes." : null;
    }

    public static double? Number(JsonObject options, string name) =>
        options[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? value.Deserialize<double>() : null;

    public static long Milliseconds(TimeSpan span) => (long)Math.Round(span.TotalMilliseconds);

    public static byte[] Pack(JsonObject options)
    {
        var writer = new MsgPackWriter();
        writer.WriteJson(JsonSerializer.SerializeToElement(options));
        return writer.ToArray();
    }

    private static int Length(NewJob job) => job.RawData?.Length ?? System.Text.Encoding.UTF8.GetByteCount(job.Data);

    private static bool IsInteger(string id)
    {
        var digits = id.AsSpan(id[0] == '-' ? 1 : 0);
        return digits.Length is > 0 and < 17 && (digits[0] != '0' || digits.Length == 1) && digits.IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static JsonNode? Keep(JobKeep? keep)
    {
        if (keep is not { } given || given is { Count: null, Age: null })
        {
            return null;
        }

        if (given.Age is not { } age)
        {
            return given.Count == 0 ? true : given.Count;
        }

        var both = new JsonObject { ["age"] = (long)Math.Round(age.TotalSeconds) };
        if (given.Count is { } count)
        {
            both["count"] = count;
        }

        return both;
    }
}
