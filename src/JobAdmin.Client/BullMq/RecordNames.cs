using System.Text;
using System.Text.Json.Nodes;

namespace JobAdmin.Client.BullMq;

/// <summary>Gives records the names of the queues that they go to: their own, and those in the links between parents and children.</summary>
internal sealed class RecordNames(JobImport import, string prefix)
{
    private readonly bool changes = import.Prefix != prefix || import.Names.Any(n => n.Key != n.Value);

    /// <summary>The name of a queue.</summary>
    public string Queue(string queue) => import.Names.GetValueOrDefault(queue, queue);

    /// <summary>Renames what a job's record says of other jobs.</summary>
    public void Apply(JobRecord record)
    {
        if (!changes || record.Id is null)
        {
            return;
        }

        for (var i = 0; i + 1 < record.Values.Count; i += 2)
        {
            record.Values[i + 1] = Encoding.UTF8.GetString(record.Values[i]) switch
            {
                "parentKey" => JobKey(record.Values[i + 1]),
                "parent" => Json(record.Values[i + 1], root => root, "queueKey"),
                "opts" => Json(record.Values[i + 1], root => root["parent"], "queue"),
                _ => record.Values[i + 1],
            };
        }

        // Of the five, the first is the log; the members of the set and the names in the maps are keys of children.
        for (var sub = 1; sub < record.SubKeys.Count; sub++)
        {
            var values = record.SubKeys[sub].Values;
            for (var i = 0; i < values.Count; i += sub == 1 ? 1 : 2)
            {
                values[i] = JobKey(values[i]);
            }
        }
    }

    private byte[] JobKey(byte[] key)
    {
        var text = Encoding.UTF8.GetString(key);
        if (!text.StartsWith(import.Prefix + ":", StringComparison.Ordinal))
        {
            return key;
        }

        var rest = text[(import.Prefix.Length + 1)..];
        var colon = rest.IndexOf(':');
        return colon <= 0 ? key : Encoding.UTF8.GetBytes($"{prefix}:{Queue(rest[..colon])}{rest[colon..]}");
    }

    /// <summary>Renames the queue in a JSON text; one that names none stays byte by byte.</summary>
    private byte[] Json(byte[] json, Func<JsonNode, JsonNode?> find, string property)
    {
        try
        {
            if (JsonNodes.Parse(json) is not { } root || find(root) is not JsonObject link || link[property]?.GetValue<string>() is not { } key
                || !key.StartsWith(import.Prefix + ":", StringComparison.Ordinal))
            {
                return json;
            }

            link[property] = $"{prefix}:{Queue(key[(import.Prefix.Length + 1)..])}";
            return Encoding.UTF8.GetBytes(root.ToJsonString(Plain));
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return json;
        }
    }

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
