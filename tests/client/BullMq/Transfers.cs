using System.Text;
using static JobAdmin.Client.Tests.Servers;

namespace JobAdmin.Client.Tests.BullMq;

/// <summary>Queues as records, out and in again.</summary>
internal static class Transfers
{
    /// <summary>The keys and jobs of queues as records.</summary>
    public static async Task<List<string>> ExportAsync(IJobServer server, params string[] queues)
    {
        var records = new List<string>();
        var transfer = (IJobTransfer)server;
        foreach (var queue in queues)
        {
            await foreach (var slice in transfer.ExportQueueKeysAsync(queue, Ct))
            {
                await KeepAsync(records, slice);
            }

            await foreach (var slice in transfer.ExportJobsAsync(new JobQuery { Queue = queue }, Ct))
            {
                await KeepAsync(records, slice);
            }
        }

        return records;
    }

    /// <summary>Keeps the records of a slice, as many as it says.</summary>
    public static Task KeepAsync(List<string> records, JobExportSlice slice)
    {
        var lines = Encoding.UTF8.GetString(slice.Lines.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(slice.Count, lines.Length);
        records.AddRange(lines);
        return Task.CompletedTask;
    }

    /// <summary>Puts records back, queue by queue.</summary>
    public static async Task<List<JobOutcome>> ImportAsync(IJobServer server, IEnumerable<string> records, bool overwrite = false, Dictionary<string, string>? names = null)
    {
        var outcomes = new List<JobOutcome>();
        var transfer = (IJobTransfer)server;
        foreach (var queue in records.Select(r => Encoding.UTF8.GetBytes(r)).GroupBy(r => transfer.ReadRecord(r).Queue))
        {
            outcomes.AddRange(await transfer.ImportAsync(new JobImport
            {
                Queue = queue.Key, Records = [.. queue.Select(r => (ReadOnlyMemory<byte>)r)], Prefix = "bull", Names = names ?? [], Overwrite = overwrite,
            }, Ct));
        }

        return outcomes;
    }
}
