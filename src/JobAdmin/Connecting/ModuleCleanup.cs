using System.Management.Automation;

namespace JobAdmin.Connecting;

/// <summary>Closes the session's connections when the module is removed.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <summary>Closes them.</summary>
    /// <param name="psModuleInfo">The module.</param>
    public void OnRemove(PSModuleInfo psModuleInfo) => ConnectionRegistry.CloseHere();
}
