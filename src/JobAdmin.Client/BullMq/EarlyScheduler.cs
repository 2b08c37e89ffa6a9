using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobAdmin.Client.BullMq;

/// <summary>A scheduler from before BullMQ 5.58.8, and the job of its next run, which says what its hash does not. Before 5.36 it counts no runs in its hash: that of
/// a repeatable job has the same form, whichever version, and what tells them apart is where the id comes from.</summary>
internal sealed class EarlyScheduler
{
    // BullMQ makes the digest of its setting repeatKeyHashAlgorithm: MD5 unless an application says otherwise.
    private static readonly Dictionary<int, Func<byte[], byte[]>> Digests = new()
    {
#pragma warning disable CA5350, CA5351 // They name what is there, and protect nothing.
        [32] = MD5.HashData, [40] = SHA1.HashData,
#pragma warning restore CA5350, CA5351
        [64] = SHA256.HashData, [96] = SHA384.HashData, [128] = SHA512.HashData,
    };

    private readonly JsonObject? options;
    private readonly JsonObject? repeat;

    /// <summary>Initializes a new instance of the <see cref="EarlyScheduler"/> class.</summary>
    /// <param name="job">The options of its next job; null when that is gone.</param>
    public EarlyScheduler(string? job)
    {
        try
        {
            options = job is null ? null : JsonNode.Parse(job) as JsonObject;
            repeat = options?["repeat"] as JsonObject;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // What can't be read says nothing.
        }
    }

    /// <summary>The options of its jobs, without what BullMQ has put there for one of them; null when there are none.</summary>
    public string? Template
    {
        get
        {
            if (options?.DeepClone() is not JsonObject all)
            {
                return null;
            }

            var template = CopiedOptions.WithoutIdentity(all, keep: ["priority", "de"]);
            if (template["attempts"]?.ToJsonString() == "0")
            {
                template.Remove("attempts");
            }

            return template.Count == 0 ? null : template.ToJsonString();
        }
    }

    /// <summary>Whether it is a repeatable job after all: a key or a job id among the settings is of these alone, and else their id is the digest of the settings.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="fields">Its hash.</param>
    public bool IsRepeatable(string id, Dictionary<string, string> fields)
    {
        if (repeat is not null && (repeat["key"] is not null || repeat["jobId"] is not null))
        {
            return true;
        }

        string Of(string field) => fields.GetValueOrDefault(field, "");
        var settings = $"{Of("name")}::{Of("endDate")}:{Of("tz")}:{fields.GetValueOrDefault("pattern") ?? Of("every")}";
        return Digests.TryGetValue(id.Length, out var digest) && id == Hex(digest, settings);
    }

    /// <summary>What BullMQ makes of a text in the ids of repeatable jobs.</summary>
    public static string Digest(string text) => Hex(Digests[32], text);

    /// <summary>Puts what only the job says among the fields, and takes away the rule that one before it has left there.</summary>
    /// <param name="fields">The fields of its hash.</param>
    public void Complete(Dictionary<string, string> fields)
    {
        if (repeat is null)
        {
            return;
        }

        foreach (var field in (string[])["pattern", "every", "tz", "limit"])
        {
            if (repeat[field] is JsonValue value)
            {
                fields[field] = value.ToString();
            }
            else
            {
                fields.Remove(field);
            }
        }
    }

    /// <summary>Puts what its hash never had among the fields: the limit before 5.39, and how far the runs of an interval lie behind its beginning.</summary>
    /// <param name="fields">The fields of its hash.</param>
    /// <param name="late">How long after the run that it is named by the job is due, in milliseconds; null when that is not known.</param>
    public void Add(Dictionary<string, string> fields, long? late)
    {
        if (repeat?["limit"] is JsonValue limit)
        {
            fields.TryAdd("limit", limit.ToString());
        }

        if (late > 0 && fields.ContainsKey("every"))
        {
            fields.TryAdd("offset", late.Value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static string Hex(Func<byte[], byte[]> digest, string text) => Convert.ToHexString(digest(Encoding.UTF8.GetBytes(text))).ToLowerInvariant();
}
