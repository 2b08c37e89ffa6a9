using System.Management.Automation;
using JobAdmin.Base;
using JobAdmin.Display;

namespace JobAdmin.Checkpoints;

/// <summary>The checkpoint of one command: what it is of, which has to stay the same, and when it ended. What is in between is the business of each kind.</summary>
internal abstract class CheckpointRun : IDisposable
{
    private readonly CheckpointFile file;
    private readonly CheckpointHeader run;

    /// <summary>Opens the file, and takes what is in it.</summary>
    /// <param name="path">Where.</param>
    /// <param name="run">What it would be of, if it is new.</param>
    protected CheckpointRun(string path, CheckpointHeader run)
    {
        file = CheckpointFile.Open(path, header => Compare(path, run, header), Accept);
        // Later jobs than those of the first run are not meant, and ids of jobs that are made stay the same.
        this.run = file.Header is { } first ? run with { Id = first.Id, Started = first.Started } : run;
    }

    /// <summary>The run's own name.</summary>
    public string Id => run.Id;

    /// <summary>When the first run began.</summary>
    public DateTimeOffset Started => run.Started;

    /// <summary>When everything was done; null as long as it isn't.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>Whether it goes on with what an earlier run began.</summary>
    public bool IsResumed => file.Header is not null;

    /// <summary>Whether something that was begun has not come to its end.</summary>
    public abstract bool HasOpen { get; }

    /// <summary>What has been done so far, in words.</summary>
    protected abstract string Sum { get; }

    /// <summary>The server as a checkpoint names it.</summary>
    public static string Name(IJobServer server) => server.Connection is var c && c.Prefix is null ? $"{c.Kind} {c.Endpoint}" : $"{c.Kind} {c.Endpoint} prefix {c.Prefix}";

    /// <summary>Throws unless a server is the one that it was opened for.</summary>
    public void RequireServer(IJobServer server)
    {
        if (run.Server != Name(server))
        {
            throw IsResumed ? CheckpointFile.Refuse(file.Path, 1, $"it is of {run.Server}, and this is {Name(server)}")
                : JobErrors.Input("InvalidCheckpoint", $"The jobs are of {Name(server)} and of {run.Server}, and a checkpoint is of one server.", "Change the jobs of each server with a checkpoint of its own.", file.Path);
        }
    }

    /// <summary>Says to the user what an earlier run came to.</summary>
    /// <returns>Whether there is anything to do: not when it has ended before.</returns>
    public bool HasWork(JobServerCmdlet cmdlet)
    {
        if (Ended is { } ended)
        {
            cmdlet.WriteWarning($"The run of the checkpoint '{file.Path}' ended at {CellText.Second(ended)} with {Sum}: there is nothing left to do. Remove the file, or name another, to begin anew.");
            return false;
        }

        if (IsResumed)
        {
            cmdlet.Tell($"going on with the checkpoint '{file.Path}' of {CellText.Second(Started)}: {Sum} have been tried");
        }

        return true;
    }

    /// <summary>Whether a cmdlet shall only say what it would do.</summary>
    public static bool IsWhatIf(JobServerCmdlet cmdlet) => cmdlet.MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? given is SwitchParameter { IsPresent: true }
        : LanguagePrimitives.IsTrue(cmdlet.SessionState.PSVariable.GetValue("WhatIfPreference"));

    /// <summary>Says that everything was done.</summary>
    public void End()
    {
        if (IsResumed && !HasOpen && Ended is null)
        {
            Write(new CheckpointLine { End = DateTimeOffset.UtcNow }, lasting: false);
        }
    }

    /// <summary>Lets the file go.</summary>
    public void Dispose() => file.Dispose();

    /// <summary>Adds a line, behind the first one, and takes it.</summary>
    /// <param name="line">The line.</param>
    /// <param name="lasting">Whether it must outlast a fall of the machine, not only of this process.</param>
    protected void Write(CheckpointLine line, bool lasting)
    {
        if (file.Header is null)
        {
            file.Begin(run);
        }

        file.Add(line, lasting);
        Accept(line);
    }

    /// <summary>Takes a line that is not the last one.</summary>
    /// <exception cref="InvalidDataException">It can't stand here; the message says why.</exception>
    protected abstract void Take(CheckpointLine line);

    /// <summary>The error of a line that a checkpoint of another kind would have.</summary>
    protected static InvalidDataException Stranger() => new("it is a line of another command's checkpoint");

    private void Accept(CheckpointLine line)
    {
        if (Ended is not null)
        {
            throw new InvalidDataException("there is more behind its end");
        }

        if (line.End is null)
        {
            Take(line);
        }

        Ended = line.End;
    }

    private static void Compare(string path, CheckpointHeader run, CheckpointHeader header)
    {
        if (header.Command != run.Command)
        {
            throw Other(path, $"it is of {header.Command}, and this is {run.Command}");
        }

        if (header.Server != run.Server)
        {
            throw Other(path, $"it is of {header.Server}, and this is {run.Server}");
        }

        foreach (var name in header.Parameters.Keys.Union(run.Parameters.Keys).Order(StringComparer.Ordinal))
        {
            var (then, now) = (header.Parameters.GetValueOrDefault(name), run.Parameters.GetValueOrDefault(name));
            if (then != now)
            {
                throw Other(path, then is null ? $"it has no -{name}, and this has {now}" : now is null ? $"it has -{name} {then}, and this has none" : $"it has -{name} {then}, and this has {now}");
            }
        }

        if (header.DefaultQueue != run.DefaultQueue)
        {
            throw Other(path, $"it is of queue {header.DefaultQueue ?? "*"}, and this is of {run.DefaultQueue ?? "*"}");
        }
    }

    private static JobServerException Other(string path, string why) => CheckpointFile.Refuse(path, 1, why);
}
