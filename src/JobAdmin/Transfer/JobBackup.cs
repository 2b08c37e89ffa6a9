using System.Management.Automation;
using JobAdmin.Base;

namespace JobAdmin.Transfer;

/// <summary>Keeps in a file what is about to be deleted, on the disk before it is. The file begins with the first record.</summary>
internal sealed class JobBackup : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private readonly string path;
    private JobExportFile? file;
    private string? prefix;
    private bool closed;

    private JobBackup(string path) => this.path = path;

    /// <summary>A backup to a path, or null when none is asked for. A file that is there is never added to, nor replaced.</summary>
    public static JobBackup? To(PSCmdlet cmdlet, string? given)
    {
        if (given is null)
        {
            return null;
        }

        var path = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(given);
        return !File.Exists(path) ? new JobBackup(path)
            : throw JobErrors.Input("FileExists", $"The file '{path}' is there already.", "Give the backup another name.", path);
    }

    /// <summary>Throws for a server that can't keep a backup when one is asked for.</summary>
    public static void Require(JobBackup? backup, IJobServer server)
    {
        if (backup is not null)
        {
            Require(server);
        }
    }

    /// <summary>The server as one that gives out records, or an error: without a backup nothing may be deleted.</summary>
    public static IJobTransfer Require(IJobServer server) => server as IJobTransfer
        ?? throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, "give out jobs field by field, and so keep no backup of them");

    /// <summary>Keeps jobs by id.</summary>
    public async Task KeepAsync(IJobServer server, string queue, IReadOnlyList<string> ids, JobKin kin, CancellationToken token)
    {
        await foreach (var slice in Require(server).ExportJobsAsync(queue, ids, JobState.Unknown, kin, token).ConfigureAwait(false))
        {
            await KeepAsync(server, queue, slice, token).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps records.</summary>
    public async Task KeepAsync(IJobServer server, string queue, JobExportSlice slice, CancellationToken token)
    {
        await turn.WaitAsync(token).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(closed, this);
            if (slice.Count == 0)
            {
                return;
            }

            file ??= JobExportFile.Create(path, prefix = server.Connection.Prefix ?? "", overwrite: false, isBackup: true);
            if (server.Connection.Prefix != prefix)
            {
                throw JobErrors.Input("PrefixAmbiguous", $"The jobs are of two prefixes, '{prefix}' and '{server.Connection.Prefix}'.", "Keep a backup of each connection of its own.");
            }

            await file.IntroduceAsync(server, queue, token).ConfigureAwait(false);
            file.Write(slice);
            file.Flush();
        }
        catch (IOException e)
        {
            throw JobErrors.Input("FileNotWritten", $"The backup '{path}' can't be written: {e.Message} What it does not hold was not deleted.", "Make room, or give another place.", path);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Ends the file: what was deleted is in it, also when the rest was stopped.</summary>
    public void Dispose()
    {
        turn.Wait();
        try
        {
            closed = true;
            file?.End();
            file?.Dispose();
            file = null;
        }
        finally
        {
            turn.Release();
        }
    }
}
