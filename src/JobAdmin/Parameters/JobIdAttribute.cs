using System.Management.Automation;

namespace JobAdmin.Parameters;

/// <summary>Lets an id parameter take numbers, and leaves alone what is no id, so that a background job in the first place binds to <c>-Job</c>.</summary>
public sealed class JobIdAttribute : ArgumentTransformationAttribute
{
    /// <summary>Converts an argument.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The argument.</param>
    /// <returns>The ids, or the argument as it was.</returns>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var items = LanguagePrimitives.GetEnumerable(inputData) ?? new[] { inputData };
        var ids = items.Cast<object?>().Select(ToId).ToArray();
        return Array.TrueForAll(ids, id => id is not null) ? ids : inputData;
    }

    private static string? ToId(object? item) => (item is PSObject wrapped ? wrapped.BaseObject : item) switch
    {
        string text => text,
        QueueJob job => job.Id,
        // PowerShell knows how a number was written that stands bare on the command line: 007 is not job 7.
        ValueType => LanguagePrimitives.ConvertTo<string>(item),
        _ => null,
    };
}
