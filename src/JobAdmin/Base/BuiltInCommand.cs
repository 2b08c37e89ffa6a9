using System.Collections;
using System.Management.Automation;

namespace JobAdmin.Base;

/// <summary>One run of PowerShell's own cmdlet of the same name, fed from ours.</summary>
internal sealed class BuiltInCommand : IDisposable
{
    // Splatting keeps switches, positions and common parameters as they were given.
    private static readonly ScriptBlock Call = ScriptBlock.Create("param($Command, $Named, $Positional) & $Command @Positional @Named");

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
        var pipeline = Call.GetSteppablePipeline(CommandOrigin.Internal, [command, named, positional]);
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
}
