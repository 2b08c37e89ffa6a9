using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobAdmin.Transfer;

/// <summary>Writes a file of records: JSON Lines, the first one a header, the last one an end with the number of records, so that a cut file is known by it.</summary>
/// <remarks>A name that ends with <c>.gz</c> is compressed. Lines that were flushed are on the disk, whatever becomes of this process.</remarks>
internal sealed class JobExportFile : IDisposable
{
    /// <summary>What the first line says of the format.</summary>
    public const string Format = "jobadmin-export";

    /// <summary>The version of the format.</summary>
    public const int Version = 1;

    // What goes to the disk together while more is written, so that not all of it is left for the end.
    private const long Together = 16 << 20;

    private readonly FileStream file;
    private readonly Stream stream;
    private readonly HashSet<(string Connection, string Queue)> known = [];
    private Task settling = Task.CompletedTask;
    private long settled;
    private bool ended;

    private JobExportFile(string path, FileMode mode)
    {
        Path = path;
        file = new FileStream(path, mode, FileAccess.Write, FileShare.Read, 1 << 16);
        stream = IsCompressed(path) ? new GZipStream(file, CompressionLevel.Fastest) : file;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Records written.</summary>
    public long Count { get; private set; }

    /// <summary>Whether a file of that name is compressed.</summary>
    public static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where.</param>
    /// <param name="prefix">The prefix of the connection's keys.</param>
    /// <param name="overwrite">Whether a file that is there is replaced.</param>
    /// <param name="isBackup">Whether what it holds is deleted as it is written.</param>
    public static JobExportFile Create(string path, string prefix, bool overwrite, bool isBackup = false)
    {
        JobExportFile made;
        try
        {
            made = new JobExportFile(path, overwrite ? FileMode.Create : FileMode.CreateNew);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path) && !overwrite && e is IOException
                ? Base.JobErrors.Input("FileExists", $"The file '{path}' is there already.", "Give another name; Export-Job -Force replaces it.", path)
                : Base.JobErrors.Input("FileNotWritten", $"The file '{path}' can't be written: {e.Message}", "Give a place where you may write.", path);
        }

        var header = new JsonObject { ["format"] = Format, ["version"] = Version, ["prefix"] = prefix, ["created"] = DateTimeOffset.UtcNow };
        if (isBackup)
        {
            header["backup"] = true;
        }

        made.WriteLine(header);
        return made;
    }

    /// <summary>Says, once, which library wrote a queue: an import may have to make the queue.</summary>
    public async Task IntroduceAsync(IJobServer server, string queue, CancellationToken token)
    {
        if (!known.Add((server.Connection.Name, queue)))
        {
            return;
        }

        string? library = null;
        try
        {
            var query = new QueueQuery { Names = [System.Management.Automation.WildcardPattern.Escape(queue)] };
            await foreach (var info in server.GetQueuesAsync(query, token).ConfigureAwait(false))
            {
                library = info.Version;
            }
        }
        catch (JobServerException e) when (e.Kind == JobErrorKind.NotFound)
        {
            // Its records say what there is to say.
        }

        WriteLine(new { from = queue, library });
    }

    /// <summary>Adds records.</summary>
    public void Write(JobExportSlice slice)
    {
        stream.Write(slice.Lines.Span);
        Count += slice.Count;
        if (file.Position - settled >= Together && settling.IsCompleted)
        {
            // The system tells of an error once.
            settling.GetAwaiter().GetResult();
            settled = file.Position;
            var handle = file.SafeFileHandle;
            settling = Task.Run(() => RandomAccess.FlushToDisk(handle));
        }
    }

    /// <summary>Says of jobs that they were not deleted after all, so that an import leaves them out.</summary>
    /// <param name="queue">Their queue.</param>
    /// <param name="ids">The jobs.</param>
    /// <param name="first">The number of the first record that this is about.</param>
    /// <param name="last">That of the last one.</param>
    public void Leave(string queue, IReadOnlyCollection<string> ids, long first, long last)
    {
        WriteLine(new { notDeleted = new { queue, ids, first, last } });
        // Out of this process: were the line lost, jobs would come back that are there.
        stream.Flush();
        file.Flush();
    }

    /// <summary>Puts everything so far on the disk.</summary>
    public void Flush()
    {
        stream.Flush();
        settling.GetAwaiter().GetResult();
        file.Flush(flushToDisk: true);
        settled = file.Position;
    }

    /// <summary>Ends the file; without this it counts as cut.</summary>
    public void End()
    {
        if (!ended)
        {
            ended = true;
            WriteLine(new { end = true, records = Count });
            Flush();
        }
    }

    /// <summary>Closes it.</summary>
    public void Dispose()
    {
        // What it ran into is Flush's to tell; who ends without one has ended for another reason.
        Task.WaitAny(settling);
        _ = settling.Exception;
        stream.Dispose();
        file.Dispose();
    }

    private void WriteLine(object line)
    {
        stream.Write(JsonSerializer.SerializeToUtf8Bytes(line));
        stream.WriteByte((byte)'\n');
    }
}
