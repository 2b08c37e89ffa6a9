using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.AccessControl;

namespace JobAdmin.Audit;

/// <summary>Appends whole lines to a file to which other processes may append at the same time.</summary>
/// <remarks>The system itself puts each line behind the last one (<c>O_APPEND</c>, or the right to append alone on Windows): .NET's own way of
/// appending remembers where the end was, and would write over the lines of others. No lock is held, so anybody may read along.</remarks>
internal static class AuditFile
{
    private const int WriteOnly = 1;

    /// <summary>Appends lines and has them on the disk before it returns.</summary>
    /// <param name="path">The file; it is made when it isn't there. Its folder is not.</param>
    /// <param name="lines">Whole lines, each with its line feed; none to see only whether the file can be written.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void Append(string path, ReadOnlySpan<byte> lines)
    {
        // The last writer may have had no room for all of its line: the rest of the file stays readable.
        byte[] whole = lines.Length > 0 && IsTorn(path) ? [(byte)'\n', .. lines] : lines.ToArray();
        if (OperatingSystem.IsWindows())
        {
            AppendOnWindows(path, whole);
        }
        else
        {
            AppendOnUnix(path, whole);
        }
    }

    // What another process is writing just now looks torn too, for a moment.
    private static bool IsTorn(string path)
    {
        const int Looks = 10;
        for (var i = 0; i < Looks; i++)
        {
            if (!EndsTorn(path))
            {
                return false;
            }

            Thread.Sleep(2);
        }

        return true;
    }

    private static bool EndsTorn(string path)
    {
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        if (!file.CanSeek || file.Length == 0)
        {
            return false;
        }

        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() is not ('\n' or -1);
    }

    [SupportedOSPlatform("windows")]
    private static void AppendOnWindows(string path, byte[] lines)
    {
        using var file = new FileInfo(path).Create(FileMode.OpenOrCreate, FileSystemRights.AppendData | FileSystemRights.Synchronize,
            FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.WriteThrough, null);
        file.Write(lines);
    }

    private static void AppendOnUnix(string path, byte[] lines)
    {
        // A call that makes a file takes its rights in a way that differs between processors: .NET makes it, open only opens.
        File.Open(path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite).Dispose();
        var append = OperatingSystem.IsLinux() ? 0x80400 : OperatingSystem.IsMacOS() ? 0x1000008 : 0x8;
        var file = open(path, WriteOnly | append);
        if (file < 0)
        {
            throw Fault();
        }

        try
        {
            while (lines.Length > 0)
            {
                var written = write(file, lines, lines.Length);
                if (written < 0)
                {
                    throw Fault();
                }

                lines = lines[(int)written..];
            }

            // A device or a pipe can't be synced, and need not.
            _ = fsync(file);
        }
        finally
        {
            _ = close(file);
        }
    }

    private static IOException Fault() => new(new Win32Exception(Marshal.GetLastPInvokeError()).Message);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern nint write(int file, byte[] bytes, nint count);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int file);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int file);
}
