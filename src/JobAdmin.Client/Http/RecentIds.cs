namespace JobAdmin.Client.Http;

/// <summary>Remembers the ids that came last, so that a job which moved from one page to the next while they were read is given once.</summary>
internal sealed class RecentIds(int most = 10_000)
{
    private readonly HashSet<(string Queue, string Id)> ids = [];
    private readonly Queue<(string Queue, string Id)> order = new();

    /// <summary>The jobs that were not among the last ones.</summary>
    public List<QueueJob> New(IEnumerable<QueueJob> jobs) => [.. jobs.Where(job => Add((job.Queue, job.Id)))];

    /// <summary>Whether a job was among the last ones.</summary>
    public bool Has(QueueJob job) => ids.Contains((job.Queue, job.Id));

    private bool Add((string Queue, string Id) id)
    {
        if (!ids.Add(id))
        {
            return false;
        }

        order.Enqueue(id);
        if (order.Count > most)
        {
            ids.Remove(order.Dequeue());
        }

        return true;
    }
}
