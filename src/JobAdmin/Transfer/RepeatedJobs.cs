namespace JobAdmin.Transfer;

/// <summary>Finds the jobs that stand in a file more than once, with two bytes of memory a record: an export writes a job again that moves on while it is written,
/// and a backup a parent with each part of its children.</summary>
/// <remarks>Bloom filters tell whether a job may have been noted before. Of those that may, the last place is kept: where it was a mistake, that is the only one.</remarks>
internal sealed class RepeatedJobs
{
    private const int BlockBits = 1 << 24, JobsInBlock = 1 << 20, Probes = 6;

    private readonly List<ulong[]> blocks = [];
    private readonly Dictionary<(string Queue, string Id), long> last = [];
    private readonly Dictionary<(string Queue, string Id), (long Number, int Children)> fullest = [];
    private int inBlock = JobsInBlock;

    /// <summary>Notes a job.</summary>
    /// <param name="queue">Its queue.</param>
    /// <param name="id">Its id.</param>
    /// <param name="number">Its place in the file.</param>
    /// <param name="children">How many children it has, where the record with most of them counts: that of a job in a backup that has not finished, which loses them to the very
    /// deletion that the backup is of. Null where its last record counts.</param>
    public void Note(string queue, string id, long number, int? children)
    {
        if (children is not { } count)
        {
            fullest.Remove((queue, id));
        }
        else if (count > 0 && !(fullest.TryGetValue((queue, id), out var known) && known.Children > count))
        {
            fullest[(queue, id)] = (number, count);
        }

        var (first, step) = Hash(queue, id);
        if (blocks.Exists(block => Has(block, first, step)))
        {
            last[(queue, id)] = number;
        }

        if (inBlock++ == JobsInBlock)
        {
            blocks.Add(new ulong[BlockBits / 64]);
            inBlock = 1;
        }

        for (var i = 0; i < Probes; i++, first += step)
        {
            blocks[^1][(first % BlockBits) / 64] |= 1UL << (int)(first % 64);
        }
    }

    /// <summary>Whether another record of a job counts than the one at a place: the last one, or the one with all of the children.</summary>
    /// <param name="queue">Its queue.</param>
    /// <param name="id">Its id.</param>
    /// <param name="number">The place.</param>
    public bool IsSuperseded(string queue, string id, long number) => last.Count > 0 && last.TryGetValue((queue, id), out var end)
        && (fullest.TryGetValue((queue, id), out var full) ? full.Number : end) != number;

    private static bool Has(ulong[] block, uint first, uint step)
    {
        for (var i = 0; i < Probes; i++, first += step)
        {
            if ((block[(first % BlockBits) / 64] & (1UL << (int)(first % 64))) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static (uint First, uint Step) Hash(string queue, string id)
    {
        // The bits of one hash are spread over two numbers, so that the probes of jobs that share the first do not share the rest.
        var mixed = (uint)HashCode.Combine(queue, id) * 0x9E3779B97F4A7C15UL;
        return ((uint)mixed, (uint)(mixed >> 32) | 1);
    }
}
