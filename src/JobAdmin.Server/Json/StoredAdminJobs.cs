using System.Text;
using System.Text.Json;
using JobAdmin.Client.BullMq;

namespace JobAdmin.Server.Json;

/// <summary>Jobs as the first page shows them, straight from what is stored, to be sorted by the time they were added. It writes what <see cref="AdminJobs.Write"/> writes
/// for the same job.</summary>
internal sealed class StoredAdminJobs
{
    // More than that is read a second time in the right order, rather than kept.
    private const int BytesAtMost = 8 << 20;

    private readonly JsonBytes json = new();
    private readonly List<(DateTimeOffset? Added, int Start, int Length)> jobs = [];

    /// <summary>Takes all jobs of a page.</summary>
    /// <returns>Whether that was possible.</returns>
    public bool TryAdd(StoredPage page)
    {
        while (page.TryRead(out var job))
        {
            // What is no job takes a place all the same, as when jobs are read by their ids.
            var start = json.Written.Length;
            if (IsJob(job))
            {
                Write(json, job);
            }

            jobs.Add((job.Time(StoredJob.Timestamp), start, json.Written.Length - start));
            if (json.Written.Length > BytesAtMost)
            {
                return false;
            }
        }

        return !page.IsBroken;
    }

    /// <summary>Writes those that were added last.</summary>
    public async Task WriteAsync(Api.JsonStream stream, int limit)
    {
        foreach (var (_, start, length) in jobs.OrderByDescending(static job => job.Added).Take(limit))
        {
            if (length > 0)
            {
                stream.Writer.WriteRawValue(json.Written.Slice(start, length), skipInputValidation: true);
                await stream.PauseAsync().ConfigureAwait(false);
            }
        }
    }

    private static bool IsJob(in StoredJob job) =>
        (job.Has(StoredJob.Timestamp) || job.Has(StoredJob.Name)) && !BullMqServer.IsKeyOfQueue(Encoding.UTF8.GetString(job.Id));

    private static void Write(JsonBytes json, in StoredJob job)
    {
        json.Add("{\"attemptsMade\":"u8);
        json.Add(job.Attempts);
        json.Add(",\"data\":"u8);
        json.AddStored(job[StoredJob.Data]);
        if (job.Has(StoredJob.FailedReason))
        {
            json.Add(",\"failedReason\":"u8);
            json.AddText(job[StoredJob.FailedReason]);
        }

        Time(json, ",\"finishedOn\":"u8, job.Time(StoredJob.FinishedOn));
        json.Add(",\"id\":"u8);
        json.AddText(job.Id);
        json.Add(",\"name\":"u8);
        json.AddText(job[StoredJob.Name]);
        Time(json, ",\"processedOn\":"u8, job.Time(StoredJob.ProcessedOn));
        json.Add(",\"progress\":"u8);
        json.AddProgress(job[StoredJob.Progress]);
        json.Add(",\"state\":"u8);
        json.AddText(AdminJobs.Word(job.State));
        Time(json, ",\"timestamp\":"u8, job.Time(StoredJob.Timestamp));
        json.Add("}"u8);
    }

    private static void Time(JsonBytes json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.Add(name);
            json.Add(at.ToUnixTimeMilliseconds());
        }
    }
}
