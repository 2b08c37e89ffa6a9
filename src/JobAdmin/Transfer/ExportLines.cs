using System.IO.Compression;

namespace JobAdmin.Transfer;

/// <summary>The lines of a file of records.</summary>
internal static class ExportLines
{
    // Redis holds no value beyond 512 MB; a packed file could make a line of any length of very little.
    private const int LongestLine = 768 << 20;

    /// <summary>Reads them; each stands in memory that is used again for the next one.</summary>
    /// <param name="path">Where the file is; compressed when its name ends with .gz.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        using Stream stream = JobExportFile.IsCompressed(path) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var buffer = new byte[1 << 16];
        var (start, end) = (0, 0);
        while (true)
        {
            // What has been looked at without finding an end of line is not looked at again.
            var searched = start;
            int feed;
            while ((feed = Array.IndexOf(buffer, (byte)'\n', searched, end - searched)) < 0)
            {
                searched = end;
                if (end - start > LongestLine)
                {
                    throw new JobServerException("InvalidRecord", JobErrorKind.InvalidInput, $"it is longer than {LongestLine >> 20} MB");
                }

                if (end == buffer.Length)
                {
                    var grown = start > buffer.Length / 2 ? buffer : new byte[buffer.Length * 2];
                    Array.Copy(buffer, start, grown, 0, end - start);
                    (buffer, searched, end, start) = (grown, searched - start, end - start, 0);
                }

                var read = stream.Read(buffer, end, buffer.Length - end);
                if (read == 0)
                {
                    if (end > start)
                    {
                        yield return buffer.AsMemory(start, end - start);
                    }

                    yield break;
                }

                end += read;
            }

            var line = buffer.AsMemory(start, feed - start);
            start = feed + 1;
            if (line.Length > 0 && line.Span[^1] == '\r')
            {
                line = line[..^1];
            }

            if (line.Length > 0)
            {
                yield return line;
            }
        }
    }
}
