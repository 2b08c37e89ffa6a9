using System.Collections;
using System.Management.Automation;
using JobAdmin.Connecting;

namespace JobAdmin.Parameters;

/// <summary>Lets a connection parameter take the names of this runspace's connections, wildcards too, besides the connections themselves.</summary>
/// <remarks>A name that means nothing becomes a connection without a server, which the cmdlet turns into a <c>ConnectionNotFound</c> error: an error raised here
/// would have the binder's id instead.</remarks>
public sealed class ConnectionAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>Connections.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var connections = new List<JobServerConnection>();
        foreach (var item in Items(inputData))
        {
            var value = item is PSObject wrapped ? wrapped.BaseObject : item;
            if (value is JobServerConnection connection)
            {
                connections.Add(connection);
                continue;
            }

            // What came back from another process is a picture of a connection: its name is what counts.
            var name = value is PSCustomObject ? (item as PSObject)?.Properties["Name"]?.Value?.ToString() : value?.ToString();
            if (!string.IsNullOrEmpty(name))
            {
                connections.AddRange(Resolve(name));
            }
        }

        return connections.Count == 0 ? null : connections.ToArray();
    }

    private static IEnumerable Items(object? inputData)
    {
        var value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is string or PSCustomObject ? new[] { inputData } : LanguagePrimitives.GetEnumerable(inputData) ?? new[] { inputData };
    }

    private static IReadOnlyList<JobServerConnection> Resolve(string name)
    {
        var found = ConnectionRegistry.Here.Find(name);
        return found.Count > 0 ? found : [new JobServerConnection { Name = name, Endpoint = "" }];
    }
}
