using System.Management.Automation;
using System.Reflection;

namespace JobAdmin.Base;

/// <summary>What stands before a command in the pipeline.</summary>
internal static class Upstream
{
    // PowerShell's own way for Select-Object -First. It has no public name.
    private static readonly Type? Stopping = typeof(PSCmdlet).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException");

    /// <summary>Ends what stands before the command, which has ended itself: nothing more is called of it. Where PowerShell has no way to, this returns.</summary>
    /// <param name="cmdlet">The command.</param>
    public static void Stop(PSCmdlet cmdlet)
    {
        if (cmdlet.MyInvocation.ExpectingInput && Stopping is not null
            && Activator.CreateInstance(Stopping, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, null, [cmdlet], null) is Exception stop)
        {
            throw stop;
        }
    }
}
