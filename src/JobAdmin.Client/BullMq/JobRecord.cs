using System.Globalization;
using System.Text;
using System.Text.Json;

namespace JobAdmin.Client.BullMq;

/// <summary>A record that was read: a job with all that belongs to it, or a key of a queue's own.</summary>
internal sealed class JobRecord
{
    private static readonly string[] Subs = ["logs", "dependencies", "processed", "failed", "unsuccessful"];
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 64 };

    private JobRecord(string queue) => Queue = queue;

    public string Queue { get; }

    public string? Id { get; private set; }

    public string? Key { get; private set; }

    public string State { get; private set; } = "";

    public string Score { get; private set; } = "";

    public string Expires { get; private set; } = "";

    /// <summary>The job's hash, or the key's values: names and values in turn.</summary>
    public List<byte[]> Values { get; private set; } = [];

    public string KeyType { get; private set; } = "";

    public byte[] DeduplicationId { get; private set; } = [];

    public string DeduplicationExpires { get; private set; } = "";

    /// <summary>The values of the job's other keys, in the order of <c>import.lua</c>, and when each expires.</summary>
    public List<(List<byte[]> Values, string Expires)> SubKeys { get; } = [];

    /// <summary>How many children it has; the first of the five is the log, and those behind the second have a value to each name.</summary>
    private int Children => SubKeys.Count == 0 ? 0 : SubKeys[1].Values.Count + SubKeys.Skip(2).Sum(static sub => sub.Values.Count / 2);

    /// <summary>About how many bytes it is.</summary>
    public long Size => Values.Sum(v => (long)v.Length) + SubKeys.Sum(s => s.Values.Sum(v => (long)v.Length));

    public JobRecordInfo Info => new(Queue, Id, Key, StateWords.Parse(State)) { Children = Children };

    /// <summary>Reads a line.</summary>
    /// <exception cref="JobServerException">It is no record.</exception>
    public static JobRecord Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, Deep);
            var root = document.RootElement;
            var record = new JobRecord(Text(root, "queue") is { Length: > 0 } queue && !queue.Contains(':') ? queue : throw Bad("it names no queue"));
            if (root.TryGetProperty("key", out var key))
            {
                record.ReadKey(root, key);
            }
            else
            {
                record.ReadJob(root);
            }

            return record;
        }
        catch (JsonException e)
        {
            throw Bad($"it is not JSON ({e.Message.Split(". Path", 2)[0].Split(" LineNumber", 2)[0].TrimEnd('.')})");
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Bad("a value is of the wrong kind");
        }
    }

    private void ReadJob(JsonElement root)
    {
        // A job may stand in its queue under an empty id, where somebody put it there by hand.
        Id = Text(root, "id") ?? throw Bad("it names neither a job nor a key");
        if (BullMqServer.IsKeyOfQueue(Id))
        {
            throw Bad($"'{Id}' is the name of a key of the queue's own");
        }

        State = Text(root, "state") ?? "";
        var state = StateWords.Parse(State);
        if (state == JobState.Unknown && State != "unknown")
        {
            throw Bad($"'{State}' is no state");
        }

        Score = Number(root, "score");
        if (Score.Length == 0 && state != JobState.Unknown && !StateWords.IsList(state))
        {
            throw Bad("its score is missing");
        }

        Expires = Number(root, "expires");
        Values = root.TryGetProperty("hash", out var hash) && hash.ValueKind == JsonValueKind.Object ? Pairs(hash) : throw Bad("its hash is missing");
        if (Values.Count == 0)
        {
            throw Bad("its hash is empty");
        }

        if (root.TryGetProperty("deduplication", out var owned))
        {
            DeduplicationId = Bytes(owned.GetProperty("id"));
            DeduplicationExpires = Number(owned, "expires");
        }

        foreach (var sub in Subs)
        {
            var values = !root.TryGetProperty(sub, out var value) ? [] : value.ValueKind == JsonValueKind.Object ? Pairs(value) : [.. value.EnumerateArray().Select(Bytes)];
            SubKeys.Add((values, Number(root, sub + "Expires")));
        }
    }

    private void ReadKey(JsonElement root, JsonElement key)
    {
        Key = key.GetString() is { Length: > 0 } name ? name : throw Bad("its key is empty");
        Expires = Number(root, "expires");
        KeyType = Text(root, "type") ?? "";
        var value = root.TryGetProperty("value", out var given) ? given : throw Bad("its value is missing");
        Values = KeyType switch
        {
            "string" => [Bytes(value)],
            "hash" or "zset" => Pairs(value),
            "list" or "set" => [.. value.EnumerateArray().Select(Bytes)],
            _ => throw Bad($"'{KeyType}' is no type of key"),
        };
    }

    private static List<byte[]> Pairs(JsonElement map)
    {
        var values = new List<byte[]>();
        foreach (var property in map.EnumerateObject())
        {
            values.Add(property.Name.StartsWith(JobRecordWriter.Base64Mark, StringComparison.Ordinal)
                ? Convert.FromBase64String(property.Name[JobRecordWriter.Base64Mark.Length..]) : Encoding.UTF8.GetBytes(property.Name));
            values.Add(Bytes(property.Value));
        }

        return values;
    }

    private static byte[] Bytes(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Encoding.UTF8.GetBytes(value.GetString()!),
        JsonValueKind.Number => Encoding.UTF8.GetBytes(value.GetRawText()),
        JsonValueKind.Object => value.GetProperty(JobRecordWriter.Base64Property).GetBytesFromBase64(),
        _ => throw Bad("a value is neither text nor base64"),
    };

    private static string? Text(JsonElement map, string property) => map.ValueKind != JsonValueKind.Object ? throw Bad("it is no JSON object")
        : map.TryGetProperty(property, out var value) ? value.GetString() : null;

    private static string Number(JsonElement map, string property)
    {
        if (!map.TryGetProperty(property, out var value))
        {
            return "";
        }

        var text = value.ValueKind == JsonValueKind.Number ? value.GetRawText() : value.GetString() ?? "";
        return text is "inf" or "-inf" || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? text : throw Bad($"'{property}' is no number");
    }

    private static JobServerException Bad(string why) => new("InvalidRecord", JobErrorKind.InvalidInput, $"This is no record of a job: {why}.");
}
