using System.Collections;
using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Checkpoints;
using JobAdmin.Transfer;

namespace JobAdmin.Commands;

/// <summary>Puts jobs back from a file of Export-Job or of a backup, the same as they were.</summary>
[Cmdlet(VerbsData.Import, "Job", DefaultParameterSetName = nameof(Path), SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(JobImportResult))]
public sealed class ImportJobCommand : JobServerCmdlet
{
    private const int Together = 500;

    private ImportCheckpoint? checkpoint;
    private bool refused;
    private long imported;

    /// <summary>The files; wildcards may be used. Those that end with .gz are compressed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = nameof(Path), ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [Alias("FilePath")]
    public string[] Path { get; set; } = [];

    /// <summary>The files, by names that are taken as they are, as those of piped files.</summary>
    [Parameter(Mandatory = true, ParameterSetName = nameof(LiteralPath), ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [Alias("PSPath", "FullName")]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>New names of queues: a hashtable of old and new ones, or, for a file of one queue, its new name.</summary>
    [Parameter]
    [ValidateNotNull]
    public object? NewName { get; set; }

    /// <summary>Overwrites jobs that are there and differ.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Takes a file that was cut, up to its last whole record.</summary>
    [Parameter]
    public SwitchParameter AllowPartial { get; set; }

    /// <summary>A file that says how far it has come: the same command with the same file goes on after Ctrl+C or a crash, and puts back no job that workers have had since.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Checkpoint { get; set; }

    /// <summary>Why, in your own words: it stands in the audit.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? AuditReason { get; set; }

    /// <summary>Writes what was imported.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    internal override string? Why => AuditReason;

    internal override void Process()
    {
        if (Servers() is not [var server])
        {
            throw JobErrors.Input("ConnectionAmbiguous", "Several connections are named, and jobs are imported into one.");
        }

        if (server is not IJobTransfer transfer)
        {
            throw JobServerException.NotSupported(server.Connection.Name, server.Connection.Kind, "import jobs field by field");
        }

        if (!IsReady(server))
        {
            return;
        }

        foreach (var path in ParameterSetName == nameof(LiteralPath) ? LiteralPath.Select(GetUnresolvedProviderPathFromPSPath) : Path.SelectMany(Resolve))
        {
            try
            {
                Import(server, transfer, path);
            }
            catch (JobServerException e) when (e.ErrorId is "InvalidExport" or "FileNotRead" or "InvalidNewName")
            {
                refused = true;
                WriteError(JobErrors.From(e, path));
            }
        }
    }

    internal override void Conclude()
    {
        base.Conclude();
        if (!refused && !CheckpointRun.IsWhatIf(this))
        {
            checkpoint?.End();
        }
    }

    internal override void Leave()
    {
        base.Leave();
        checkpoint?.Dispose();
        if (Stopping && imported > 0)
        {
            // What was under way can't be called back, and nobody heard how it ended.
            Host?.UI?.WriteWarningLine($"Stopped: at least {imported:N0} {(imported == 1 ? "record was" : "records were")} imported. The same command {(Checkpoint is null ? "leaves alone what is there, and imports the rest" : "with the same -Checkpoint goes on from here")}.");
        }
    }

    /// <summary>Whether there is anything to import: not when the run of the checkpoint has ended.</summary>
    private bool IsReady(IJobServer server)
    {
        if (Checkpoint is { } given && checkpoint is null)
        {
            checkpoint = new ImportCheckpoint(SessionState.Path.GetUnresolvedProviderPathFromPSPath(given), CheckpointHeader.Of(this, server, nameof(Path), nameof(LiteralPath)));
            return checkpoint.HasWork(this);
        }

        return checkpoint?.Ended is null;
    }

    private void Import(IJobServer server, IJobTransfer transfer, string path)
    {
        var file = Run(token => Task.FromResult(JobImportFile.Check(path, transfer, AllowPartial, token)));
        var names = Names(file);
        var before = checkpoint?.Done(file.Key) ?? 0;
        if (checkpoint?.IsDone(file.Key) == true)
        {
            Tell($"'{path}' has been imported");
            return;
        }

        var into = file.Queues.Select(queue => names.GetValueOrDefault(queue, queue)).Distinct().Order(StringComparer.Ordinal).ToList();
        var places = into.DefaultIfEmpty("").Select(queue => new QueueReference(server, queue)).ToList();
        if (!ShouldDo(places[0], $"Import {file.Count - before:N0} records of {System.IO.Path.GetFileName(path)} into {(into.Count == 1 ? "queue" : "queues")} {string.Join(", ", into)} of {server.Connection.Name}"))
        {
            refused = true;
            return;
        }

        places.ForEach(place => Audit.Begin(place, null, Why));
        var result = new JobImportResult { Path = path, Connection = server.Connection.Name };
        WithProgress("Importing jobs", bar => Run(async token =>
        {
            var done = before;
            foreach (var (queue, records, through) in file.Portions(transfer, before, Together))
            {
                var import = new JobImport { Queue = queue, Records = records, Prefix = file.Prefix, Names = names, Library = file.Library(queue), Overwrite = Force };
                var outcomes = checkpoint is null ? await transfer.ImportAsync(import, token).ConfigureAwait(false)
                    : await checkpoint.ImportAsync(server, file.Key, done, import, token).ConfigureAwait(false);
                await SayAsync(() => Count(outcomes, result)).ConfigureAwait(false);
                bar.Report(done = through, file.Count, "records");
            }

            result.Superseded = file.Superseded;
            checkpoint?.End(file.Key, file.Count);
        }));
        if (PassThru)
        {
            WriteObject(result);
        }
    }

    private void Count(IReadOnlyList<JobOutcome> outcomes, JobImportResult result)
    {
        foreach (var outcome in outcomes)
        {
            Audit.Count(outcome);
            switch (outcome.Status)
            {
                case JobOutcomeStatus.Added:
                    result.Added++;
                    imported++;
                    break;
                case JobOutcomeStatus.Updated:
                    result.Overwritten++;
                    imported++;
                    break;
                case JobOutcomeStatus.AlreadyExists when outcome.Message is null:
                    result.Unchanged++;
                    break;
                default:
                    result.Refused++;
                    WriteError(JobErrors.From(outcome, "imported"));
                    break;
            }
        }
    }

    private Dictionary<string, string> Names(JobImportFile file)
    {
        var given = NewName is PSObject wrapped ? wrapped.BaseObject : NewName;
        var names = given switch
        {
            null => [],
            IDictionary table => table.Cast<DictionaryEntry>().ToDictionary(entry => entry.Key.ToString()!, entry => entry.Value?.ToString() ?? ""),
            _ => file.Queues.Count == 1 ? new Dictionary<string, string> { [file.Queues.First()] = given.ToString()! }
                : throw JobErrors.Input("InvalidNewName", $"The file holds {file.Queues.Count} queues: {string.Join(", ", file.Queues)}.", "Say which is meant: -NewName @{ old = 'new' }."),
        };
        return names.FirstOrDefault(name => name.Value.Length == 0 || name.Value.Contains(':') || !file.Queues.Contains(name.Key)) is { Key: { } old } wrong
            ? throw JobErrors.Input("InvalidNewName", file.Queues.Contains(old) ? $"'{wrong.Value}' can't be the name of a queue." : $"There is no queue '{old}' in the file.", null, old)
            : names;
    }

    // Export-Job writes to a name with brackets as it is: a file of that name is meant before a pattern.
    private IEnumerable<string> Resolve(string path)
    {
        var literal = GetUnresolvedProviderPathFromPSPath(path);
        if (File.Exists(literal))
        {
            return [literal];
        }

        try
        {
            if (SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _) is { Count: > 0 } found)
            {
                return found;
            }
        }
        catch (ItemNotFoundException)
        {
            // It is no pattern: the same error.
        }

        refused = true;
        WriteError(JobErrors.From(JobErrors.Input("FileNotRead", $"There is no file '{path}'.", "Export-Job writes such files.", path)));
        return [];
    }
}
