using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace JobAdmin.Base;

/// <summary>One run of PowerShell's own cmdlet of the same name, fed from ours.</summary>
internal sealed class BuiltInCommand : IDisposable
{
    // Splatting keeps switches, positions and common parameters as they were given.
    private const string Text = "param($Command, $Named, $Positional) & $Command @Positional @Named";

    private static ScriptBlock? call;

    private readonly SteppablePipeline pipeline;

    private BuiltInCommand(SteppablePipeline pipeline) => this.pipeline = pipeline;

    /// <summary>Finds PowerShell's own cmdlet.</summary>
    /// <param name="owner">Our cmdlet.</param>
    /// <param name="name">The name.</param>
    /// <returns>The cmdlet.</returns>
    public static CmdletInfo Find(PSCmdlet owner, string name) =>
        (CmdletInfo)owner.InvokeCommand.GetCommand("Microsoft.PowerShell.Core\\" + name, CommandTypes.Cmdlet);

    /// <summary>Begins a run: what it writes, our cmdlet writes.</summary>
    /// <param name="owner">Our cmdlet.</param>
    /// <param name="command">PowerShell's own cmdlet.</param>
    /// <param name="named">Its parameters.</param>
    /// <param name="positional">Its arguments without a name.</param>
    /// <returns>The run.</returns>
    public static BuiltInCommand Begin(PSCmdlet owner, CmdletInfo command, Hashtable named, object[] positional)
    {
        call ??= owner.SessionState.LanguageMode == PSLanguageMode.FullLanguage ? ScriptBlock.Create(Text) : CreateElsewhere();
        var pipeline = call.GetSteppablePipeline(CommandOrigin.Internal, [command, named, positional]);
        pipeline.Begin(owner);
        return new BuiltInCommand(pipeline);
    }

    /// <summary>Gives it one object.</summary>
    /// <param name="item">The object.</param>
    public void Process(object item) => pipeline.Process(item);

    /// <summary>Runs it without an object.</summary>
    public void Process() => pipeline.Process();

    /// <summary>Ends it.</summary>
    public void End() => pipeline.End();

    /// <summary>Frees it.</summary>
    public void Dispose() => pipeline.Dispose();

    // A block that is made in a session of constrained language may not even read its own parameters when it becomes a pipeline. This one is the same for all
    // calls and has nothing of the user's in it, so it may be made in a session of full language, of which nothing else is used.
    private static ScriptBlock CreateElsewhere()
    {
        var state = InitialSessionState.Create();
        state.LanguageMode = PSLanguageMode.FullLanguage;
        using var session = RunspaceFactory.CreateRunspace(state);
        session.Open();
        ScriptBlock? block = null;
        var thread = new Thread(() =>
        {
            Runspace.DefaultRunspace = session;
            block = ScriptBlock.Create(Text);
        });
        thread.Start();
        thread.Join();
        return block!;
    }
}
