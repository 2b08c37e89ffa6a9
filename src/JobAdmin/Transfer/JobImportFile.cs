using System.Text.Json;

namespace JobAdmin.Transfer;

/// <summary>Reads a file of records, line by line.</summary>
internal sealed class JobImportFile
{
    private readonly string path;
    private readonly Dictionary<string, string?> libraries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> counts = new(StringComparer.Ordinal);
    private readonly RepeatedJobs repeated = new();
    private string? created;
    private bool isBackup;
    private bool hasParents;

    private JobImportFile(string path) => this.path = path;

    /// <summary>What tells it from other files, wherever it is.</summary>
    public string Key => $"{created ?? path}, {Count} records";

    /// <summary>The prefix of the keys that were exported.</summary>
    public string Prefix { get; private set; } = "";

    /// <summary>The queues in it, but for those of which no job was deleted.</summary>
    public IReadOnlyCollection<string> Queues => [.. libraries.Keys.Where(queue => counts.GetValueOrDefault(queue, 1) > 0)];

    /// <summary>Records in it.</summary>
    public long Count { get; private set; }

    /// <summary>Records that were left out so far, since another one of the job counts, or the job was not deleted.</summary>
    public long Superseded { get; private set; }

    /// <summary>The library that wrote a queue, when known.</summary>
    public string? Library(string queue) => libraries.GetValueOrDefault(queue);

    /// <summary>Reads a whole file and checks every line. Nothing is sent meanwhile.</summary>
    /// <param name="path">Where.</param>
    /// <param name="server">Knows the records.</param>
    /// <param name="partial">Whether a file without its end is taken, up to its last whole record.</param>
    /// <param name="token">Stops it.</param>
    public static JobImportFile Check(string path, IJobTransfer server, bool partial, CancellationToken token)
    {
        var file = new JobImportFile(path);
        var number = 0L;
        var ended = false;
        try
        {
            foreach (var line in ExportLines.Read(path))
            {
                token.ThrowIfCancellationRequested();
                number++;
                if (ended)
                {
                    throw Wrong("there is more behind its end");
                }

                ended = file.CheckLine(line, number == 1, server);
            }
        }
        catch (JobServerException e) when (partial && e.ErrorId == "InvalidRecord" && number == file.LineCount())
        {
            // The last line is half a record: it was cut there.
            return file;
        }
        catch (Exception e) when (e is JobServerException { ErrorId: "InvalidRecord" } or JsonException)
        {
            throw Refuse(path, number, e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Refuse(path, number, "a value is missing or of the wrong kind");
        }
        catch (InvalidDataException e)
        {
            if (!partial)
            {
                throw Refuse(path, number + 1, $"it is not gzip, or was cut ({e.Message})");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Base.JobErrors.Input("FileNotRead", $"The file '{path}' can't be read: {e.Message}", "Export-Job writes such files.", path);
        }

        return ended || (partial && number > 0) ? file : throw Refuse(path, number, number == 0 ? "it is empty" : "it ends without its last line, so it was cut");
    }

    /// <summary>The records of the file, settings and parents that wait before the others, those of one queue that stand together in portions; of a job that stands in it several times, the last one, or in a backup the one with all of its children; none of jobs that were not deleted.</summary>
    /// <param name="server">Knows the records.</param>
    /// <param name="skip">How many records to leave out first.</param>
    /// <param name="most">Records in a portion at the most.</param>
    /// <returns>Portions, and how many records of the file are done with each.</returns>
    public IEnumerable<(string Queue, List<ReadOnlyMemory<byte>> Records, long Done)> Portions(IJobTransfer server, long skip, int most)
    {
        const long BytesAtMost = 16 << 20;
        var portion = new List<ReadOnlyMemory<byte>>();
        var queue = "";
        long bytes = 0, done = skip;
        foreach (var (of, line, number) in skip < Count ? InOrder(server, skip) : [])
        {
            if (portion.Count > 0 && (of.Queue != queue || portion.Count >= most || bytes > BytesAtMost))
            {
                yield return (queue, portion, done);
                (portion, bytes) = ([], 0);
            }

            done++;
            queue = of.Queue;
            if (of.Id is { } id && repeated.IsSuperseded(of.Queue, id, number))
            {
                Superseded++;
            }
            else
            {
                portion.Add(line.ToArray());
                bytes += line.Length;
            }
        }

        if (portion.Count > 0)
        {
            yield return (queue, portion, done);
        }
    }

    /// <summary>The records in the order in which they go back, each with its place in the file: settings and parents that wait first, for a worker may have finished a child before its
    /// parent is there, which then waits for ever.</summary>
    private IEnumerable<(JobRecordInfo Record, ReadOnlyMemory<byte> Line, long Number)> InOrder(IJobTransfer server, long skip)
    {
        long met = 0;
        foreach (var ahead in hasParents ? (bool[])[true, false] : [true])
        {
            long number = 0;
            foreach (var line in ExportLines.Read(path))
            {
                if (!IsRecord(line))
                {
                    continue;
                }

                number++;
                var record = hasParents || met >= skip ? server.ReadRecord(line) : default;
                if ((!hasParents || GoesAhead(record) == ahead) && met++ >= skip)
                {
                    yield return (record, line, number);
                }

                if (number == Count)
                {
                    // What is behind the last record of a cut file can't be read.
                    break;
                }
            }
        }
    }

    private static bool GoesAhead(JobRecordInfo record) => record.Id is null || record.State == JobState.WaitingChildren;

    private static bool IsRecord(ReadOnlyMemory<byte> line) => line.Span.StartsWith("{\"queue\":"u8);

    private static JobServerException Wrong(string why) => new("InvalidRecord", JobErrorKind.InvalidInput, why);

    private static JobServerException Refuse(string path, long line, string why) => Base.JobErrors.Input("InvalidExport",
        $"The file '{path}' is refused at line {line}: {why.TrimEnd('.')}. Nothing was imported.", "Take the file as Export-Job or -Backup wrote it; -AllowPartial takes what is whole of a cut one.", path);

    // Lines are told apart by their first property, which we write ourselves.
    private bool CheckLine(ReadOnlyMemory<byte> line, bool first, IJobTransfer server)
    {
        if (first)
        {
            ReadHeader(line);
            return false;
        }

        if (IsRecord(line))
        {
            var record = server.ReadRecord(line);
            libraries.TryAdd(record.Queue, null);
            counts[record.Queue] = counts.GetValueOrDefault(record.Queue) + 1;
            Count++;
            hasParents |= record.State == JobState.WaitingChildren;
            if (record.Id is { } id)
            {
                var hasFinished = record.State is JobState.Completed or JobState.Failed;
                repeated.Note(record.Queue, id, Count, isBackup ? record.Children : null, hasFinished);
            }

            return false;
        }

        using var document = Parse(line);
        var root = document.RootElement;
        if (root.TryGetProperty("from", out var queue) && queue.GetString() is { } name)
        {
            libraries[name] = root.TryGetProperty("library", out var library) ? library.GetString() : null;
            return false;
        }

        if (root.TryGetProperty("notDeleted", out var left))
        {
            ReadLeft(left);
            return false;
        }

        if (!root.TryGetProperty("end", out _) || !root.TryGetProperty("records", out var records) || !records.TryGetInt64(out var count))
        {
            throw Wrong("it is neither a record nor the end");
        }

        return count == Count ? true : throw Wrong($"it says that there are {count} records, and there are {Count}");
    }

    private void ReadLeft(JsonElement left)
    {
        var (queue, first, last) = (left.GetProperty("queue").GetString(), left.GetProperty("first").GetInt64(), left.GetProperty("last").GetInt64());
        if (queue is null || first < 1 || last > Count)
        {
            throw Wrong("it tells of records that do not come before it");
        }

        foreach (var id in left.GetProperty("ids").EnumerateArray())
        {
            repeated.Leave(queue, id.GetString() ?? throw Wrong("it names no job"), first, last);
            counts[queue] = counts.GetValueOrDefault(queue) - 1;
        }
    }

    private void ReadHeader(ReadOnlyMemory<byte> line)
    {
        using var document = Parse(line);
        var root = document.RootElement;
        if (!root.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != JobExportFile.Format)
        {
            throw Wrong("it is not the header of an export");
        }

        if (root.GetProperty("version").GetInt32() is var version && version > JobExportFile.Version)
        {
            throw Wrong($"it is of format {version}, which a later version of the module wrote");
        }

        created = root.TryGetProperty("created", out var when) && when.ValueKind == JsonValueKind.String ? when.GetString() : null;
        isBackup = root.TryGetProperty("backup", out var backup) && backup.ValueKind == JsonValueKind.True;
        Prefix = root.GetProperty("prefix").GetString() ?? throw Wrong("it names no prefix");
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonDocument.Parse(line) is var document && document.RootElement.ValueKind == JsonValueKind.Object ? document : throw Wrong("it is no JSON object");
        }
        catch (JsonException)
        {
            throw Wrong("it is not JSON");
        }
    }

    private long LineCount()
    {
        long lines = 0;
        try
        {
            foreach (var _ in ExportLines.Read(path))
            {
                lines++;
            }
        }
        catch (InvalidDataException)
        {
            // As far as it goes.
        }

        return lines;
    }
}
