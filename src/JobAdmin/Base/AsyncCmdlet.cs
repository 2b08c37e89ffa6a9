using System.Management.Automation;
using JobAdmin.Display;

namespace JobAdmin.Base;

/// <summary>The bridge between asynchronous work and the pipeline thread: the work runs on the pool, and all that it wants to say
/// is said by the pipeline thread, which waits for it.</summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    // Work that has not ended this long after a stop is left behind. Two such waits may follow each other, and a stop takes 200 ms at the most.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMilliseconds(75);

    private readonly CancellationTokenSource stopping = new();
    private readonly PipelineQueue queue = new();
    private Action<string>? wireLog;
    private bool disposed;
    private bool ended;

    internal CancellationToken StopToken => stopping.Token;

    /// <summary>What a step ended with, when it did not end well.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Begins; see the cmdlet.</summary>
    protected sealed override void BeginProcessing()
    {
        if (IsDebugging())
        {
            wireLog = line => queue.Post(() => WriteDebug(line));
        }

        Guard(() =>
        {
            // What is piped comes later. Given by name, nothing is a variable that is not set, and would mean all that no object narrows down.
            if (MyInvocation.BoundParameters.TryGetValue("InputObject", out var given) && (given is null || ReferenceEquals(given, System.Management.Automation.Internal.AutomationNull.Value)))
            {
                throw JobErrors.Input("InputIsNull", "-InputObject is $null, which stands for nothing.", "Give an object, pipe what there may be none of, or leave -InputObject out.");
            }

            Begin();
        });
    }

    /// <summary>Takes one object; see the cmdlet.</summary>
    protected sealed override void ProcessRecord() => Guard(Process);

    /// <summary>Ends; see the cmdlet.</summary>
    protected sealed override void EndProcessing() => Guard(() =>
    {
        if (!ended)
        {
            End();
            Conclude();
        }
    });

    /// <summary>Stops what is under way.</summary>
    protected sealed override void StopProcessing()
    {
        try
        {
            stopping.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It had ended by itself.
        }
    }

    internal virtual void Begin()
    {
    }

    internal virtual void Process()
    {
    }

    internal virtual void End()
    {
    }

    /// <summary>Ends now, and with it what stands before in the pipeline.</summary>
    internal void EndEarly()
    {
        End();
        Conclude();
        ended = true;
        Upstream.Stop(this);
    }

    /// <summary>Done once all has gone well.</summary>
    internal virtual void Conclude()
    {
    }

    /// <summary>The last that is heard of the cmdlet, on the pipeline thread, also after a stop. Nothing can be written any more.</summary>
    internal virtual void Leave()
    {
    }

    /// <summary>Ends the work and frees what it holds.</summary>
    public void Dispose()
    {
        if (!disposed)
        {
            disposed = true;
            Leave();
            stopping.Cancel();
            stopping.Dispose();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Runs work on the pool and says what it has to say, until it ends.</summary>
    internal void Run(Func<CancellationToken, Task> body) => Await(Start(body));

    /// <summary>Runs work on the pool and says what it has to say, until it ends.</summary>
    internal T Run<T>(Func<CancellationToken, Task<T>> body)
    {
        var result = default(T);
        Run(async token => { result = await body(token).ConfigureAwait(false); });
        return result!;
    }

    /// <summary>Starts work on the pool that is awaited later.</summary>
    internal Task Start(Func<CancellationToken, Task> body)
    {
        var token = stopping.Token;
        return Task.Run(
            () =>
            {
                WireLog.Current = wireLog;
                WireLog.Notes = note => queue.Post(() => Tell(note));
                return body(token);
            },
            CancellationToken.None);
    }

    /// <summary>Says what work has to say, until it ends.</summary>
    internal void Await(Task work)
    {
        try
        {
            while (!work.IsCompleted)
            {
                queue.WaitFor(work, stopping.Token);
                queue.RunPending();
            }

            queue.RunPending();
        }
        catch (Exception e)
        {
            // Downstream wants no more, or the user pressed Ctrl+C: the work ends first, then the same exception goes on.
            stopping.Cancel();
            Settle(work);
            queue.Discard();
            if (e is OperationCanceledException && Stopping)
            {
                throw new PipelineStoppedException();
            }

            throw;
        }

        work.GetAwaiter().GetResult();
    }

    /// <summary>Waits a moment for work that has been told to end.</summary>
    /// <returns>Whether it ended.</returns>
    internal static bool Settle(Task work)
    {
        try
        {
            return work.Wait(StopPatience);
        }
        catch (AggregateException)
        {
            return true;
        }
    }

    internal Task EmitAsync(object? item) => queue.PostAsync(() => WriteObject(item), stopping.Token);

    /// <summary>Writes a page of objects as one piece of work, one object at a time.</summary>
    internal Task EmitPageAsync<T>(IReadOnlyList<T> page)
        where T : class => queue.PostAsync(
        () =>
        {
            foreach (var item in page)
            {
                WriteObject(item);
            }
        },
        stopping.Token);

    /// <summary>Has the pipeline thread do something, once there is room for it.</summary>
    internal Task SayAsync(Action work) => queue.PostAsync(work, stopping.Token);

    /// <summary>Has the pipeline thread do something, and waits for it; false when the pipeline ends with it.</summary>
    internal Task<bool> SayAndWaitAsync(Action work) => queue.PostAndWaitAsync(work, stopping.Token);

    internal Task WriteErrorAsync(JobServerException error, object? target = null) =>
        queue.PostAsync(() => WriteError(JobErrors.From(error, target)), stopping.Token);

    internal Task WarnAsync(string message) => queue.PostAsync(() => WriteWarning(message), stopping.Token);

    internal Task VerboseAsync(string message) => queue.PostAsync(() => Tell(message), stopping.Token);

    internal void PostProgress(ProgressRecord record) => queue.Post(() => WriteProgress(record));

    /// <summary>Runs a step with a progress bar that work on the pool may move, and that is gone at the end.</summary>
    internal void WithProgress(string activity, Action<ProgressReporter> step)
    {
        using var bar = new ProgressReporter(PostProgress, activity);
        try
        {
            step(bar);
        }
        finally
        {
            bar.Dispose();
            queue.RunPending();
        }
    }

    /// <summary>Asks on the pipeline thread and gives the answer to the work.</summary>
    internal async Task<T> AskAsync<T>(Func<T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await queue.PostAsync(() => answer.SetResult(question()), stopping.Token).ConfigureAwait(false);
        return await answer.Task.WaitAsync(stopping.Token).ConfigureAwait(false);
    }

    /// <summary>Writes a warning. What comes from outside in it (ids, names, reasons) moves no cursor and changes no colour.</summary>
    internal new void WriteWarning(string message) => base.WriteWarning(CellText.VisibleLines(message));

    /// <summary>Writes a line to the verbose stream, or to the debug stream under -Debug alone, where PowerShell would ask after each verbose line whether to go on.</summary>
    internal void Tell(string message)
    {
        if (MyInvocation.BoundParameters.ContainsKey("Debug") && !MyInvocation.BoundParameters.ContainsKey("Verbose"))
        {
            WriteDebug(CellText.VisibleLines(message));
        }
        else
        {
            WriteVerbose(CellText.VisibleLines(message));
        }
    }

    private void Guard(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (Note(e))
        {
            throw;
        }
        catch (JobServerException e)
        {
            ThrowTerminatingError(JobErrors.From(e));
        }
        catch (OperationCanceledException e) when (Stopping)
        {
            throw new PipelineStoppedException(e.Message, e);
        }
        catch (OperationCanceledException e)
        {
            ThrowTerminatingError(JobErrors.From(new JobServerException("OperationTimedOut", JobErrorKind.Timeout,
                "The server did not answer in time.", "Connect-JobServer -Timeout sets how long an answer may take.", e)));
        }
    }

    private bool Note(Exception e)
    {
        Failure = e;
        return false;
    }

    private bool IsDebugging() =>
        MyInvocation.BoundParameters.TryGetValue("Debug", out var debug)
            ? debug is SwitchParameter { IsPresent: true }
            : LanguagePrimitives.TryConvertTo<ActionPreference>(SessionState.PSVariable.GetValue("DebugPreference"), out var preference)
                && preference is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);
}
