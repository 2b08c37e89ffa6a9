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
    private long settled;

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

    /// <summary>Keeps records, or notes what a deletion left of those kept since the one before.</summary>
    public Task KeepAsync(IJobServer server, string queue, JobExportSlice slice, CancellationToken token) => slice.NotDeleted is { } left
        ? TakingTurnsAsync(() =>
        {
            Leave(left, settled + 1, file?.Count ?? 0);
            settled = file?.Count ?? 0;
            return Task.CompletedTask;
        }, CancellationToken.None)
        : TakingTurnsAsync(() => WriteAsync(server, queue, slice, token), token);

    /// <summary>Keeps jobs by id, with nothing of others between them.</summary>
    /// <returns>What was kept.</returns>
    public async Task<KeptJobs> KeepAsync(IJobServer server, string queue, IReadOnlyList<string> ids, JobKin kin, CancellationToken token)
    {
        var jobs = new List<ExportedJob>();
        long first = 0, last = 0;
        await TakingTurnsAsync(async () =>
        {
            first = (file?.Count ?? 0) + 1;
            await foreach (var slice in Require(server).ExportJobsAsync(queue, ids, JobState.Unknown, kin, token).ConfigureAwait(false))
            {
                await WriteAsync(server, queue, slice, token).ConfigureAwait(false);
                jobs.AddRange(slice.Jobs);
            }

            last = file?.Count ?? 0;
        }, token).ConfigureAwait(false);
        return new KeptJobs(jobs, first, last);
    }

    /// <summary>Notes that jobs were not deleted.</summary>
    public Task LeaveAsync(KeptJobs kept, IEnumerable<ExportedJob> left) => TakingTurnsAsync(() =>
    {
        Leave(left, kept.First, kept.Last);
        return Task.CompletedTask;
    }, CancellationToken.None);

    private async Task TakingTurnsAsync(Func<Task> work, CancellationToken token)
    {
        await turn.WaitAsync(token).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(closed, this);
            await work().ConfigureAwait(false);
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

    private async Task WriteAsync(IJobServer server, string queue, JobExportSlice slice, CancellationToken token)
    {
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

    private void Leave(IEnumerable<ExportedJob> left, long first, long last)
    {
        try
        {
            foreach (var queue in left.GroupBy(job => job.Queue, job => job.Id))
            {
                file?.Leave(queue.Key, [.. queue], first, last);
            }
        }
        catch (IOException)
        {
            // The disk is full: an import brings back too much rather than too little, and what was deleted is told. The next record, or the end, runs into it too.
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
