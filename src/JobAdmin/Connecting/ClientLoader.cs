using System.Reflection;
using System.Runtime.Loader;
using JobAdmin.Watching;

namespace JobAdmin.Connecting;

/// <summary>Loads the client, and the screen, into a load context of their own when they are first needed, so that their packages meet nobody else's.</summary>
internal static class ClientLoader
{
    private const string ClientName = "JobAdmin.Client";

    // PublicationOnly: a failure is not remembered, so that a mended installation works in the same session.
    private static readonly Lazy<IJobServerFactory> Loaded = new(() => Load<IJobServerFactory>(ClientName, "JobServerFactory"), LazyThreadSafetyMode.PublicationOnly);
    private static readonly Lazy<ClientLoadContext> Context = new(() => new ClientLoadContext(Path.Combine(Path.GetDirectoryName(typeof(ClientLoader).Assembly.Location)!, "deps")));

    /// <summary>The client's factory.</summary>
    /// <exception cref="JobServerException">The client's files are not beside the module.</exception>
    public static IJobServerFactory Factory => Loaded.Value;

    /// <summary>A new screen of queues.</summary>
    /// <exception cref="JobServerException">Its files are not beside the module.</exception>
    public static IQueueScreen NewQueueScreen() => Load<IQueueScreen>("JobAdmin.Screen", "QueueScreen");

    private static T Load<T>(string assembly, string type)
    {
        try
        {
            var found = Context.Value.LoadFromAssemblyName(new AssemblyName(assembly));
            return (T)Activator.CreateInstance(found.GetType($"{assembly}.{type}", throwOnError: true)!)!;
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
