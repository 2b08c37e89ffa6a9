using System.Text.Json;
using System.Text.Json.Serialization;
using JobAdmin.Base;

namespace JobAdmin.Checkpoints;

/// <summary>The lines of a checkpoint, JSON each, only ever added to. One process at a time has it.</summary>
internal sealed class CheckpointFile : IDisposable
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private FileStream? file;
    private long? whole;

    private CheckpointFile(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What it is of; null as long as nothing has been written.</summary>
    public CheckpointHeader? Header { get; private set; }

    /// <summary>Opens a checkpoint, and reads it when it is there.</summary>
    /// <param name="path">Where.</param>
    /// <param name="compare">Takes the first line before all others, and throws when it is not the one that is meant.</param>
    /// <param name="take">Takes each line but the first; an <see cref="InvalidDataException"/> of it refuses the file.</param>
    /// <exception cref="JobServerException">It is no checkpoint, is of a newer format, or another process has it.</exception>
    public static CheckpointFile Open(string path, Action<CheckpointHeader> compare, Action<CheckpointLine> take)
    {
        var made = new CheckpointFile(path);
        if (File.Exists(path))
        {
            made.OpenFile(FileMode.Open);
            try
            {
                made.Read(compare, take);
            }
            catch
            {
                made.Dispose();
                throw;
            }
        }

        return made;
    }

    /// <summary>The error of a checkpoint that is not taken.</summary>
    public static JobServerException Refuse(string path, long line, string why) => JobErrors.Input("InvalidCheckpoint",
        $"The checkpoint '{path}' is refused at line {line}: {why.TrimEnd('.')}. Nothing was changed.", "Name another file to begin anew, or go on with the command that it is of.", path);

    /// <summary>Begins a new file.</summary>
    public void Begin(CheckpointHeader header)
    {
        if (file is null)
        {
            OpenFile(FileMode.CreateNew);
        }

        Header = header;
        Write(header, lasting: true);
    }

    /// <summary>Adds a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="lasting">Whether it must outlast a fall of the machine, not only of this process.</param>
    public void Add(CheckpointLine line, bool lasting) => Write(line, lasting);

    /// <summary>Lets it go.</summary>
    public void Dispose() => file?.Dispose();

    private void OpenFile(FileMode mode)
    {
        try
        {
            file = new FileStream(Path, mode, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(Path) && e is not UnauthorizedAccessException
                ? JobErrors.Input("CheckpointInUse", $"The checkpoint '{Path}' is in use: {e.Message}", "Another command is at work with it: wait until it has ended.", Path)
                : JobErrors.Input("FileNotWritten", $"The checkpoint '{Path}' can't be written: {e.Message}", "Give a place where you may write.", Path);
        }
    }

    private void Write(object line, bool lasting)
    {
        try
        {
            if (whole is { } length)
            {
                // What was cut goes with the first line that is added.
                file!.SetLength(length);
                file.Seek(0, SeekOrigin.End);
                whole = null;
            }

            // In one piece: a process that is killed leaves either all of the line or, at the worst, a last one that is cut.
            file!.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, line.GetType(), Json), (byte)'\n']);
            file.Flush(lasting);
        }
        catch (IOException e)
        {
            throw JobErrors.Input("FileNotWritten", $"The checkpoint '{Path}' can't be written: {e.Message} What it does not hold was not sent.", "Make room, and run the command again.", Path);
        }
    }

    private void Read(Action<CheckpointHeader> compare, Action<CheckpointLine> take)
    {
        var number = 0L;
        whole = 0;
        foreach (var (line, end) in Lines())
        {
            number++;
            try
            {
                // What has no end was never sent: the process was killed, or the disk was full, in the middle of it.
                if (end < 0 && (number > 1 || IsBegun(line)))
                {
                    break;
                }

                if (number == 1)
                {
                    compare(Header = ReadHeader(line));
                }
                else
                {
                    take(JsonSerializer.Deserialize<CheckpointLine>(line, Json) is { IsEmpty: false } read ? read : throw new InvalidDataException("it says nothing"));
                }
            }
            catch (JsonException) when (number > 1 && end == file!.Length)
            {
                // The machine fell before all of the last line was on the disk.
                break;
            }
            catch (Exception e) when (e is JsonException or InvalidDataException or NotSupportedException)
            {
                throw Refuse(Path, number, e is InvalidDataException ? e.Message : number == 1 ? "it is not the first line of a checkpoint" : "it is not a line of a checkpoint");
            }

            whole = end;
        }
    }

    private static bool IsBegun(byte[] line)
    {
        var begin = System.Text.Encoding.UTF8.GetBytes($"{{\"format\":\"{CheckpointHeader.Name}\"");
        return line.AsSpan().StartsWith(begin) || begin.AsSpan().StartsWith(line);
    }

    private static CheckpointHeader ReadHeader(byte[] line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != CheckpointHeader.Name)
        {
            throw new InvalidDataException("it is not the first line of a checkpoint");
        }

        if (root.TryGetProperty("version", out var version) && version.TryGetInt32(out var newer) && newer > CheckpointHeader.Newest)
        {
            throw new InvalidDataException($"it is of format {newer}, which a later version of the module wrote");
        }

        return root.Deserialize<CheckpointHeader>(Json)!;
    }

    // Each line, and where it ends; -1 for a last one without its line feed.
    private IEnumerable<(byte[] Line, long End)> Lines()
    {
        var chunk = new byte[1 << 16];
        var line = new List<byte>();
        long at = 0;
        int read;
        while ((read = file!.Read(chunk)) > 0)
        {
            var start = 0;
            for (int feed; (feed = Array.IndexOf(chunk, (byte)'\n', start, read - start)) >= 0; start = feed + 1)
            {
                line.AddRange(chunk.AsSpan(start, feed - start));
                yield return ([.. line], at + feed + 1);
                line.Clear();
            }

            line.AddRange(chunk.AsSpan(start, read - start));
            at += read;
        }

        if (line.Count > 0)
        {
            yield return ([.. line], -1);
        }
    }
}
