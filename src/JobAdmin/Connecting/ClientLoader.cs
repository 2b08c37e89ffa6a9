using System.Reflection;
using System.Runtime.Loader;

namespace JobAdmin.Connecting;

/// <summary>Loads the client into a load context of its own, at the first connect, so that its packages meet nobody else's.</summary>
internal static class ClientLoader
{
    private const string ClientName = "JobAdmin.Client";
    private const string FactoryName = "JobAdmin.Client.JobServerFactory";

    // PublicationOnly: a failure is not remembered, so that a mended installation works in the same session.
    private static readonly Lazy<IJobServerFactory> Loaded = new(Load, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The client's factory.</summary>
    /// <exception cref="JobServerException">The client's files are not beside the module.</exception>
    public static IJobServerFactory Factory => Loaded.Value;

    private static IJobServerFactory Load()
    {
        var home = Path.GetDirectoryName(typeof(ClientLoader).Assembly.Location)!;
        var context = new ClientLoadContext(Path.Combine(home, "deps"));
        try
        {
            var client = context.LoadFromAssemblyName(new AssemblyName(ClientName));
            return (IJobServerFactory)Activator.CreateInstance(client.GetType(FactoryName, throwOnError: true)!)!;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeLoadException)
        {
            throw new JobServerException("ClientNotLoaded", JobErrorKind.InvalidState, $"The module's client could not be loaded: {e.Message}",
                "The module's folder is incomplete: install JobAdmin again.", e);
        }
    }

    private sealed class ClientLoadContext(string folder) : AssemblyLoadContext(ClientName)
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            // The contracts are the one thing both sides share.
            if (assemblyName.Name == typeof(IJobServer).Assembly.GetName().Name)
            {
                return typeof(IJobServer).Assembly;
            }

            var file = Path.Combine(folder, assemblyName.Name + ".dll");
            return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
        }
    }
}
