namespace JobAdmin.Client.Tests;

/// <summary>The versions of BullMQ that the tests run against, by the folder names of tests/peers.</summary>
public static class Versions
{
    /// <summary>The ones that are supported in full.</summary>
    public static TheoryData<string> Full => ["bullmq560", "bullmq5", "bullmq62", "bullmq"];

    /// <summary>All with BullMQ's layout.</summary>
    public static TheoryData<string> All => ["bullmq4", "bullmq560", "bullmq5", "bullmq62", "bullmq"];

    /// <summary>The ones whose pause renames the list of waiting jobs.</summary>
    public static TheoryData<string> Renaming => ["bullmq560", "bullmq5"];

    /// <summary>The ones whose pause is a flag.</summary>
    public static TheoryData<string> Flagging => ["bullmq62", "bullmq"];

    /// <summary>The version whose scripts we send to queues of this one.</summary>
    public static string ScriptsFor(string lib) => lib switch
    {
        "bullmq560" => "bullmq5",
        "bullmq62" => "bullmq",
        _ => lib,
    };
}
