using System.Text.Json.Nodes;

namespace JobAdmin;

/// <summary>The options of one job that another one may have too.</summary>
internal static class CopiedOptions
{
    // What names one job, ties it to its parent or its scheduler, or has done its work.
    private static readonly string[] OfOneJobOnly =
    [
        "jobId", "parent", "repeat", "prevMillis", "repeatJobKey", "timestamp", "delay", "de", "tm", "omc", "fpof", "cpof", "idof", "rdof", "priority",
    ];

    /// <summary>The options of a job as JSON text, without what belongs to that job alone; null when there are none.</summary>
    /// <param name="job">The job, read with its options.</param>
    public static string? Of(QueueJob job)
    {
        if (job.GetOptions() is not { ValueKind: System.Text.Json.JsonValueKind.Object } options)
        {
            return null;
        }

        return WithoutIdentity((JsonObject)JsonNodes.Of(options)!).ToJsonString();
    }

    /// <summary>Options without what belongs to one job alone.</summary>
    /// <param name="options">The options, in BullMQ's short names.</param>
    /// <param name="keep">Names that stay all the same.</param>
    public static JsonObject WithoutIdentity(JsonObject options, params string[] keep)
    {
        foreach (var name in OfOneJobOnly.Except(keep))
        {
            options.Remove(name);
        }

        return options;
    }
}
