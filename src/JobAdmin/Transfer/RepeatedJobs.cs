namespace JobAdmin.Transfer;

/// <summary>Tells which record of a job counts, with two bytes of memory a record: an export writes a job again that moves on while it is written, a backup a parent with each
/// part of its children, and jobs that it could not delete then.</summary>
/// <remarks>Bloom filters tell whether a job may have been noted before. Of those that may, the places are kept, but for the first one: where it was a mistake, that one too.</remarks>
internal sealed class RepeatedJobs
{
    private const int BlockBits = 1 << 24, JobsInBlock = 1 << 20, Probes = 6;

    private readonly List<ulong[]> blocks = [];
    private readonly Dictionary<(string Queue, string Id), List<long>> again = [];
    private readonly Dictionary<(string Queue, string Id), List<(long First, long End)>> left = [];
    private readonly Dictionary<(string Queue, string Id), (long Number, int Children, long First, bool Finished)> fullest = [];
    private int inBlock = JobsInBlock;

    /// <summary>Notes a job.</summary>
    /// <param name="queue">Its queue.</param>
    /// <param name="id">Its id.</param>
    /// <param name="number">Its place in the file.</param>
    /// <param name="children">How many children it has, where the record with most of them counts: in a backup, whose very deletion takes them from it. Null where its last record
    /// counts.</param>
    /// <param name="finished">Whether it has finished: such a record and one from before are not compared.</param>
    public void Note(string queue, string id, long number, int? children, bool finished)
    {
        var known = fullest.TryGetValue((queue, id), out var full) && full.Finished == finished;
        if (children > 0 && !(known && full.Children > children))
        {
            fullest[(queue, id)] = (number, children.Value, known ? full.First : number, finished);
        }
        else if (!known)
        {
            fullest.Remove((queue, id));
        }

        var (first, step) = Hash(queue, id);
        if (blocks.Exists(block => Has(block, first, step)))
        {
            Add(again, queue, id, number);
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

    /// <summary>Notes that a job was not deleted after it had been written down.</summary>
    /// <param name="queue">Its queue.</param>
    /// <param name="id">Its id.</param>
    /// <param name="first">The first place that this is about.</param>
    /// <param name="end">The last one.</param>
    public void Leave(string queue, string id, long first, long end)
    {
        if (left.TryGetValue((queue, id), out var ranges) && ranges[^1] is var (before, last) && first >= before && first <= last + 1)
        {
            ranges[^1] = (before, Math.Max(last, end));
        }
        else
        {
            Add(left, queue, id, (first, end));
        }
    }

    /// <summary>Whether the record at a place does not count: the job was not deleted, or another one does, the last one or the one with all of the children.</summary>
    /// <param name="queue">The job's queue.</param>
    /// <param name="id">Its id.</param>
    /// <param name="number">The place.</param>
    public bool IsSuperseded(string queue, string id, long number)
    {
        if (again.Count == 0 && left.Count == 0)
        {
            return false;
        }

        var ranges = left.GetValueOrDefault((queue, id));
        bool IsLeft(long place) => ranges?.Exists(range => place >= range.First && place <= range.End) == true;
        // Beyond the first record, which is not noted, the last one after which the job was deleted.
        var last = again.GetValueOrDefault((queue, id))?.FindLast(place => !IsLeft(place)) ?? 0;
        // A parent stands in the file with each part of its children, and is deleted with the last one, or never.
        return fullest.TryGetValue((queue, id), out var full) && (last > 0 || !IsLeft(full.First)) ? number != full.Number
            : IsLeft(number) || (last > 0 && last != number);
    }

    private static void Add<T>(Dictionary<(string Queue, string Id), List<T>> lists, string queue, string id, T value)
    {
        if (!lists.TryGetValue((queue, id), out var list))
        {
            lists[(queue, id)] = list = [];
        }

        list.Add(value);
    }

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
